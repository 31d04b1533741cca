// What the complete parser makes of a line: every repair, every rejection, their order. That the fast
// path answers the same is tested in fast_path_test.cc.
#include "record/line_parser.h"

#include <gtest/gtest.h>

#include "json/padded_text_testing.h"

namespace gristmill::record {
namespace {

using testing::PaddedText;
using Names = std::vector<std::string>;

constexpr auto collections = Dataset::collections;
constexpr auto predictions = Dataset::predictions;

std::string text_of(std::optional<double> value) { return value ? std::to_string(*value) : "none"; }

// Everything that a parser says of a line, in copies.
struct Answer {
  Answer(Dataset dataset, std::string_view line, const Recipe& recipe = {}) {
    const ParseRules rules(recipe);
    LineParser parser(rules);
    const PaddedText text(line);
    accepted = parser.parse(dataset, text);
    if (!accepted) {
      reason = name_of(parser.rejection().reason);
      message = parser.rejection().message;
      return;
    }
    const Record& record = parser.record();
    const Identifier* ids[] = {&record.profile, &record.session, &record.collection};
    for (std::size_t i = 0; i < 3; ++i) {
      id_texts[i] = ids[i]->text;
      ids_written[i] = ids[i]->null ? "null" : "\"" + std::string(ids[i]->spelling) + "\"";
      EXPECT_EQ(ids[i]->missing(), ids[i]->text.empty());
    }
    timestamp = record.timestamp;
    time = record.time;
    columns = record.columns;
    if (record.column_names != nullptr) {
      EXPECT_TRUE(record.column_names->are_listed());
      column_names.assign(record.column_names->list().begin(), record.column_names->list().end());
    }
    for (std::size_t i = 0; i < repair_count; ++i) {
      if (record.repairs.has(static_cast<Repair>(i))) repairs.emplace_back(repair_names[i]);
    }
    if (dataset == collections) {
      parser.for_each_entry([&](const Entry& entry, bool early) {
        std::string what = std::string(entry.platform) + " " + std::string(entry.type) + " " +
                           (entry.none ? std::string("none") : std::string(entry.value));
        if (entry.type_blank) what.append(" blank");
        if (early) what.append(" early");
        rows.push_back(std::move(what));
      });
    } else {
      parser.for_each_prediction([&](const Prediction& prediction) {
        std::string what = std::string(prediction.model_name) + " " + std::string(prediction.score) + " " +
                           std::string(prediction.confidence) + std::string(prediction.columns);
        EXPECT_EQ(prediction.score_value.has_value(), prediction.score != "null");
        EXPECT_EQ(prediction.confidence_value.has_value(), prediction.confidence != "null");
        if (prediction.model_blank) what.append(" blank");
        models.emplace_back(prediction.model);
        scores.push_back(text_of(prediction.score_value));
        rows.push_back(std::move(what));
      });
    }
    parser.for_each_field_not_carried([&](std::string_view name) { not_carried.emplace_back(name); });
  }

  bool accepted = false;
  std::string reason;
  std::string message;
  std::string id_texts[3];
  std::string ids_written[3];
  std::string timestamp;
  std::optional<double> time;
  std::string columns;
  Names column_names;
  Names repairs;
  Names rows;
  Names models;
  Names scores;
  Names not_carried;
};

constexpr const char* plain_metadata =
    R"("metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000})";

