// The fast path against the complete parser: both parse lines of the usual shape and what becomes of
// them by small changes, and must say the same of every one.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "json/padded_text_testing.h"
#include "partition/rows.h"
#include "record/line_parser.h"
#include "storage/forwarding_storage_testing.h"

namespace gristmill::record {
namespace {

using testing::PaddedText;

// Files that are one string.
class StringStorage : public testing::ForwardingStorage {
 public:
  explicit StringStorage(Storage& inner, std::string& text) : ForwardingStorage(inner), text_(text) {}
  Result<std::unique_ptr<WritableFile>> create(const std::string&) override {
    return std::unique_ptr<WritableFile>(std::make_unique<File>(text_));
  }

 private:
  class File : public WritableFile {
   public:
    explicit File(std::string& text) : text_(text) {}
    Status append(std::string_view bytes) override {
      text_.append(bytes);
      return {};
    }
    Status close(bool) override { return {}; }

   private:
    std::string& text_;
  };
  std::string& text_;
};

// A parser and all that it says of a line, as one text; the rows too.
class Witness {
 public:
  Witness(const Recipe& recipe, bool fast_path) : rules_(recipe), parser_(rules_) { rules_.fast_path = fast_path; }

  const std::string& describe(Dataset dataset, std::string_view line) {
    text_.clear();
    accepted_ = parser_.parse(dataset, line);
    if (!accepted_) {
      text_.append(name_of(parser_.rejection().reason)).append(": ").append(parser_.rejection().message);
      return text_;
    }
    const Record& record = parser_.record();
    for (const Identifier* id : {&record.profile, &record.session, &record.collection}) {
      text_.append(id->text).append("|").append(id->spelling).append(id->null ? "|null\n" : "|\n");
    }
    text_.append(record.timestamp).append("|").append(record.time ? std::to_string(*record.time) : "none").append("\n");
    text_.append(record.columns).append("\n").append(std::to_string(record.repairs.bits())).append("\n");
    if (record.column_names != nullptr) {
      for (const std::string_view name : record.column_names->list()) text_.append(name).append("|");
    }
    parser_.for_each_field_not_carried([&](std::string_view name) { text_.append("not carried: ").append(name); });
    EXPECT_TRUE(file_.open("rows").ok());
    if (dataset == Dataset::collections) {
      labels_.begin(record);
      parser_.for_each_entry([&](const Entry& entry, bool early) {
        text_.append(entry.platform).append("|").append(entry.type).append("|").append(entry.value);
        text_.append(entry.type_blank ? "|blank" : "|")
            .append(entry.none ? "|none" : "|")
            .append(early ? "|early\n" : "|\n");
        EXPECT_TRUE(labels_.write(record, entry, file_).ok());
      });
    } else {
      predictions_.begin(record);
      parser_.for_each_prediction([&](const Prediction& one) {
        text_.append(one.model_name).append("|").append(one.model).append(one.model_blank ? "|blank|" : "||");
        text_.append(one.score).append("|").append(one.confidence).append("|").append(one.columns);
        for (const std::optional<double>& value : {one.score_value, one.confidence_value}) {
          text_.append("|").append(reinterpret_cast<const char*>(&*value), value ? sizeof(double) : 0);
        }
        EXPECT_TRUE(predictions_.write(record, one, file_).ok());
      });
    }
    EXPECT_TRUE(file_.close().ok());  // appends the rows to the text
    return text_;
  }
  bool accepted() const { return accepted_; }

 private:
  ParseRules rules_;
  LineParser parser_;
  std::unique_ptr<Storage> local_ = make_local_storage();
  std::string text_;
  StringStorage storage_{*local_, text_};
  storage::OutputFile file_{storage_, {}};
  partition::LabelRows labels_;
  partition::PredictionRows predictions_;
  bool accepted_ = false;
};

class FastPathTest : public ::testing::Test {
 protected:
  explicit FastPathTest(const Recipe& recipe = {}) : fast_(recipe, true), complete_(recipe, false) {}

