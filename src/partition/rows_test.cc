#include "partition/rows.h"

#include <gtest/gtest.h>

#include "json/padded_text_testing.h"
#include "record/line_parser.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::partition {
namespace {

using testing::PaddedText;
using testing::read_text;
using testing::TemporaryFolder;

class RowsTest : public ::testing::Test {
 protected:
  // The rows of one line; `buffer_size` is that of the file.
  std::string rows_of(Dataset dataset, std::string_view line, const Recipe& recipe = {},
                      std::size_t buffer_size = 1U << 10) {
    const record::ParseRules rules(recipe);
    record::LineParser parser(rules);
    const PaddedText text(line);
    EXPECT_TRUE(parser.parse(dataset, text)) << parser.rejection().message;
    storage::OutputOptions options;
    options.root = folder_.path();
    options.buffer_size = buffer_size;
    storage::OutputFile file(*storage_, options);
    const std::string path = "rows" + std::to_string(files_++);
    EXPECT_TRUE(file.open(path).ok());
    if (dataset == Dataset::collections) {
      labels_.begin(parser.record());
      parser.for_each_entry(
          [&](const record::Entry& entry, bool) { EXPECT_TRUE(labels_.write(parser.record(), entry, file).ok()); });
    } else {
      predictions_.begin(parser.record());
      parser.for_each_prediction(
          [&](const record::Prediction& one) { EXPECT_TRUE(predictions_.write(parser.record(), one, file).ok()); });
    }
    EXPECT_TRUE(file.close().ok());
    return read_text(folder_ / path);
  }
  std::string labels(std::string_view line, const Recipe& recipe = {}) {
    return rows_of(Dataset::collections, line, recipe);
  }
  std::string predictions(std::string_view line, const Recipe& recipe = {}) {
    return rows_of(Dataset::predictions, line, recipe);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  LabelRows labels_;  // kept from line to line, as in a run
  PredictionRows predictions_;
  int files_ = 0;
};

TEST_F(RowsTest, TheContractsExamples) {
  EXPECT_EQ(
      labels(R"({"metadata":{"profile_id":"p1","session_id":"s1","collection_id":"c1","timestamp":1747299119000},)"
             R"("behaviour":{"mobile":{"keystrokes":[{"timestamp":1747299119100,"key_hash":"ab12"}],)"
             R"("swipes":[{"timestamp":1747299119200,"x":1.5,"y":2.0}]}}})"),
      R"({"profile_id":"p1","session_id":"s1","collection_id":"c1","col_timestamp":1747299119000,"platform":"mobile",)"
      R"("behaviour_type":"keystrokes","timestamp":1747299119100,"key_hash":"ab12"})"
      "\n"
      R"({"profile_id":"p1","session_id":"s1","collection_id":"c1","col_timestamp":1747299119000,"platform":"mobile",)"
      R"("behaviour_type":"swipes","timestamp":1747299119200,"x":1.5,"y":2.0})"
      "\n");
  EXPECT_EQ(
      predictions(R"({"metadata":{"profile_id":"p1","session_id":"s1","collection_id":"c1","timestamp":1747299119005},)"
                  R"("prediction":{"model_name":"swipe_model","score":0.93,"confidence":0.8}})"),
      R"({"profile_id":"p1","session_id":"s1","collection_id":"c1","timestamp":1747299119005,"model_name":"swipe_model","score":0.93,"confidence":0.8})"
      "\n");
}

TEST_F(RowsTest, MissingFieldsAreNull) {
  EXPECT_EQ(
      labels("{}"),
      R"({"profile_id":null,"session_id":null,"collection_id":null,"col_timestamp":null,"platform":null,"behaviour_type":null})"
      "\n");
  EXPECT_EQ(
      predictions("{}"),
      R"({"profile_id":null,"session_id":null,"collection_id":null,"timestamp":null,"model_name":null,"score":null,"confidence":null})"
      "\n");
  EXPECT_EQ(predictions(R"({"metadata":{"profile_id":" "}})").substr(0, 16), R"({"profile_id":"")");
}

constexpr std::string_view ids =
    R"({"profile_id":"p","session_id":"s","collection_id":"c","col_timestamp":174729911900)";
std::string collection(std::string_view behaviour, std::string_view more_metadata = "") {
  return R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":174729911900)" +
         std::string(more_metadata) + "},\"behaviour\":" + std::string(behaviour) + "}";
}

TEST_F(RowsTest, ValuesAreSplicedVerbatim) {
  EXPECT_EQ(
      labels(collection(
          R"({"m\u0061":{"t":[{"b":1.0,"a":1234567890123456789,"c":"\u00e9\/\ud800","d":-1.50E+05,"b":[ 1 , {"x" :2}]}]}})")),
      std::string(ids) +
          R"(,"platform":"m\u0061","behaviour_type":"t","b":1.0,"a":1234567890123456789,"c":"\u00e9\/\ud800","d":-1.50E+05,"b":[1,{"x":2}]})" +
          "\n");
}

TEST_F(RowsTest, InsignificantSpaceGoes) {
  const std::string expected =
      std::string(ids) + R"(,"platform":"m","behaviour_type":"t","a b":"c d","e":[1,2]})" + "\n";
  EXPECT_EQ(labels(collection(R"({"m":{"t":[{"a b":"c d","e":[1,2]}]}})")), expected);
  EXPECT_EQ(labels(collection(R"({"m": {"t": [{"a b": "c d", "e": [1, 2]}]}})")), expected);
  EXPECT_EQ(labels(collection("{\t\"m\" :{ \"t\":[ {\r\"a b\" :\t\"c d\" , \"e\":[ 1,2 ] } ]} } ")), expected);
}

TEST_F(RowsTest, EmptyEntriesAndScalars) {
  EXPECT_EQ(labels(collection(R"({"m":{"t":[{},{ },5,"x",null,[1, 2],true]}})")),
            std::string(ids) + R"(,"platform":"m","behaviour_type":"t"})" + "\n" +                    //
                std::string(ids) + R"(,"platform":"m","behaviour_type":"t"})" + "\n" +                //
                std::string(ids) + R"(,"platform":"m","behaviour_type":"t","value":5})" + "\n" +      //
                std::string(ids) + R"(,"platform":"m","behaviour_type":"t","value":"x"})" + "\n" +    //
                std::string(ids) + R"(,"platform":"m","behaviour_type":"t","value":null})" + "\n" +   //
                std::string(ids) + R"(,"platform":"m","behaviour_type":"t","value":[1,2]})" + "\n" +  //
                std::string(ids) + R"(,"platform":"m","behaviour_type":"t","value":true})" + "\n");
}

TEST_F(RowsTest, AnEmptyEntryLeavesNoComma) {
  const std::string row = std::string(ids) + R"(,"platform":"m","behaviour_type":"t"})" + "\n";
  EXPECT_EQ(labels(collection(R"({"m":{"t":[{},{}]}})")),
            row + row);  // as they stand in a line of the usual shape
  EXPECT_EQ(labels(collection(R"({"m":{"t":[{ },{}]}})")), row + row);
}

TEST_F(RowsTest, NotANumberIsNull) {
  EXPECT_EQ(labels(collection(R"({"m":{"t":[{"a":NaN,"b":[-Infinity],"c":"NaN"},Infinity]}})")),
            std::string(ids) + R"(,"platform":"m","behaviour_type":"t","a":null,"b":[null],"c":"NaN"})" + "\n" +
                std::string(ids) + R"(,"platform":"m","behaviour_type":"t","value":null})" + "\n");
}

TEST_F(RowsTest, ExtraMetadataStandsBeforeThePlatform) {
  EXPECT_EQ(
      labels(collection(R"({"m":{"t":[{"device":1,"entry_device":2},7]}})", R"(, "value" : [ 0 ],"device":"x")")),
      std::string(ids) +
          R"(,"value":[0],"device":"x","platform":"m","behaviour_type":"t","entry_device_2":1,"entry_device":2})" +
          "\n" + std::string(ids) +
          R"(,"value":[0],"device":"x","platform":"m","behaviour_type":"t","entry_value":7})" + "\n");
}

TEST_F(RowsTest, EntryFieldsKeepClearOfTheRowsColumns) {
  EXPECT_EQ(
      labels(collection(R"({"m":{"t":[{"platform":1,"session_id":2,"timestamp":3,"platform":4}]}})")),
      std::string(ids) +
          R"(,"platform":"m","behaviour_type":"t","entry_platform":1,"entry_session_id":2,"timestamp":3,"entry_platform_2":4})" +
          "\n");
}

TEST_F(RowsTest, EveryGroupHasItsPlatformAndType) {
  // The same names again, from other places of the line, and a platform that is missing.
  const auto row = [](const char* rest) { return std::string(ids) + rest + "\n"; };
  EXPECT_EQ(
      labels(collection(
          R"({"a":{"t":[{"n":1}],"u":[{"n":2},{"n":3}]},"b":{"t":[{"n":4}]},"t":[{"n":5}],"a":{"t":[{"n":6}]}})")),
      row(R"(,"platform":"a","behaviour_type":"t","n":1})") + row(R"(,"platform":"a","behaviour_type":"u","n":2})") +
          row(R"(,"platform":"a","behaviour_type":"u","n":3})") +
          row(R"(,"platform":"b","behaviour_type":"t","n":4})") +
          row(R"(,"platform":null,"behaviour_type":"t","n":5})") +
          row(R"(,"platform":"a","behaviour_type":"t","n":6})"));
}

TEST_F(RowsTest, ARecordBeginsAnew) {
  // Two lines of one length in one buffer: the second's platform lies where the first's did.
  const Recipe recipe;
  const record::ParseRules rules(recipe);
  record::LineParser parser(rules);
  std::string buffer = collection(R"({"a":{"t":[{"n":1}]}})") + std::string(json::text_padding, '\0');
  storage::OutputOptions options;
  options.root = folder_.path();
  storage::OutputFile file(*storage_, options);
  ASSERT_TRUE(file.open("rows").ok());
  for (const char platform : {'a', 'b'}) {
    buffer[buffer.find("{\"t\"") - 3] = platform;
    ASSERT_TRUE(
        parser.parse(Dataset::collections, std::string_view(buffer).substr(0, buffer.size() - json::text_padding)));
    labels_.begin(parser.record());
    parser.for_each_entry(
        [&](const record::Entry& entry, bool) { EXPECT_TRUE(labels_.write(parser.record(), entry, file).ok()); });
  }
  ASSERT_TRUE(file.close().ok());
  EXPECT_EQ(read_text(folder_ / "rows"), std::string(ids) + R"(,"platform":"a","behaviour_type":"t","n":1})" + "\n" +
                                             std::string(ids) + R"(,"platform":"b","behaviour_type":"t","n":1})" +
                                             "\n");
}

// The limit of a line's rows is exact: what they come to is accepted, a byte less is not.
TEST_F(RowsTest, AreAsLargeAsTheParserReckons) {
  const auto expect_exact = [&](Dataset dataset, const std::string& line, Recipe recipe = {}) {
    const std::string rows = rows_of(dataset, line, recipe);
    for (const bool fast_path : {true, false}) {
      for (const std::size_t less : {0, 1}) {
        recipe.rows_limit = rows.size() - less;
        record::ParseRules rules(recipe);
        rules.fast_path = fast_path;
        record::LineParser parser(rules);
        EXPECT_EQ(parser.parse(dataset, PaddedText(line)), less == 0) << line << "\n" << rows;
      }
    }
  };
  const std::string_view payloads[] = {
      R"({"m":{"t":[{"a":1},{"a": "x y", "b":[1, 2, NaN]},{}, { }]},"n":{"u":[5," ",null,[ 1]],"v":7}})",
      R"({"m":{"t":[{"platform":1,"platform":2,"entry_platform_2":3,"x":NaN,"x":-Infinity}]},"t":[1,{"app":1}]})",
      R"({})",
      "null",
      R"({"m":{"t":[]}})",
      R"("{\"m\":{\"t\":[{\"x\":\"\\u0041\"}]}}")"};
  Recipe carry;
  carry.carry = {"app", "platform", "none"};
  for (
      const std::string_view metadata :
      {R"("metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000})",
       R"("metadata":{"profile_id":" p ","value":1, "platform":[1, 2],"score":3,"platform":4,"x":NaN},"app":{"a": 1},"app":2)",
       R"("profile_id":7,"timestamp":"1747299119")"}) {
    for (const std::string_view payload : payloads) {
      const std::string line = "{" + std::string(metadata) + ",\"behaviour\":" + std::string(payload) + "}";
      expect_exact(Dataset::collections, line);
      expect_exact(Dataset::collections, line, carry);
    }
    for (const std::string_view payload :
         {R"({"model_name":"m","score":0.5,"confidence":1})", R"({"score": "0.5","timestamp":1,"timestamp":[1, 2]})",
          R"([{"model_name":"m", "x":1,"app":NaN},null,"{\"score\":\"\",\"y\":[1, 2]}"])", "[]", "null"}) {
      const std::string line = "{" + std::string(metadata) + ",\"prediction\":" + std::string(payload) + "}";
      expect_exact(Dataset::predictions, line);
      expect_exact(Dataset::predictions, line, carry);
    }
  }
}

TEST_F(RowsTest, LongColumnsStandInEveryRow) {
  const std::string note = R"("note":")" + std::string(100'000, 'x') + "\"";
  const std::string row = R"({"profile_id":null,"session_id":null,"collection_id":null,"col_timestamp":null,)" + note +
                          R"(,"platform":"m","behaviour_type":"t")";
  EXPECT_EQ(labels("{\"metadata\":{" + note + R"(},"behaviour":{"m":{"t":[{"a":1},5,{}]}}})"),
            row + ",\"a\":1}\n" + row + ",\"value\":5}\n" + row + "}\n");
}