Answer with_metadata(std::string_view inside, const Recipe& recipe = {}) {
  return {collections, "{\"metadata\":{" + std::string(inside) + "},\"behaviour\":{}}", recipe};
}
Answer with_profile(std::string_view value) { return with_metadata("\"profile_id\":" + std::string(value)); }
Answer with_timestamp(std::string_view value) { return with_metadata("\"timestamp\":" + std::string(value)); }
Answer with_behaviour(std::string_view value, const Recipe& recipe = {}) {
  return {collections, "{" + std::string(plain_metadata) + ",\"behaviour\":" + std::string(value) + "}", recipe};
}
Answer with_prediction(std::string_view value, const Recipe& recipe = {}) {
  return {predictions, "{" + std::string(plain_metadata) + ",\"prediction\":" + std::string(value) + "}", recipe};
}
std::string reason_of_line(std::string_view line, Dataset dataset = collections) {
  return Answer(dataset, line).reason;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

// --- What needs no repair ---

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

// --- Extra fields ---

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

// --- Repairs ---

TEST(LineParserRepairs, Alias) {
  const Answer answer(
      collections,
      R"({"Meta-Data":{"profileId":"p","SESSION_ID":"s","collection-id":"c","timeStamp":1747299119000},"behavior":{"m":{"t":[1]}}})");
  EXPECT_EQ(answer.repairs, Names{"alias"});
  EXPECT_EQ(answer.id_texts[0], "p");
  EXPECT_EQ(answer.id_texts[1], "s");
  EXPECT_EQ(answer.id_texts[2], "c");
  EXPECT_EQ(answer.timestamp, "1747299119000");
  EXPECT_EQ(answer.rows, Names{R"("m" "t" 1)"});
  EXPECT_EQ(with_prediction(R"({"modelName":"m","Score":1,"CONFIDENCE":2})").repairs, Names{"alias"});
  EXPECT_EQ(with_prediction(R"({"modelName":"m","Score":1,"CONFIDENCE":2})").rows, Names{R"("m" 1 2)"});
  // After unescaping: an escape alone is no alias.
  EXPECT_EQ(with_metadata(R"("profile\u005fid":"p")").repairs, Names{});
  EXPECT_EQ(with_metadata(R"("profile\u005fid":"p")").id_texts[0], "p");
  EXPECT_EQ(with_metadata(R"("profile\u002did":"p")").repairs, Names{"alias"});
  EXPECT_EQ(with_metadata(R"("Profile_ID":null)").repairs, Names{"alias"});
}

TEST(LineParserRepairs, AliasOfTheRecipe) {
  Recipe recipe;
  recipe.aliases[static_cast<std::size_t>(Field::profile_id)] = {"user"};
  const Answer answer = with_metadata(R"("USER":"u")", recipe);
  EXPECT_EQ(answer.id_texts[0], "u");
  EXPECT_EQ(answer.repairs, Names{}) << "expected, in any spelling";
  EXPECT_EQ(with_metadata(R"("USER":"u")").columns, R"(,"USER":"u")");
  EXPECT_EQ(with_metadata(R"("profileId":"u")", recipe).repairs, Names{"alias"});
  recipe.aliases[static_cast<std::size_t>(Field::profile_id)] = {"Profile-ID"};
  EXPECT_EQ(with_metadata(R"("profileId":"u")", recipe).repairs, Names{});
}

TEST(LineParserRepairs, ByteOrderMark) {
  const std::string line = R"({"metadata":{"profile_id":"p"},"behaviour":{}})";
  EXPECT_EQ(Answer(collections, "\xEF\xBB\xBF" + line).repairs, Names{"byte_order_mark"});
  EXPECT_EQ(Answer(collections, "\xEF\xBB\xBF" + line).id_texts[0], "p");
  EXPECT_EQ(Answer(collections, "\xEF\xBB\xBF\xEF\xBB\xBF" + line).reason, "invalid_json");
}

TEST(LineParserRepairs, MetadataAtTopLevel) {
  for (const char* metadata : {"", R"("metadata":null,)"}) {
    const Answer answer(
        collections, "{" + std::string(metadata) +
                         R"("profile_id":"p","session_id":"s","timestamp":1747299119000,"device":1,"behaviour":{}})");
    EXPECT_EQ(answer.repairs, Names{"metadata_at_top_level"});
    EXPECT_EQ(answer.id_texts[0], "p");
    EXPECT_EQ(answer.timestamp, "1747299119000");
    EXPECT_EQ(answer.columns, "");
    EXPECT_EQ(answer.not_carried, Names{"device"});
  }
  EXPECT_EQ(Answer(collections, R"({"timestamp":1747299119000})").repairs, Names{"metadata_at_top_level"});
  EXPECT_EQ(Answer(collections, R"({"profileID":null})").repairs, (Names{"alias", "metadata_at_top_level"}));
  EXPECT_EQ(Answer(collections, R"({"device":1})").repairs, Names{});
  EXPECT_EQ(Answer(collections, R"({"metadata":null})").repairs, Names{});
  EXPECT_EQ(Answer(collections, R"({"metadata":{},"profile_id":"p"})").repairs, Names{});
}

TEST(LineParserRepairs, PartsFromStrings) {
  const Answer metadata(collections, R"({"metadata":"{\"profile_id\":\"p\\u0031\",\n\"device\":NaN}"})");
  EXPECT_EQ(metadata.repairs, (Names{"metadata_from_string", "nan_to_null"}));
  EXPECT_EQ(metadata.id_texts[0], "p1");
  EXPECT_EQ(metadata.columns, R"(,"device":null)");

  const Answer behaviour = with_behaviour(R"(" {\"m\":{\"t\":[{\"a\": 1}]}} ")");
  EXPECT_EQ(behaviour.repairs, Names{"behaviour_from_string"});
  EXPECT_EQ(behaviour.rows, Names{R"("m" "t" {"a": 1})"});

  const Answer prediction = with_prediction(R"("{\"score\":0.5,\"model_name\":\"\\u006d\",\"x\":[1, 2]}")");
  EXPECT_EQ(prediction.repairs, Names{"prediction_from_string"});
  EXPECT_EQ(prediction.rows, Names{R"("\u006d" 0.5 null,"x":[1,2])"});
  EXPECT_EQ(prediction.models, Names{"m"});
}

TEST(LineParserRepairs, IdFromNumber) {
  for (const char* number : {"0", "-0", "12", "-7", "123456789012345678901234567890"}) {
    const Answer answer = with_profile(number);
    EXPECT_EQ(answer.repairs, Names{"id_from_number"}) << number;
    EXPECT_EQ(answer.id_texts[0], number);
    EXPECT_EQ(answer.ids_written[0], "\"" + std::string(number) + "\"");
  }
}

TEST(LineParserRepairs, IdTrimmed) {
  const auto trimmed_to = [](std::string_view token) {
    const Answer answer = with_profile(token);
    EXPECT_EQ(answer.repairs, Names{"id_trimmed"}) << token;
    return answer.ids_written[0];
  };
  EXPECT_EQ(trimmed_to(R"(" p")"), R"("p")");
  EXPECT_EQ(trimmed_to(R"("p  ")"), R"("p")");
  EXPECT_EQ(trimmed_to(R"("\t\n\r\fp\u0020\u0009\u000A\u000b\u000C\u000d")"), R"("p")");
  EXPECT_EQ(trimmed_to(R"(" a b\tc\\ ")"), R"("a b\tc\\")");
  EXPECT_EQ(trimmed_to(R"("\\n ")"), R"("\\n")");
  EXPECT_EQ(trimmed_to(R"("  ")"), R"("")");
  EXPECT_EQ(trimmed_to(R"("\u0020")"), R"("")");
  EXPECT_EQ(with_profile(R"("  ")").id_texts[0], "");
  EXPECT_EQ(with_profile(R"(" \u0073 ")").id_texts[0], "s");
  for (const char* token : {R"("")", R"("p")", R"("\u00a0p\u00a0")", R"("\bp")", R"("\u0000")", R"("\u0085")"}) {
    EXPECT_EQ(with_profile(token).repairs, Names{}) << token;
  }
}

TEST(LineParserRepairs, TimestampFromString) {
  const Answer answer = with_timestamp(R"("1747299119000")");
  EXPECT_EQ(answer.repairs, Names{"timestamp_from_string"});
  EXPECT_EQ(answer.timestamp, "1747299119000");
  EXPECT_EQ(answer.time, 1747299119000.0);
  EXPECT_EQ(with_timestamp(R"("\u0031747299119000")").timestamp, "1747299119000");
  EXPECT_EQ(with_timestamp(R"("1.747299119e12")").timestamp, "1.747299119e12");
  EXPECT_EQ(with_timestamp(R"("1747299119")").timestamp, "1747299119000");
  EXPECT_EQ(with_timestamp(R"("1747299119")").repairs, (Names{"timestamp_from_string", "timestamp_from_seconds"}));
}

TEST(LineParserRepairs, TimestampFromIso8601) {
  const Answer answer = with_timestamp(R"("2025-05-15T08:51:59.1235+02:00")");
  EXPECT_EQ(answer.repairs, Names{"timestamp_from_iso8601"});
  EXPECT_EQ(answer.timestamp, "1747291919124");
  EXPECT_EQ(answer.time, 1747291919124.0);
  // Never taken as seconds, however early.
  EXPECT_EQ(with_timestamp(R"("1970-01-01T00:00:01Z")").timestamp, "1000");
  EXPECT_EQ(with_timestamp(R"("1970-01-01T00:00:01Z")").repairs, Names{"timestamp_from_iso8601"});
  EXPECT_EQ(with_timestamp(R"("1969-12-31 23:59:59")").timestamp, "-1000");
}

TEST(LineParserRepairs, TimestampFromSeconds) {
  const auto milliseconds = [](std::string_view seconds) {
    const Answer answer = with_timestamp(seconds);
    EXPECT_EQ(answer.repairs, Names{"timestamp_from_seconds"}) << seconds;
    return answer.timestamp;
  };
  EXPECT_EQ(milliseconds("1747299119"), "1747299119000");
  EXPECT_EQ(milliseconds("1747299119.5"), "1747299119500");
  EXPECT_EQ(milliseconds("1747299119.0005"), "1747299119000");
  EXPECT_EQ(milliseconds("1.747299119E9"), "1747299119000");
  EXPECT_EQ(milliseconds("0"), "0");
  EXPECT_EQ(milliseconds("-0.0"), "0");
  EXPECT_EQ(milliseconds("-1.0015"), "-1002");
  EXPECT_EQ(milliseconds("99999999999"), "99999999999000");
  EXPECT_EQ(milliseconds("-99999999999"), "-99999999999000");
  EXPECT_EQ(milliseconds("1e-999"), "0");
  for (const char* kept : {"100000000000", "1e11", "-100000000000", "-1e11", "1747299119000.5", "1e999",
                           "99999999999.9999999999999", "1747299119000123456"}) {
    const Answer answer = with_timestamp(kept);
    EXPECT_EQ(answer.timestamp, kept);
    EXPECT_EQ(answer.repairs, Names{}) << kept;
  }
}

TEST(LineParserRepairs, ScoreAndConfidenceFromString) {
  const Answer answer = with_prediction(R"({"score":"0.930","confidence":"-8E-1"})");
  EXPECT_EQ(answer.repairs, (Names{"score_from_string", "confidence_from_string"}));
  EXPECT_EQ(answer.rows, Names{"null 0.930 -8E-1 blank"});
  EXPECT_EQ(answer.scores, Names{"0.930000"});
  EXPECT_EQ(with_prediction(R"({"score":"0\u002e5"})").rows, Names{"null 0.5 null blank"});
  EXPECT_EQ(with_prediction(R"({"score":"1e-999"})").rows, Names{"null 1e-999 null blank"});
  EXPECT_EQ(with_prediction(R"({"score":"1e-999"})").scores, Names{"0.000000"});
}

TEST(LineParserRepairs, NanToNull) {
  for (const char* token : {"NaN", "Infinity", "-Infinity"}) {
    const Names repaired{"nan_to_null"};
    EXPECT_EQ(with_profile(token).repairs, repaired);
    EXPECT_EQ(with_profile(token).ids_written[0], "null");
    EXPECT_EQ(with_timestamp(token).timestamp, "null");
    EXPECT_EQ(with_timestamp(token).repairs, repaired);
    EXPECT_EQ(with_prediction("{\"score\":" + std::string(token) + "}").rows, Names{"null null null blank"});
    EXPECT_EQ(with_prediction("{\"score\":" + std::string(token) + "}").repairs, repaired);
    EXPECT_EQ(with_behaviour(token).repairs, repaired);
    EXPECT_EQ(with_behaviour("{\"m\":" + std::string(token) + "}").repairs, repaired);
    EXPECT_EQ(Answer(collections, "{\"metadata\":" + std::string(token) + ",\"profile_id\":\"p\"}").id_texts[0], "p");
    EXPECT_EQ(Answer(collections, "{\"unread\":[" + std::string(token) + "]}").repairs, repaired);
    EXPECT_EQ(with_behaviour("\"{\\\"m\\\":{\\\"t\\\":[" + std::string(token) + "]}}\"").repairs,
              (Names{"behaviour_from_string", "nan_to_null"}));
    EXPECT_EQ(with_behaviour("{\"m\":{\"t\":[\"" + std::string(token) + "\"]}}").repairs, Names{});
  }
  for (const char* text : {R"("NaN")", R"("null")", R"("")", R"("\u004eaN")"}) {
    EXPECT_EQ(with_timestamp(text).timestamp, "null") << text;
    EXPECT_EQ(with_timestamp(text).repairs, Names{"nan_to_null"}) << text;
    const Answer answer =
        with_prediction("{\"score\":" + std::string(text) + ",\"confidence\":" + std::string(text) + "}");
    EXPECT_EQ(answer.rows, Names{"null null null blank"});
    EXPECT_EQ(answer.repairs, Names{"nan_to_null"});
    EXPECT_EQ(with_profile(text).repairs, Names{}) << text;  // an id may be called so
  }
  EXPECT_EQ(with_profile(R"("NaN")").id_texts[0], "NaN");
}

TEST(LineParserRepairs, EntryNotInList) {
  const Answer answer = with_behaviour(R"({"m":{"a":{"x":1},"b":5,"c":"s","d":true,"e":[2],"f":null}})");
  EXPECT_EQ(answer.repairs, Names{"entry_not_in_list"});
  EXPECT_EQ(answer.rows,
            (Names{R"("m" "a" {"x":1})", R"("m" "b" 5)", R"("m" "c" "s")", R"("m" "d" true)", R"("m" "e" 2)"}));
  EXPECT_EQ(with_behaviour(R"({"m":{"f":null}})").repairs, Names{});
}

TEST(LineParserRepairs, PlatformMissing) {
  const Answer answer = with_behaviour(R"({"swipes":[{"x":1},[2]],"mobile":{"taps":[3]}, "":[4]})");
  EXPECT_EQ(answer.repairs, Names{"platform_missing"});
  EXPECT_EQ(answer.rows,
            (Names{R"(null "swipes" {"x":1})", R"(null "swipes" [2])", R"("mobile" "taps" 3)", R"(null "" 4 blank)"}));
  EXPECT_EQ(with_behaviour(R"({"swipes":[]})").repairs, Names{"platform_missing"});
  EXPECT_EQ(with_behaviour(R"({"swipes":[]})").rows, Names{"null null none blank"});
}

TEST(LineParserRepairs, PredictionList) {
  const Answer answer = with_prediction(
      R"([{"score":1,"x":"a"},null,"{\"score\":\"2\",\"model_name\":\"m\"}",{"score":3,"platform":1}])");
  EXPECT_EQ(answer.repairs, (Names{"prediction_from_string", "score_from_string", "prediction_list"}));
  EXPECT_EQ(answer.rows, (Names{R"(null 1 null,"x":"a" blank)", "null null null blank", R"("m" 2 null)",
                                R"(null 3 null,"platform":1 blank)"}));
  EXPECT_EQ(with_prediction("[]").rows, Names{"null null null blank"});
  EXPECT_EQ(with_prediction("[]").repairs, Names{"prediction_list"});
  EXPECT_EQ(with_prediction("[null]").rows, Names{"null null null blank"});
}

TEST(LineParserRepairs, AListIsWalkedAgainAsOftenAsAsked) {
  const Recipe recipe;
  const ParseRules rules(recipe);
  LineParser parser(rules);
  const PaddedText line(
      R"({"prediction":["{\"score\":\"1\",\"model_name\":\"a\\u0062\"}",{"score":"2","model_name":"long enough not to be short"}]})");
  ASSERT_TRUE(parser.parse(predictions, line));
  for (int i = 0; i < 3; ++i) {
    std::string seen;
    parser.for_each_prediction(
        [&](const Prediction& prediction) { seen.append(prediction.model).append(prediction.score); });
    EXPECT_EQ(seen, "ab1long enough not to be short2");
  }
}

// --- Rejections ---

TEST(LineParserRejections, InvalidJson) {
  for (const char* line : {"x", "{", R"({"metadata":{})", R"({} {})", R"({"a":1,})", R"({"a":tru})", "{'a':1}", "\"",
                           R"({"a":"\q"})", "{}\v"}) {
    EXPECT_EQ(reason_of_line(line), "invalid_json") << line;
  }
  EXPECT_EQ(Answer(collections, R"({"a":1 "b":2})").message, "',' or '}' should be here, at byte 7");
}

TEST(LineParserRejections, InvalidUtf8) {
  for (const char* line : {"{\"a\":\"\xFF\"}", "\xC3", "{\"a\":\"\xED\xA0\x80\"}", "{\"\xC0\x80\":1}", "{} \x80"}) {
    EXPECT_EQ(reason_of_line(line), "invalid_utf8") << line;
  }
  EXPECT_EQ(Answer(collections, "{\"ab\":\"\xFF\"}").message, "at byte 7");
}

TEST(LineParserRejections, InvalidUtf8OfIds) {
  for (const char* id : {"profile_id", "session_id", "collection_id"}) {
    const Answer answer = with_metadata("\"" + std::string(id) + "\":\" \\ud800 \"");
    EXPECT_EQ(answer.reason, "invalid_utf8");
    EXPECT_NE(answer.message.find(id), std::string::npos) << answer.message;
  }
}

TEST(LineParserRejections, TooDeep) {
  EXPECT_EQ(reason_of_line("{\"a\":" + nested(127) + "}"), "");
  EXPECT_EQ(reason_of_line("{\"a\":" + nested(128) + "}"), "too_deep");
  Recipe recipe;
  recipe.depth_limit = 3;
  EXPECT_EQ(with_behaviour(R"({"m":{}})", recipe).reason, "");
  EXPECT_EQ(with_behaviour(R"({"m":{"t":[]}})", recipe).reason, "too_deep");
  // A decoded string begins at 1 again.
  EXPECT_EQ(with_behaviour(R"("{\"m\":{\"t\":[]}}")", recipe).reason, "");
  EXPECT_EQ(with_behaviour(R"("{\"m\":{\"t\":[{}]}}")", recipe).reason, "too_deep");
  EXPECT_EQ(Answer(collections, R"({"metadata":"{\"m\":{\"t\":[{}]}}"})", recipe).reason, "too_deep");
  EXPECT_EQ(with_prediction(R"("{\"m\":{\"t\":[{}]}}")", recipe).reason, "too_deep");
  EXPECT_EQ(with_prediction(R"([null,"{\"m\":{\"t\":[{}]}}"])", recipe).reason, "too_deep");
}

TEST(LineParserRejections, NotAnObject) {
  for (const char* line : {"[]", "[{}]", "\"{}\"", "1", "true", "null", "NaN", " [] "})
    EXPECT_EQ(reason_of_line(line), "not_an_object") << line;
  EXPECT_EQ(Answer(collections, "[]").message, "the line is a list; it looks like a JSON array");
  EXPECT_EQ(Answer(collections, "17").message, "the line is a number");
}

TEST(LineParserRejections, MetadataNotObject) {
  for (const char* value : {"[]", "[{}]", "1", "true", "\"\"", "\"x\"", "\"null\"", "\"[]\"", "\"{} x\"", "\"{\"",
                            R"("\"{}\"")", R"("{\"a\":\"\ud800\"}")"}) {
    EXPECT_EQ(reason_of_line("{\"metadata\":" + std::string(value) + "}"), "metadata_not_object") << value;
  }
}

TEST(LineParserRejections, BehaviourNotObject) {
  for (const char* value :
       {"[]", "[{}]", "1", "false", "\"\"", "\"x\"", "\"[]\"", "\"null\"", R"("{\"m\":\"\udfff\"}")", R"({"m":"x"})",
        R"({"m":"{}"})", R"({"m":1})", R"({"m":true})", R"("{\"m\":1}")"}) {
    EXPECT_EQ(with_behaviour(value).reason, "behaviour_not_object") << value;
  }
}

TEST(LineParserRejections, PredictionNotObject) {
  for (const char* value : {"1", "true", "\"\"", "\"x\"", "\"[]\"", "\"null\"", "[1]", "[[]]", "[{},[{}]]", "[true]",
                            "[\"x\"]", "[null,\"[]\"]", R"("\ud800{}")"}) {
    EXPECT_EQ(with_prediction(value).reason, "prediction_not_object") << value;
  }
}

TEST(LineParserRejections, IdNotScalar) {
  for (const char* value : {"{}", "[]", "true", "false", "1.0", "1e5", "-0.0", "1E0", "[\"p\"]"}) {
    for (const char* id : {"profile_id", "session_id", "collection_id"}) {
      const Answer answer = with_metadata("\"" + std::string(id) + "\":" + value);
      EXPECT_EQ(answer.reason, "id_not_scalar") << value;
      EXPECT_EQ(answer.message.find(id), 0U) << answer.message;
    }
  }
}

TEST(LineParserRejections, TimestampInvalid) {
  for (const char* value :
       {"true", "{}", "[]", R"("noon")", R"(" 1747299119000")", R"("1747299119000 ")", R"("+1")", R"("0x1")",
        R"("Infinity")", R"("-Infinity")", R"("nan")", R"(" ")", R"("2025-05-15")", R"("2025-05-15T24:00:00Z")",
        R"("2025-05-15T08:51:60Z")", R"("0000-01-01T00:00:00Z")", R"("2025-05-15T08:51:59+24:00")", R"("1\u0000")"}) {
    EXPECT_EQ(with_timestamp(value).reason, "timestamp_invalid") << value;
  }
}

TEST(LineParserRejections, ScoreAndConfidenceNotNumbers) {
  for (const char* value : {"true", "{}", "[]", R"("x")", R"(" 0.5")", R"("0.5 ")", R"("Infinity")", R"("nan")",
                            R"(" ")", "1e999", "-1e999", R"("1e999")", R"("0x1")"}) {
    EXPECT_EQ(with_prediction("{\"score\":" + std::string(value) + "}").reason, "score_not_number") << value;
    EXPECT_EQ(with_prediction("[{\"confidence\":" + std::string(value) + "}]").reason, "confidence_not_number")
        << value;
  }
}

TEST(LineParserRejections, ModelNameNotString) {
  for (const char* value : {"1", "true", "{}", "[]", "[\"m\"]"}) {
    EXPECT_EQ(with_prediction("{\"model_name\":" + std::string(value) + "}").reason, "model_name_not_string") << value;
  }
}

TEST(LineParserRejections, DuplicateKey) {
  for (const char* line :
       {R"({"metadata":{},"metadata":{}})", R"({"metadata":null,"Metadata":null})", R"({"behaviour":1,"behavior":1})",
        R"({"metadata":{"profile_id":"p","profile_id":"p"}})",
        R"({"metadata":{"profile_id":"p","profile\u005fid":"p"}})", R"({"metadata":{"timestamp":1,"time_stamp":null}})",
        R"({"profile_id":"p","profileId":"p"})", R"({"metadata":null,"profile_id":"p","profileId":"p"})",
        R"({"metadata":"{\"session_id\":1,\"session_id\":1}"})"}) {
    EXPECT_EQ(reason_of_line(line), "duplicate_key") << line;
  }
  for (const char* prediction :
       {R"({"score":1,"score":1})", R"({"score":null,"Score":null})", R"({"model_name":"m","modelName":"m"})",
        R"([{"confidence":1,"confidence":1}])", R"("{\"score\":1,\"score\":1}")"}) {
    EXPECT_EQ(with_prediction(prediction).reason, "duplicate_key") << prediction;
  }
  EXPECT_EQ(reason_of_line(R"({"prediction":1,"prediction":1})", predictions), "duplicate_key");
  // Fields that are not read may come twice.
  for (const char* line : {R"({"prediction":1,"prediction":1})", R"({"metadata":{},"profile_id":1,"profile_id":1})",
                           R"({"x":1,"x":1})", R"({"metadata":{"x":1,"x":1,"score":1,"score":1}})",
                           R"({"behaviour":{"m":{"t":[1]},"m":{"t":[1],"t":[1]}}})"}) {
    EXPECT_EQ(reason_of_line(line), "") << line;
  }
  EXPECT_EQ(reason_of_line(R"({"behaviour":1,"behaviour":1})", predictions), "");
}

TEST(LineParserRejections, PartitionNameTooLong) {
  const auto quoted = [](const std::string& id) { return "\"" + id + "\""; };
  EXPECT_EQ(with_profile(quoted(std::string(244, 'x'))).reason, "");
  EXPECT_EQ(with_profile(quoted(std::string(245, 'x'))).reason, "partition_name_too_long");
  EXPECT_EQ(with_profile(quoted(std::string(81, '/'))).reason, "");
  EXPECT_EQ(with_profile(quoted(std::string(82, '/'))).reason, "partition_name_too_long");
  EXPECT_EQ(with_profile(quoted(" " + std::string(244, 'x'))).reason, "");  // trimmed first
  EXPECT_EQ(with_metadata("\"session_id\":" + quoted(std::string(5000, 'x'))).reason, "");
  EXPECT_EQ(with_profile(std::string(245, '1')).reason, "partition_name_too_long");
}

TEST(LineParserRejections, IdTooLong) {
  const std::string longest(64U << 10, 'x');
  const auto session = [](const std::string& id) { return with_metadata("\"session_id\":" + id); };
  EXPECT_EQ(session("\"" + longest + "\"").reason, "");
  EXPECT_EQ(session("\"" + longest + "y\"").reason, "id_too_long");
  EXPECT_NE(session("\"" + longest + "y\"").message.find("session_id is 65537 bytes long"), std::string::npos);
  // After unescaping and trimming, in bytes.
  EXPECT_EQ(session("\" " + longest + "\\n\"").reason, "");
  EXPECT_EQ(session("\"" + longest.substr(6) + "\\u00e9\"").reason, "");
  EXPECT_EQ(session("\"" + longest.substr(1) + "\\u00e9\"").reason, "id_too_long");
  EXPECT_EQ(session(std::string(longest.size(), '1')).reason, "");
  EXPECT_EQ(session(std::string(longest.size() + 1, '1')).reason, "id_too_long");
  EXPECT_EQ(with_metadata("\"collection_id\":\"" + longest + "y\"").reason, "id_too_long");
  EXPECT_EQ(with_profile("\"" + longest + "\"").reason, "partition_name_too_long");
  EXPECT_EQ(with_profile("\"" + longest + "y\"").reason, "id_too_long");
  EXPECT_EQ(session("\"" + longest + "\\ud800\"").reason, "invalid_utf8");
  EXPECT_EQ(with_metadata("\"session_id\":\"" + longest + "y\",\"collection_id\":[]").reason, "id_too_long");
  EXPECT_EQ(with_metadata("\"session_id\":[],\"collection_id\":\"" + longest + "y\"").reason, "id_not_scalar");
  EXPECT_EQ(with_metadata("\"session_id\":\"" + longest + "y\",\"timestamp\":[]").reason, "id_too_long");
}

TEST(LineParserRejections, RowsTooLarge) {
  // One megabyte beside 10,000 entries is ten gigabytes.
  const std::string note = "\"note\":\"" + std::string(1U << 20, 'x') + "\"";
  const auto zeros = [](int count) {
    std::string list = "0";
    for (int i = 1; i < count; ++i) list.append(",0");
    return list;
  };
  const auto collection = [&](int entries) {
    return reason_of_line("{\"metadata\":{" + note + "},\"behaviour\":{\"m\":{\"t\":[" + zeros(entries) + "]}}}");
  };
  EXPECT_EQ(collection(8000), "");
  EXPECT_EQ(collection(8200), "rows_too_large");
  std::string list = "null";
  for (int i = 1; i < 8200; ++i) list.append(",null");
  EXPECT_EQ(reason_of_line("{\"metadata\":{" + note + "},\"prediction\":[" + list + "]}", predictions),
            "rows_too_large");
  // Before strict's reasons, behind the folder's name.
  Recipe recipe;
  recipe.rows_limit = 10;
  recipe.strict = true;
  EXPECT_EQ(Answer(collections, R"({"Metadata":{}})", recipe).reason, "rows_too_large");
  EXPECT_EQ(Answer(collections, R"({"metadata":{"profile_id":")" + std::string(300, 'x') + "\"}}", recipe).reason,
            "partition_name_too_long");
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

// --- Order ---

// Every subset of these faults, each in a place of its own: the first in the contract's order is named.
TEST(LineParserRejections, TheFirstReasonInTheContractsOrderIsNamed) {
  enum : unsigned {
    utf8,
    deep,
    json,
    twice,
    metadata_twice,
    profile,
    session,
    collection,
    timestamp,
    payload,
    name,
    strict,
    count
  };
  const char* const reasons[] = {"invalid_utf8",
                                 "too_deep",
                                 "invalid_json",
                                 "duplicate_key",
                                 "duplicate_key",
                                 "id_not_scalar",
                                 "id_not_scalar",
                                 "id_not_scalar",
                                 "timestamp_invalid",
                                 "behaviour_not_object",
                                 "partition_name_too_long",
                                 "alias"};
  const char* const messages[] = {
      "", "", "", "a second behaviour", "in metadata", "profile_id", "session_id", "collection_id", "", "", "", ""};
  Recipe recipe;
  recipe.strict = true;
  for (unsigned set = 1; set < 1U << count; ++set) {
    const auto has = [&](unsigned fault) { return (set >> fault & 1U) != 0; };
    std::string line = "{";
    if (has(deep)) line += "\"deep\":" + nested(200) + ",";
    line += has(payload) ? R"("behaviour":5,)" : R"("behaviour":{},)";
    line += has(strict) ? "\"Metadata\":{" : "\"metadata\":{";
    line += has(collection) ? R"("collection_id":1.5,)" : R"("collection_id":"c",)";
    line += has(session) ? R"("session_id":{},)" : R"("session_id":"s",)";
    line += has(timestamp) ? R"("timestamp":"noon",)" : R"("timestamp":1747299119000,)";
    line +=
        "\"profile_id\":" + (has(profile) ? std::string("[]") : "\"" + std::string(has(name) ? 300 : 3, 'p') + "\"");
    if (has(metadata_twice)) line += R"(,"collection-id":"c")";
    line += "}";
    if (has(twice)) line += R"(,"behaviour":{})";
    if (has(utf8)) line += ",\"x\":\"\xFF\"";
    line += has(json) ? ",}" : "}";
    const auto first = static_cast<unsigned>(__builtin_ctz(set));
    const Answer answer(collections, line, recipe);
    if (first == name && has(profile)) continue;
    ASSERT_EQ(answer.reason, reasons[first]) << line;
    ASSERT_NE(answer.message.find(messages[first]), std::string::npos) << answer.message << "\n" << line;
  }
}

TEST(LineParserRejections, InvalidJsonOrTooDeepIsWhicheverComesFirst) {
  EXPECT_EQ(reason_of_line("{\"a\":x,\"b\":" + nested(200) + "}"), "invalid_json");
  EXPECT_EQ(reason_of_line("{\"b\":" + nested(200) + ",\"a\":x}"), "too_deep");
  EXPECT_EQ(reason_of_line(nested(200) + "]"), "too_deep");
  EXPECT_EQ(reason_of_line(nested(128) + "]"), "invalid_json");
}

TEST(LineParserRejections, MetadataComesBeforeThePayload) {
  EXPECT_EQ(reason_of_line(R"({"behaviour":1,"metadata":1})"), "metadata_not_object");
  EXPECT_EQ(reason_of_line(R"({"behaviour":1,"metadata":"x","metadata":1})"), "duplicate_key");
  EXPECT_EQ(reason_of_line(R"({"metadata":null,"profile_id":[],"session_id":1,"session-id":1})"), "duplicate_key");
  // Of the payload's decoded string no fault comes before the metadata's.
  EXPECT_EQ(reason_of_line("{\"behaviour\":\"" + nested(200) + "\",\"metadata\":1}"), "metadata_not_object");
  // An id's surrogates stand where the id stands.
  EXPECT_EQ(with_metadata(R"("session_id":"\ud800","profile_id":[])").reason, "id_not_scalar");
  EXPECT_EQ(with_metadata(R"("session_id":[],"profile_id":"\ud800")").reason, "invalid_utf8");
}

TEST(LineParserRejections, FaultsOfAPredictionComeInTheOrderOfTheText) {
  EXPECT_EQ(with_prediction(R"({"score":"x","model_name":1,"confidence":[]})").reason, "score_not_number");
  EXPECT_EQ(with_prediction(R"({"model_name":1,"score":"x","confidence":[]})").reason, "model_name_not_string");
  EXPECT_EQ(with_prediction(R"({"confidence":[],"model_name":1,"score":"x"})").reason, "confidence_not_number");
  EXPECT_EQ(with_prediction(R"({"score":1,"score":1,"model_name":1})").reason, "duplicate_key");
  EXPECT_EQ(with_prediction(R"({"score":1,"model_name":1,"score":1})").reason, "model_name_not_string");
  EXPECT_EQ(with_prediction(R"({"score":1,"Score":"x"})").reason, "duplicate_key");
  EXPECT_EQ(with_prediction(R"([{"score":"x"},5])").reason, "score_not_number");
  EXPECT_EQ(with_prediction(R"([5,{"score":"x"}])").reason, "prediction_not_object");
  EXPECT_EQ(with_prediction("[{\"score\":\"x\"},\"" + nested(200) + "\"]").reason, "score_not_number");
}

TEST(LineParserRejections, OfABehaviourThePlatformIsNamed) {
  EXPECT_EQ(with_behaviour(R"({"a":{},"b\u0021":1,"c":2})").message, "the platform \"b!\" is a number");
}

// --- Strict ---

TEST(LineParserStrict, EveryRepairIsARejectionOfItsName) {
  Recipe recipe;
  recipe.strict = true;
  const auto of = [&](Dataset dataset, std::string_view line) { return Answer(dataset, line, recipe).reason; };
  EXPECT_EQ(of(collections, R"({"Metadata":{}})"), "alias");
  EXPECT_EQ(of(collections, R"({"profile_id":"p"})"), "metadata_at_top_level");
  EXPECT_EQ(of(collections, R"({"metadata":"{}"})"), "metadata_from_string");
  EXPECT_EQ(of(collections, R"({"behaviour":"{}"})"), "behaviour_from_string");
  EXPECT_EQ(of(predictions, R"({"prediction":"{}"})"), "prediction_from_string");
  EXPECT_EQ(of(collections, R"({"metadata":{"profile_id":1}})"), "id_from_number");
  EXPECT_EQ(of(collections, R"({"metadata":{"profile_id":" "}})"), "id_trimmed");
  EXPECT_EQ(of(collections, R"({"metadata":{"timestamp":"1747299119000"}})"), "timestamp_from_string");
  EXPECT_EQ(of(collections, R"({"metadata":{"timestamp":"2025-05-15 08:51:59"}})"), "timestamp_from_iso8601");
  EXPECT_EQ(of(collections, R"({"metadata":{"timestamp":1}})"), "timestamp_from_seconds");
  EXPECT_EQ(of(predictions, R"({"prediction":{"score":"1"}})"), "score_from_string");
  EXPECT_EQ(of(predictions, R"({"prediction":{"confidence":"1"}})"), "confidence_from_string");
  EXPECT_EQ(of(collections, R"({"x":NaN})"), "nan_to_null");
  EXPECT_EQ(of(collections, R"({"behaviour":{"m":{"t":1}}})"), "entry_not_in_list");
  EXPECT_EQ(of(collections, R"({"behaviour":{"t":[]}})"), "platform_missing");
  EXPECT_EQ(of(predictions, R"({"prediction":[]})"), "prediction_list");
  EXPECT_EQ(of(collections, R"({"metadata":{"profile_id":"p","x":1},"behaviour":{"m":{"t":[1]}},"y":1})"), "");
}

TEST(LineParserStrict, TheFirstRepairOfTheTableIsNamed) {
  Recipe recipe;
  recipe.strict = true;
  // All at once, the table's order backwards in the text.
  const std::string line =
      R"({"prediction":["{\"confidence\":\"1\",\"score\":\"1\",\"x\":NaN}"],"metadata":"{\"timestamp\":\"1\",\"session_id\":\" s\",\"profile_id\":1,\"collectionId\":1}"})";
  const Answer lax(predictions, line);
  EXPECT_EQ(lax.repairs, (Names{"alias", "metadata_from_string", "prediction_from_string", "id_from_number",
                                "id_trimmed", "timestamp_from_string", "timestamp_from_seconds", "score_from_string",
                                "confidence_from_string", "nan_to_null", "prediction_list"}));
  EXPECT_EQ(Answer(predictions, line, recipe).reason, "alias");
  EXPECT_EQ(Answer(collections, R"({"behaviour":{"t":[NaN],"m":{"t":1}}})", recipe).reason, "nan_to_null");
}

// --- State ---

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