  // True if both say the same.
  bool agree(Dataset dataset, std::string_view line) {
    const PaddedText text(line);
    const std::string& fast = fast_.describe(dataset, text);
    const std::string& complete = complete_.describe(dataset, text);
    ++lines_;
    accepted_ += fast_.accepted() ? 1U : 0U;
    if (fast_.accepted() == complete_.accepted() && fast == complete) return true;
    ADD_FAILURE() << "of the line\n"
                  << line << "\nthe fast path says\n"
                  << fast << "\nand the complete parser\n"
                  << complete;
    return false;
  }

  // Every line that is `line` with one byte taken away, put in or replaced.
  void agree_on_neighbours(Dataset dataset, const std::string& line, std::string_view alphabet) {
    ASSERT_TRUE(agree(dataset, line));
    ASSERT_TRUE(fast_.accepted());
    std::string changed;
    for (std::size_t at = 0; at <= line.size(); ++at) {
      if (at < line.size()) {
        changed.assign(line).erase(at, 1);
        ASSERT_TRUE(agree(dataset, changed));
        changed.assign(line, 0, at);
        ASSERT_TRUE(agree(dataset, changed));
      }
      for (const char c : alphabet) {
        changed.assign(line).insert(at, 1, c);
        ASSERT_TRUE(agree(dataset, changed));
        if (at == line.size()) continue;
        changed.assign(line)[at] = c;
        ASSERT_TRUE(agree(dataset, changed));
      }
    }
  }

