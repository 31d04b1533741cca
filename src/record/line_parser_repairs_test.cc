// Every repair of the data contract.
#include "record/line_parser_testing.h"

namespace gristmill::record {
namespace {

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

}  // namespace
}  // namespace gristmill::record