TEST_F(RowsTest, RowsLongerThanTheBufferAreWhole) {
  const std::string line = collection(R"({"m":{"t":[{"a":")" + std::string(500, 'x') + R"("},{"b":2},{"c": ")" +
                                      std::string(300, 'y') + R"("}]}})");
  const std::string expected = rows_of(Dataset::collections, line);
  for (const std::size_t buffer_size : {1U, 10U, 100U, 117U, 118U, 119U, 120U, 600U, 700U}) {
    EXPECT_EQ(rows_of(Dataset::collections, line, {}, buffer_size), expected) << buffer_size;
  }
}

TEST_F(RowsTest, RepairedValuesGoIntoTheRow) {
  EXPECT_EQ(
      labels(
          R"({"profileId":12,"session_id":" \u0073 ","collection_id":NaN,"timestamp":"1747299119","behavior":{"t":[{"a": 1}]}})"),
      R"({"profile_id":"12","session_id":"\u0073","collection_id":null,"col_timestamp":1747299119000,"platform":null,"behaviour_type":"t","a":1})"
      "\n");
  EXPECT_EQ(
      predictions(
          R"({"metadata":{"platform":"ios","score":1},"prediction":[{"score":"0.930","x": [ ]},null,"{\"confidence\":1e-2}"]})"),
      R"({"profile_id":null,"session_id":null,"collection_id":null,"timestamp":null,"platform":"ios","metadata_score":1,"model_name":null,"score":0.930,"confidence":null,"x":[]})"
      "\n"
      R"({"profile_id":null,"session_id":null,"collection_id":null,"timestamp":null,"platform":"ios","metadata_score":1,"model_name":null,"score":null,"confidence":null})"
      "\n"
      R"({"profile_id":null,"session_id":null,"collection_id":null,"timestamp":null,"platform":"ios","metadata_score":1,"model_name":null,"score":null,"confidence":1e-2})"
      "\n");
}

TEST_F(RowsTest, CarriedFieldsStandBehindTheMetadata) {
  Recipe recipe;
  recipe.carry = {"app", "platform"};
  EXPECT_EQ(
      labels(R"({"app":[ 1 ],"metadata":{"device":2},"behaviour":{"m":{"t":[{"app":3}]}}})", recipe),
      R"({"profile_id":null,"session_id":null,"collection_id":null,"col_timestamp":null,"device":2,"app":[1],"line_platform":null,"platform":"m","behaviour_type":"t","entry_app":3})"
      "\n");
}

}  // namespace
}  // namespace gristmill::partition