  Witness fast_;
  Witness complete_;
  std::size_t lines_ = 0;
  std::size_t accepted_ = 0;
};

std::string every_byte() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes.push_back(static_cast<char>(c));
  return bytes;
}

constexpr std::string_view telling_bytes("\0\t\n\r\x1f \"\\/{}[]:,.+-0159eEuNIntfaz_\x7f\x80\xbf\xc3\xe2\xed\xf0\xff",
                                         41);

constexpr const char* small_collection =
    R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":174729911900},"behaviour":{"m":{"t":[{"a":1}]}}})";
constexpr const char* small_prediction =
    R"({"metadata":{"profile_id":"p","session_id":"","collection_id":"c","timestamp":174729911900},"prediction":{"model_name":"m","score":0.5,"confidence":null}})";
constexpr const char* rich_collection =
    "{\"metadata\":{\"profile_id\":\"p\xC3\xA9\",\"session_id\":\"\",\"collection_id\":\"a "
    "b\",\"timestamp\":1747299119000},\"behaviour\":"
    "{\"m\":{\"k\":[{\"timestamp\":1747299118999,\"key\":\"\\u00e9\\\\\"},{},{\"timestamp\":1747299119000,"
    "\"n\":[1,{\"z\":null}]}],\"e\":[]},"
    "\"\":{},\"w\":{\"s\xE2\x82\xAC\":[{\"x\":-1.5e3,\"y\":true,\"o\":{}}]}}}";
constexpr const char* alike_collection =
    R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000},"behaviour":{"m":{"t":[)"
    R"({"timestamp":1747299119100,"x":1.5,"fourteen_bytes":0},{"timestamp":1747299118100,"x":2.5,"fourteen_bytes":1},)"
    R"({"timestamp": 1747299119200, "x":-1, "fourteen_bytes": 2},{"x":1,"timestamp":1747299119000,"thirteen_byte":2}]}}})";
constexpr const char* spaced_collection =
    R"({"metadata": {"profile_id": "p", "session_id": "s", "collection_id": "c", "timestamp": 1747299119000}, "behaviour": )"
    R"({"m": {"k": [{"timestamp": 1747299119100, "v": "x"}, {"a":1}], "e": []}, "w": {"s": [{"x": 1.5, "l": [1, 2]}]}}})";
constexpr const char* spaced_prediction =
    R"({"metadata": {"profile_id": "p", "session_id": "s", "collection_id": "c", "timestamp": 1747299119000}, "prediction": )"
    R"({"score": 1e-3, "model_name": "swipe_model", "confidence": -0.0}})";

TEST_F(FastPathTest, IsTakenForTheUsualShapes) {
  const Recipe recipe;
  const ParseRules rules(recipe);
  LineParser parser(rules);
  // Only the fast path calls an entry plain, and only it leaves a model's name in the line.
  const auto plain_entries = [&](std::string_view line) {
    const PaddedText text(line);
    EXPECT_TRUE(parser.parse(Dataset::collections, text));
    int plain = 0;
    parser.for_each_entry([&](const Entry& entry, bool) { plain += entry.plain ? 1 : 0; });
    return plain;
  };
  EXPECT_EQ(plain_entries(small_collection), 1);
  EXPECT_EQ(plain_entries(rich_collection), 4);
  EXPECT_EQ(plain_entries(spaced_collection), 1);
  for (const char* line : {small_prediction, spaced_prediction}) {
    const PaddedText text(line);
    EXPECT_TRUE(parser.parse(Dataset::predictions, text));
    parser.for_each_prediction([&](const Prediction& prediction) {
      EXPECT_GE(prediction.model.data(), text.data());
      EXPECT_LT(prediction.model.data(), text.data() + text.view().size());
    });
  }
}

TEST_F(FastPathTest, AgreesOnEveryNeighbourOfACollection) {
  agree_on_neighbours(Dataset::collections, small_collection, every_byte());
  EXPECT_GT(accepted_, 4000U);
  EXPECT_GT(lines_ - accepted_, 10000U);
}

TEST_F(FastPathTest, AgreesOnEveryNeighbourOfAPrediction) {
  agree_on_neighbours(Dataset::predictions, small_prediction, every_byte());
  EXPECT_GT(accepted_, 4000U);
}

TEST_F(FastPathTest, AgreesOnNeighboursOfRicherLines) {
  agree_on_neighbours(Dataset::collections, rich_collection, telling_bytes);
  agree_on_neighbours(Dataset::collections, alike_collection, telling_bytes);
  agree_on_neighbours(Dataset::collections, spaced_collection, telling_bytes);
  agree_on_neighbours(Dataset::predictions, spaced_prediction, telling_bytes);
}

TEST_F(FastPathTest, AgreesOnTheOtherDataset) {
  for (const char* line : {small_collection, rich_collection, spaced_collection})
    EXPECT_TRUE(agree(Dataset::predictions, line));
  for (const char* line : {small_prediction, spaced_prediction}) EXPECT_TRUE(agree(Dataset::collections, line));
}

class FastPathStrictTest : public FastPathTest {
 protected:
  static Recipe strict() {
    Recipe recipe;
    recipe.strict = true;
    return recipe;
  }
  FastPathStrictTest() : FastPathTest(strict()) {}
};

TEST_F(FastPathStrictTest, AgreesOnNeighbours) {
  agree_on_neighbours(Dataset::collections, small_collection, telling_bytes);
  agree_on_neighbours(Dataset::predictions, small_prediction, telling_bytes);
}

// Lines put together from parts that are usual, odd or wrong.
class FastPathPartsTest : public FastPathTest {
 protected:
  template <std::size_t n>
  std::string one_of(const std::array<const char*, n>& parts) {
    // Mostly the first: a line with many odd parts is rejected for the first of them.
    return random_() % 8 != 0 ? parts[0] : parts[random_() % n];
  }
  template <std::size_t n>
  std::string any_of(const std::array<const char*, n>& parts) {
    return parts[random_() % n];
  }

  std::string value(int depth = 0) {
    static constexpr std::array scalars = {"1",
                                           "\"x\"",
                                           "1747299118000",
                                           "1747299119000",
                                           "null",
                                           "true",
                                           "-0",
                                           "1.50",
                                           "1e5",
                                           "\"\\u0041\"",
                                           "\"\"",
                                           "\" \"",
                                           "\"\xC3\xA9\"",
                                           "false",
                                           "NaN",
                                           "-Infinity",
                                           "01",
                                           "\"\xFF\"",
                                           "\"\\x\"",
                                           "1e999",
                                           "999999999999",
                                           "17472991190000",
                                           "1747299119000.0",
                                           "-1747299119000",
                                           "\"\\ud800\"",
                                           "tru"};
    if (random_() % 6 != 0 || depth > 4) return random_() % 4 == 0 ? any_of(scalars) : scalars[random_() % 4];
    std::string text = random_() % 2 == 0 ? "[" : "{";
    const bool object = text == "{";
    const std::size_t size = random_() % 3;
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0) text += comma();
      if (object) text += "\"k\"" + colon();
      text += value(depth + 1);
    }
    return text + (object ? "}" : "]");
  }
  std::string space() { return spaced_ ? " " : ""; }
  std::string odd_space(std::string usual) {
    return random_() % 60 == 0 ? any_of(std::array{"  ", "\t", "", " "}) : std::move(usual);
  }
  std::string colon() { return odd_space("") + ":" + odd_space(space()); }
  std::string comma() { return odd_space("") + "," + odd_space(space()); }
  std::string entry() {
    static constexpr std::array keys = {
        "\"a\"",          "\"timestamp\"",     "\"key_hash\"",      "\"platform\"",       "\"profile_id\"",
        "\"session_id\"", "\"collection_id\"", "\"col_timestamp\"", "\"behaviour_type\"", "\"time\\u0073tamp\"",
        "\"\"",           "\"Platform\"",      "\"\xC3\xA9\"",      "\"platformx\""};
    if (random_() % 12 == 0) return value();
    std::string text = "{";
    const std::size_t size = random_() % 4;
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0) text += comma();
      text += (random_() % 3 == 0 ? any_of(keys) : keys[random_() % 3]) + colon() + value();
    }
    return text + "}";
  }
  std::string behaviour() {
    static constexpr std::array names = {"\"m\"", "\"w\"",  "\"t\"",       "\"\"",
                                         "\" \"", "\" t\"", "\"\\u0074\"", "\"\xC3\xA9\""};
    if (random_() % 20 == 0)
      return any_of(std::array{"null", "{}", "[]", "5", "\"{}\"", "{\"t\":[{\"a\":1}]}", "{\"m\":null}", "{\"m\":5}"});
    std::string text = "{";
    const std::size_t platforms = random_() % 3;
    for (std::size_t i = 0; i < platforms; ++i) {
      if (i > 0) text += comma();
      text += one_of(names) + colon() + "{";
      const std::size_t types = random_() % 3;
      for (std::size_t j = 0; j < types; ++j) {
        if (j > 0) text += comma();
        text += one_of(names) + colon();
        if (random_() % 20 == 0) {
          text += value();
          continue;
        }
        text += "[";
        const std::size_t entries = random_() % 4;
        for (std::size_t k = 0; k < entries; ++k) text += (k > 0 ? comma() : std::string()) + entry();
        text += "]";
      }
      text += "}";
    }
    return text + "}";
  }
  std::string prediction() {
    static constexpr std::array models = {"\"swipe_model\"", "\"m\"",   "\"\"", "\" \"", "null", "5",
                                          "\"\\u006d\"",     "\"\xFF\""};
    static constexpr std::array numbers = {"0.5", "1",       "-0.0", "null", "1e-999", "1e999", "\"0.5\"",
                                           "NaN", "\"NaN\"", "true", "01",   "1.",     "-1E+2"};
    if (random_() % 20 == 0) return any_of(std::array{"null", "{}", "[]", "5", "\"{}\"", "[{\"score\":1}]"});
    std::string fields[] = {"\"model_name\"" + colon() + one_of(models), "\"score\"" + colon() + one_of(numbers),
                            "\"confidence\"" + colon() + one_of(numbers)};
    std::shuffle(std::begin(fields), std::end(fields), random_);
    std::string text = "{" + fields[0];
    if (random_() % 8 != 0) text += comma() + fields[1];
    if (random_() % 8 != 0) text += comma() + fields[2];
    if (random_() % 12 == 0)
      text +=
          comma() + any_of(std::array{"\"x\":1", "\"score\":1", "\"Score\":1", "\"model_name\":\"z\"", "\"x\":NaN"});
    return text + "}";
  }
  std::string line(Dataset dataset) {
    static constexpr std::array ids = {"\"id\"", "\"\"", "\" id\"", "\"id \"",     "\"i\\u0064\"", "\"\xC3\xA9\"",
                                       "null",   "5",    "1.5",     "\"\\ud800\"", "\"a\tb\"",     "\"\xC3\""};
    static constexpr std::array names = {"\"profile_id\"", "\"profileId\"", "\"profile\\u005fid\"", "\"session_id\""};
    static constexpr std::array times = {"1747299119000",   "174729911900",      "174729911900000",
                                         "17472991190",     "1747299119000000",  "01747299119000",
                                         "1747299119000.0", "\"1747299119000\"", "null",
                                         "-1747299119000",  "1747299119000 ",    "1.747299119e12"};
    spaced_ = random_() % 2 == 0;
    std::string profile = random_() % 40 == 0
                              ? "\"" + std::string(70 + random_() % 200, random_() % 2 == 0 ? '/' : 'p') + "\""
                              : one_of(ids);
    std::string text = "{\"metadata\"" + colon() + "{" + one_of(names) + colon() + profile + comma() +
                       "\"session_id\"" + colon() + one_of(ids) + comma() + "\"collection_id\"" + colon() +
                       one_of(ids) + comma() + "\"timestamp\"" + colon() + one_of(times);
    if (random_() % 20 == 0)
      text += comma() + any_of(std::array{"\"x\":1", "\"platform\":1", "\"timestamp\":1", "\"score\":2"});
    text += "}" + comma();
    text += dataset == Dataset::collections ? "\"behaviour\"" + colon() + behaviour()
                                            : "\"prediction\"" + colon() + prediction();
    if (random_() % 20 == 0)
      text += comma() + any_of(std::array{"\"x\":1", "\"behaviour\":{}", "\"prediction\":{}", "\"profile_id\":5"});
    text += "}";
    if (random_() % 40 == 0) text += any_of(std::array{" ", "}", "\r", "x"});
    return text;
  }

  std::mt19937 random_{20250515};
  bool spaced_ = false;
};

