// What the complete parser makes of a line that needs no repair. That the fast path answers the same is tested in
// fast_path_test.cc.
#include "record/line_parser_testing.h"

namespace gristmill::record {
namespace {

TEST(LineParser, ReadsAPlainCollection) {
  const Answer answer = with_behaviour(
      R"({"mobile":{"keystrokes":[{"timestamp":1747299119100,"key_hash":"ab12"},{"a":1}],"swipes":[{"x":1.5}]},"web":{"t":[1]}})");
  ASSERT_TRUE(answer.accepted) << answer.message;
  EXPECT_EQ(answer.id_texts[0], "p");
  EXPECT_EQ(answer.id_texts[1], "s");
  EXPECT_EQ(answer.id_texts[2], "c");
  EXPECT_EQ(answer.timestamp, "1747299119000");
  EXPECT_EQ(answer.time, 1747299119000.0);
  EXPECT_EQ(answer.repairs, Names{});
  EXPECT_EQ(answer.columns, "");
  EXPECT_EQ(answer.rows,
            (Names{R"("mobile" "keystrokes" {"timestamp":1747299119100,"key_hash":"ab12"})",
                   R"("mobile" "keystrokes" {"a":1})", R"("mobile" "swipes" {"x":1.5})", R"("web" "t" 1)"}));
}

TEST(LineParser, ReadsAPlainPrediction) {
  const Answer answer = with_prediction(R"({"model_name":"swipe_model","score":0.930,"confidence":8e-1})");
  ASSERT_TRUE(answer.accepted) << answer.message;
  EXPECT_EQ(answer.repairs, Names{});
  EXPECT_EQ(answer.rows, Names{R"("swipe_model" 0.930 8e-1)"});
  EXPECT_EQ(answer.models, Names{"swipe_model"});
}

TEST(LineParser, MissingAndNullFieldsAreNull) {
  for (const char* inside : {"", R"("profile_id":null,"session_id":null,"collection_id":null,"timestamp":null)"}) {
    const Answer answer = with_metadata(inside);
    ASSERT_TRUE(answer.accepted) << answer.message;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(answer.ids_written[i], "null");
    EXPECT_EQ(answer.timestamp, "null");
    EXPECT_EQ(answer.time, std::nullopt);
    EXPECT_EQ(answer.repairs, Names{});
  }
  EXPECT_EQ(with_prediction("{}").rows, Names{"null null null blank"});
  EXPECT_EQ(with_prediction(R"({"model_name":null,"score":null,"confidence":null})").rows,
            Names{"null null null blank"});
}

TEST(LineParser, ACollectionWithoutEntriesGivesOneRow) {
  for (const char* behaviour :
       {"null", "{}", R"({"mobile":{}})", R"({"mobile":null})", R"({"mobile":{"swipes":[]},"web":{"taps":null}})"}) {
    const Answer answer = with_behaviour(behaviour);
    EXPECT_EQ(answer.rows, Names{"null null none blank"}) << behaviour;
    EXPECT_EQ(answer.repairs, Names{}) << behaviour;
  }
  EXPECT_EQ(Answer(collections, "{" + std::string(plain_metadata) + "}").rows, Names{"null null none blank"});
  EXPECT_EQ(Answer(collections, "{}").rows, Names{"null null none blank"});
}

TEST(LineParser, APredictionLineWithoutPredictionGivesOneRow) {
  EXPECT_EQ(with_prediction("null").rows, Names{"null null null blank"});
  EXPECT_EQ(with_prediction("null").repairs, Names{});
  EXPECT_EQ(Answer(predictions, "{" + std::string(plain_metadata) + "}").rows, Names{"null null null blank"});
}

TEST(LineParser, IdsAreComparedUnescapedAndWrittenAsTheyCame) {
  const Answer answer = with_profile(R"("\u0073\u0031\/\ud83d\ude00")");
  ASSERT_TRUE(answer.accepted) << answer.message;
  EXPECT_EQ(answer.id_texts[0], "s1/\xF0\x9F\x98\x80");
  EXPECT_EQ(answer.ids_written[0], R"("\u0073\u0031\/\ud83d\ude00")");
  EXPECT_EQ(answer.repairs, Names{});
  EXPECT_EQ(with_profile(R"("a\u0000b")").id_texts[0], std::string("a\0b", 3));
}

TEST(LineParser, WhiteSpaceAroundTokensIsNoRepair) {
  const Answer answer(collections,
                      " { \"metadata\" : {\t\"profile_id\" : \"p\" } , \"behaviour\":{ \"m\" : { \"t\":[ { "
                      "\"a\" : 1 } , 2 ] } } } \r");
  ASSERT_TRUE(answer.accepted) << answer.message;
  EXPECT_EQ(answer.rows, (Names{R"("m" "t" { "a" : 1 })", R"("m" "t" 2)"}));
  EXPECT_EQ(answer.repairs, Names{});
}

TEST(LineParser, ALoneSurrogateIsFineOutsideIds) {
  const Answer answer = with_behaviour(R"({"m\ud800":{"t":[{"a":"\udfff"}]}})");
  EXPECT_EQ(answer.rows, Names{R"("m\ud800" "t" {"a":"\udfff"})"});
  EXPECT_EQ(with_prediction(R"({"model_name":"\ud800"})").rows, Names{R"("\ud800" null null)"});
}

TEST(LineParser, BlankTypesAndModelNamesAreToldOf) {
  EXPECT_EQ(with_behaviour(R"({"m":{"":[1],"\u0020\u000b\t":[1],"\u00a0":[1]}})").rows,
            (Names{R"("m" "" 1 blank)", R"("m" "\u0020\u000b\t" 1 blank)", R"("m" "\u00a0" 1)"}));
  EXPECT_EQ(with_prediction(R"({"model_name":" \f"})").rows, Names{R"(" \f" null null blank)"});
}

TEST(LineParser, AnEntryIsEarlyIfItsFirstTimestampIsANumberBelow) {
  const auto rows = [](std::string_view entry) {
    return with_behaviour(R"({"m":{"t":[)" + std::string(entry) + "]}}").rows;
  };
  for (const char* entry : {R"({"timestamp":1747299118999})", R"({"timestamp":-1e99})", R"({"timestamp":0})",
                            R"({"t":1,"timestamp":1747299118999.999})", R"({"time\u0073tamp":5})",
                            R"({"timestamp":999999999999})", R"({"timestamp":5,"timestamp":1847299119000})"}) {
    EXPECT_EQ(rows(entry), Names{R"("m" "t" )" + std::string(entry) + " early"});
  }
  for (const char* entry : {R"({"timestamp":1747299119000})", R"({"timestamp":1747299119000.0})",
                            R"({"timestamp":1e999})", R"({"timestamp":"5"})", R"({"timestamp":null})",
                            R"({"Timestamp":5})", R"({"a":{"timestamp":5}})", "{}", "5", R"({"timestamp":true})",
                            R"({"timestamp":"5","timestamp":5})", R"({"timestamp":1847299119000,"timestamp":5})"}) {
    EXPECT_EQ(rows(entry), Names{R"("m" "t" )" + std::string(entry)});
  }
  const Answer untimed(collections, R"({"behaviour":{"m":{"t":[{"timestamp":-5}]}}})");
  EXPECT_EQ(untimed.rows, Names{R"("m" "t" {"timestamp":-5})"});
}

TEST(LineParser, ExtraMetadataBecomesColumns) {
  const Answer answer = with_metadata(R"("device":"x","profile_id":"p","tags":[1, {"a": NaN}],"app\u002eversion":1.0)");
  EXPECT_EQ(answer.columns, R"(,"device":"x","tags":[1,{"a":null}],"app\u002eversion":1.0)");
  EXPECT_EQ(answer.column_names, (Names{"device", "tags", "app.version"}));
  EXPECT_EQ(answer.repairs, Names{"nan_to_null"});
}

TEST(LineParser, ExtraMetadataKeepsClearOfTheRowsColumns) {
  const std::string inside =
      R"("platform":1,"behaviour_type":2,"col_timestamp":3,"score":4,"confidence":5,"model_name":6,"metadata_score":7)";
  EXPECT_EQ(
      with_metadata(inside).columns,
      R"(,"metadata_platform":1,"metadata_behaviour_type":2,"metadata_col_timestamp":3,"score":4,"confidence":5,"model_name":6,"metadata_score":7)");
  const Answer answer(predictions, "{\"metadata\":{" + inside + "}}");
  EXPECT_EQ(
      answer.columns,
      R"(,"platform":1,"behaviour_type":2,"col_timestamp":3,"metadata_score_2":4,"metadata_confidence":5,"metadata_model_name":6,"metadata_score":7)");
  EXPECT_EQ(answer.column_names[3], "metadata_score_2");
}

TEST(LineParser, RepeatedExtraFieldsAreKept) {
  EXPECT_EQ(with_metadata(R"("x":1,"y":2,"x":3)").columns, R"(,"x":1,"y":2,"x":3)");
  EXPECT_EQ(with_metadata(R"("platform":1,"platform":2)").columns, R"(,"metadata_platform":1,"metadata_platform_2":2)");
  EXPECT_EQ(with_prediction(R"({"x":1,"x":2})").rows, Names{R"(null null null,"x":1,"x":2 blank)"});
}

TEST(LineParser, ExtraPredictionFieldsFollow) {
  const Answer answer = with_prediction(R"({"b":[1, 2],"score":0.5,"profile_id":"q","timestamp":3,"a":{}})");
  EXPECT_EQ(answer.rows,
            Names{R"(null 0.5 null,"b":[1,2],"prediction_profile_id":"q","prediction_timestamp":3,"a":{} blank)"});
  const Answer beside(predictions, R"({"metadata":{"device":1},"prediction":{"device":2,"prediction_device":3}})");
  EXPECT_EQ(beside.rows, Names{R"(null null null,"prediction_device_2":2,"prediction_device":3 blank)"});
}

TEST(LineParser, OtherTopLevelFieldsAreNamed) {
  const Answer answer(collections,
                      R"({"x":1,"metadata":{},"prediction":{},"\u0079":2,"x":3,"profile_id":"q","Score":1})");
  EXPECT_EQ(answer.not_carried, (Names{"x", "prediction", "y", "profile_id", "Score"}));
  EXPECT_EQ(answer.ids_written[0], "null");
  EXPECT_EQ(answer.repairs, Names{});
  EXPECT_EQ(Answer(collections, R"({"profile_id":"q","behaviour":null})").not_carried, Names{});
  EXPECT_EQ(Answer(predictions, R"({"behaviour":{},"Behavior":1})").not_carried, (Names{"behaviour", "Behavior"}));
}

TEST(LineParser, CarriedFieldsAreColumnsInTheRecipesOrder) {
  Recipe recipe;
  recipe.carry = {"b", "missing", "a"};
  const Answer answer(collections, R"({"a":[1, 2],"metadata":{"device":"x"},"c":1,"b":NaN,"behaviour":{}})", recipe);
  EXPECT_EQ(answer.columns, R"(,"device":"x","b":null,"missing":null,"a":[1,2])");
  EXPECT_EQ(answer.column_names, (Names{"device", "b", "missing", "a"}));
  EXPECT_EQ(answer.not_carried, Names{"c"});
}

TEST(LineParser, CarriedFieldsKeepClearOfColumns) {
  Recipe recipe;
  recipe.carry = {"platform", "device", "line_device", "q\"\n"};
  const Answer answer(
      collections, R"({"metadata":{"device":1},"platform":2,"device":3,"line_device":4,"q\u0022\n":5,"behaviour":{}})",
      recipe);
  EXPECT_EQ(answer.columns, R"(,"device":1,"line_platform":2,"line_device_2":3,"line_device":4,"q\"\n":5)");
  EXPECT_EQ(answer.column_names, (Names{"device", "line_platform", "line_device_2", "line_device", "q\"\n"}));
  EXPECT_EQ(answer.not_carried, Names{});
}

TEST(LineParser, ARepeatedCarriedFieldIsKeptInOrder) {
  Recipe recipe;
  recipe.carry = {"x", "score"};
  const Answer answer(predictions, R"({"x":1,"score":2,"x":3,"score":4})", recipe);
  EXPECT_EQ(answer.columns, R"(,"x":1,"x":3,"line_score":2,"line_score_2":4)");
}

TEST(LineParser, CarriedNamesOfFieldsThatAreReadAreNull) {
  Recipe recipe;
  recipe.carry = {"session_id"};
  // Read as the session where there is no metadata; else a field like any other.
  EXPECT_EQ(Answer(collections, R"({"session_id":"s"})", recipe).columns, R"(,"line_session_id":null)");
  EXPECT_EQ(Answer(collections, R"({"metadata":{},"session_id":"s"})", recipe).columns, R"(,"line_session_id":"s")");
}

TEST(LineParser, CarriedFieldsAreColumnsForEntriesAndPredictionsToo) {
  Recipe recipe;
  recipe.carry = {"x"};
  EXPECT_EQ(with_prediction(R"({"x":1})", recipe).rows, Names{R"(null null null,"prediction_x":1 blank)"});
}

TEST(LineParser, GivesUpWithinALine) {
  std::string line = "{\"metadata\":{}";
  for (int i = 0; i < 200'000; ++i) line.append(",\"x\":[1]");
  const PaddedText text(line + "}");
  const Recipe recipe;
  const ParseRules rules(recipe);
  LineParser parser(rules);
  int asked = 0;
  parser.stop_when([&] { return ++asked == 3; });
  EXPECT_FALSE(parser.parse(collections, text));
  EXPECT_TRUE(parser.stopped());
  EXPECT_EQ(asked, 3);
}

TEST(LineParser, NothingOfOneLineIsLeftInTheNext) {
  const Recipe recipe;
  const ParseRules rules(recipe);
  LineParser parser(rules);
  const PaddedText full(
      R"({"metadata":"{\"profile_id\":1,\"session_id\":\" s\",\"collection_id\":\"c\",\"timestamp\":1,\"x\":1}","z":1,"behaviour":{"t":[1]}})");
  const PaddedText rejected(R"({"metadata":{"profile_id":"q","timestamp":"noon"}})");
  const PaddedText empty("{}");
  ASSERT_TRUE(parser.parse(collections, full));
  ASSERT_FALSE(parser.parse(collections, rejected));
  ASSERT_TRUE(parser.parse(collections, empty));
  const Record& record = parser.record();
  EXPECT_TRUE(record.profile.null && record.session.null && record.collection.null);
  EXPECT_TRUE(record.profile.text.empty() && record.session.text.empty() && record.collection.text.empty());
  EXPECT_EQ(record.timestamp, "null");
  EXPECT_EQ(record.time, std::nullopt);
  EXPECT_EQ(record.columns, "");
  EXPECT_TRUE(record.column_names == nullptr);
  EXPECT_TRUE(record.repairs.empty());
  EXPECT_FALSE(record.fields_not_carried);
  parser.for_each_entry([](const Entry& entry, bool early) { EXPECT_TRUE(entry.none && !early); });
}

}  // namespace
}  // namespace gristmill::record
