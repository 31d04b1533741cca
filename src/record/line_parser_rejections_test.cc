// Every rejection of the data contract, their order, and `strict`.
#include "record/line_parser_testing.h"

namespace gristmill::record {
namespace {

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
    line += '}';
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

}  // namespace
}  // namespace gristmill::record