TEST_F(FastPathPartsTest, AgreesOnLinesOfManyParts) {
  for (int i = 0; i < 15000; ++i) {
    const auto dataset = i % 3 == 0 ? Dataset::predictions : Dataset::collections;
    ASSERT_TRUE(agree(dataset, line(dataset)));
  }
  EXPECT_GT(accepted_, 3000U);
  EXPECT_GT(lines_ - accepted_, 3000U);
}

class FastPathDepthTest : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Limits, FastPathDepthTest, ::testing::Values(1, 2, 3, 4, 5, 6, 7, 128));

TEST_P(FastPathDepthTest, AgreesOnNesting) {
  Recipe recipe;
  recipe.depth_limit = GetParam();
  Witness fast(recipe, true);
  Witness complete(recipe, false);
  for (const char* value : {"1", "[]", "{}", "[[]]", "[{}]", "{\"a\":[]}", "[[[]]]", "[1,[2,[3]]]"}) {
    const PaddedText line(
        R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":174729911900},"behaviour":{"m":{"t":[{"a":)" +
        std::string(value) + "}]}}}");
    EXPECT_EQ(fast.describe(Dataset::collections, line), complete.describe(Dataset::collections, line)) << value;
  }
  for (const char* line : {small_collection, spaced_collection}) {
    const PaddedText text(line);
    EXPECT_EQ(fast.describe(Dataset::collections, text), complete.describe(Dataset::collections, text));
  }
  const PaddedText text(small_prediction);
  EXPECT_EQ(fast.describe(Dataset::predictions, text), complete.describe(Dataset::predictions, text));
}

TEST_F(FastPathTest, AgreesOnLongPartitionNames) {
  for (const std::size_t length : {79U, 80U, 81U, 82U, 243U, 244U, 245U, 300U}) {
    for (const char c : {'x', '/', '^'}) {
      std::string line = small_collection;
      line.replace(line.find("\"p\"") + 1, 1, std::string(length, c));
      EXPECT_TRUE(agree(Dataset::collections, line));
      EXPECT_EQ(fast_.accepted(), c == 'x' ? length <= 244 : length <= 81) << length << c;
    }
  }
}

TEST_F(FastPathTest, AgreesOnTimesThatAreAlmostEqual) {
  for (const char* of : {"174729911900", "1747299119000", "17472991190000", "174729911900000"}) {
    for (const char* digits : {"174729911899",
                               "174729911900",
                               "174729911901",
                               "1747299118999",
                               "1747299119000",
                               "1747299119001",
                               "17472991189999",
                               "17472991190000",
                               "17472991190001",
                               "174729911899999",
                               "174729911900000",
                               "174729911900001",
                               "100000000000",
                               "999999999999",
                               "999999999999999",
                               "100000000000000",
                               "174729911900.0",
                               "174729911899.9999999",
                               "-174729911900",
                               "1.74729911e14",
                               "0",
                               "1e999"}) {
      const std::string line = R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":)" +
                               std::string(of) + R"(},"behaviour":{"m":{"t":[{"timestamp":)" + digits + "}]}}}";
      EXPECT_TRUE(agree(Dataset::collections, line));
    }
  }
}

// Field names are remembered from entry to entry and line to line: names that begin alike, of all lengths.
TEST_F(FastPathTest, AgreesOnFieldsThatFollowOthers) {
  std::vector<std::string> names = {"timestamp",       "timestam", "timestampx", "Timestamp", "platform", "platforn",
                                    "session_id",      "a",        "b",          "",          " ",        "a\\\"",
                                    "time\\u0073tamp", "\xC3\xA9", "\xC3"};
  for (std::size_t length = 10; length < 20; ++length) names.push_back(std::string(length, 'k'));
  std::mt19937 random(3);
  for (int i = 0; i < 4000; ++i) {
    std::string entries;
    for (std::size_t entry = 1 + random() % 3; entry > 0; --entry) {
      entries += entries.empty() ? "{" : ",{";
      for (std::size_t field = random() % 11; field > 0; --field) {
        const std::string& name = names[random() % (random() % 3 == 0 ? names.size() : 3)];
        entries += "\"" + name + (random() % 3 == 0 ? "\": " : "\":") +
                   (random() % 2 == 0 ? "1747299118999" : "17472991190001");
        if (random() % 20 == 0) entries += random() % 2 == 0 ? "x" : "0";
        if (field > 1) entries += random() % 3 == 0 ? ", " : ",";
      }
      entries += "}";
    }
    ASSERT_TRUE(agree(
        Dataset::collections,
        R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000},"behaviour":{"m":{"t":[)" +
            entries + "]}}}"));
  }
  EXPECT_GT(accepted_, 1000U);
}

TEST_F(FastPathTest, AgreesOnLinesBeyondItsLength) {
  std::string line = small_collection;
  line.replace(line.find("[{\"a\":1}]"), 9, "[{\"a\":\"" + std::string((1U << 20) + 5, 'x') + "\"}]");
  EXPECT_TRUE(agree(Dataset::collections, line));
  EXPECT_TRUE(fast_.accepted());
}

}  // namespace
}  // namespace gristmill::record
