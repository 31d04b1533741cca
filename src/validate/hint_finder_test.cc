// Each hint with data that gives it and data that almost does, through the parser.
#include "validate/hint_finder.h"

#include <gtest/gtest.h>

#include "json/padded_text_testing.h"
#include "record/line_parser.h"

namespace gristmill::validation {
namespace {

// "hint: what", of all hints of one line.
std::vector<std::string> hints_of(const std::string& line, Dataset dataset = Dataset::collections,
                                  const Recipe& recipe = {}, bool fast_path = true) {
  record::ParseRules rules(recipe);
  rules.fast_path = fast_path;
  record::LineParser parser(rules);
  const testing::PaddedText text(line);
  EXPECT_TRUE(parser.parse(dataset, text.view())) << line << ": " << parser.rejection().message;
  if (dataset == Dataset::collections) parser.for_each_entry([](const record::Entry&, bool) {});
  Accounting accounting;
  find_hints({dataset, {0, 0}, 1}, parser.record(), accounting);
  std::vector<std::string> found;
  for (std::size_t i = 0; i < hint_count; ++i) {
    const std::vector<Culprit> all = accounting.hints[i].first.sorted();
    EXPECT_EQ(accounting.hints[i].counts[static_cast<std::size_t>(dataset)], all.size());
    for (const Culprit& culprit : all) found.push_back(std::string(hint_table[i].name) + ": " + culprit.what);
  }
  return found;
}

using Hints = std::vector<std::string>;

std::string with_ids(const std::string& profile, const std::string& session, const std::string& collection) {
  return R"({"metadata":{"profile_id":")" + profile + R"(","session_id":")" + session + R"(","collection_id":")" +
         collection + R"(","timestamp":1747299119000},"behaviour":{"m":{"t":[{"x":1}]}}})";
}

std::string with_times(const std::string& collection, const std::string& entries) {
  return R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":)" + collection +
         R"(},"behaviour":{"m":{"t":[)" + entries + "]}}}";
}

TEST(HintFinder, NullWords) {
  for (const char* word : {"null", "NULL", "None", "undefined", "N/A", "na", "NaN", "nil", "-", "--", "(null)", "#N/A",
                           "<NA>", "<null>", "00000000-0000-0000-0000-000000000000"}) {
    EXPECT_TRUE(is_null_word(word)) << word;
  }
  for (const char* word : {"", " ", "n", "nullx", "nonesuch", "nobody", "0", "00000000-0000-0000-0000-000000000001",
                           "undefined0", "NaN1", "---", "n\xC3\xA4n"}) {
    EXPECT_FALSE(is_null_word(word)) << word;
  }
  EXPECT_EQ(hints_of(with_ids("None", "s", "c")), Hints{R"(null_words_as_ids: profile_id "None")"});
  EXPECT_EQ(hints_of(with_ids("p", "UNDEFINED", R"(\u006e\u0061)")),
            Hints{R"(null_words_as_ids: session_id "UNDEFINED", collection_id "na")"});
  EXPECT_EQ(hints_of(with_ids("p", R"(\\N)", "c")), Hints{R"(null_words_as_ids: session_id "\N")"});
  EXPECT_EQ(hints_of(with_ids("p", "s", "")), Hints{});
}

TEST(HintFinder, IdsBesideMetadata) {
  const auto of = [](const std::string& fields) { return hints_of("{" + fields + R"(,"behaviour":null})"); };
  EXPECT_EQ(of(R"("profile_id":"p","SessionId":7,"metadata":{"app":1})"),
            Hints{"ids_beside_metadata: profile_id, session_id beside metadata"});
  EXPECT_EQ(of(R"("collection_id":"c","metadata":"{\"profile_id\":\"p\"}")"),
            Hints{"ids_beside_metadata: collection_id beside metadata"});
  EXPECT_EQ(of(R"("profile_id":"p","metadata":{"profile_id":" "})"),
            Hints{"ids_beside_metadata: profile_id beside metadata"});
  // What metadata has is not missed, null is no id, and without a metadata object the ids are taken.
  EXPECT_EQ(of(R"("profile_id":"p","metadata":{"profile_id":"q"})"), Hints{});
  EXPECT_EQ(of(R"("profile_id":null,"timestamp":1747299119000,"metadata":{})"), Hints{});
  EXPECT_EQ(of(R"("profile_id":"p","metadata":null)"), Hints{});
  EXPECT_EQ(of(R"("profile_id":"p")"), Hints{});
}

TEST(HintFinder, DottedKeys) {
  const auto of = [](const std::string& name, Dataset dataset = Dataset::collections, const Recipe& recipe = {}) {
    return hints_of("{\"" + name + "\":1}", dataset, recipe);
  };
  EXPECT_EQ(of("metadata.profile_id"), Hints{R"(dotted_keys: "metadata.profile_id")"});
  EXPECT_EQ(of("Meta_Data.x.y"), Hints{R"(dotted_keys: "Meta_Data.x.y")"});
  EXPECT_EQ(of("behaviour.mobile"), Hints{R"(dotted_keys: "behaviour.mobile")"});
  EXPECT_EQ(of("behavior."), Hints{R"(dotted_keys: "behavior.")"});
  EXPECT_EQ(of("prediction.score", Dataset::predictions), Hints{R"(dotted_keys: "prediction.score")"});
  EXPECT_EQ(of("prediction.score"), Hints{});
  EXPECT_EQ(of("app.version"), Hints{});
  EXPECT_EQ(of(".metadata"), Hints{});
  EXPECT_EQ(of("metadata_profile_id"), Hints{});
  Recipe carrying;
  carrying.carry = {"metadata.x"};
  EXPECT_EQ(of("metadata.x", Dataset::collections, carrying), Hints{});
}

TEST(HintFinder, EntriesInAnotherUnit) {
  const std::string ms = "1750000000123";
  for (const bool fast_path : {true, false}) {
    const auto of = [&](const std::string& time, const std::string& entries) {
      return hints_of(with_times(time, entries), Dataset::collections, {}, fast_path);
    };
    EXPECT_EQ(of(ms, R"({"timestamp":1750000000123456789})"), Hints{"entry_time_unit: 1 entry in nanoseconds"});
    EXPECT_EQ(of(ms, R"({"timestamp":1750000000123456},{"timestamp":1750000000123999})"),
              Hints{"entry_time_unit: 2 entries in microseconds"});
    EXPECT_EQ(
        of(ms, R"({"timestamp":1750000000.5},{"x":1},{"timestamp":1750000000123456},{"timestamp":1750000000124})"),
        Hints{"entry_time_unit: 1 entry in seconds, 1 entry in microseconds"});
    EXPECT_EQ(of("1750000000", R"({"timestamp":1750000001})"), Hints{"entry_time_unit: 1 entry in seconds"});
    // Half to twice as much is near.
    EXPECT_EQ(of("1750000000000", R"({"timestamp":875000000},{"timestamp":3500000000})"),
              Hints{"entry_time_unit: 2 entries in seconds"});
    EXPECT_EQ(of("1750000000000", R"({"timestamp":874999999},{"timestamp":3500000001})"), Hints{});
    EXPECT_EQ(
        of(ms, R"({"timestamp":1750000000124},{"timestamp":17500000001240},{"timestamp":5210.4},{"timestamp":1e999})"),
        Hints{});
    EXPECT_EQ(of(ms, R"({"timestamp":"1750000000123456789"},{"x":1750000000123456789})"), Hints{});
    EXPECT_EQ(of("null", R"({"timestamp":1750000000123456789})"), Hints{});
    EXPECT_EQ(of("null", R"({"timestamp":0})"), Hints{});
    EXPECT_EQ(of("0", R"({"timestamp":0})"), Hints{});
  }
}

TEST(HintFinder, UnitsOfTheLineAloneAreTold) {
  const record::ParseRules rules{Recipe()};
  record::LineParser parser(rules);
  const auto nanoseconds_of = [&](const std::string& line) {
    const testing::PaddedText text(line);
    EXPECT_TRUE(parser.parse(Dataset::collections, text.view()));
    parser.for_each_entry([](const record::Entry&, bool) {});
    return parser.record().entry_units.nanoseconds;
  };
  const std::string usual = with_times("1750000000123", R"({"timestamp":1750000000123456789})");
  // Not the usual shape, so that the fast path gives up after the first entry and the complete parser walks them all.
  const std::string unusual = with_times("1750000000123", R"({"timestamp":1750000000123456789},["x"])");
  EXPECT_EQ(nanoseconds_of(usual), 1U);
  EXPECT_EQ(nanoseconds_of(usual), 1U);
  EXPECT_EQ(nanoseconds_of(unusual), 1U);
  EXPECT_EQ(nanoseconds_of(with_times("1750000000123", R"({"timestamp":1750000000124})")), 0U);
  EXPECT_EQ(nanoseconds_of(with_times("1750000000123", "")), 0U);
}

TEST(HintFinder, PageClocks) {
  const auto of = [](const std::string& time) { return hints_of(with_times(time, R"({"x":1})")); };
  EXPECT_EQ(of("5210.4"), Hints{"page_clock: taken as seconds it is 5210400 ms after 1970-01-01"});
  EXPECT_EQ(of("\"88\""), Hints{"page_clock: taken as seconds it is 88000 ms after 1970-01-01"});
  EXPECT_EQ(of("946684799.999"), Hints{"page_clock: taken as seconds it is 946684799999 ms after 1970-01-01"});
  EXPECT_EQ(of("946684800"), Hints{});
  EXPECT_EQ(of("0"), Hints{});
  EXPECT_EQ(of("-5210.4"), Hints{});
  EXPECT_EQ(of("\"1970-01-01T00:00:05Z\""), Hints{});
  EXPECT_EQ(of("1747299119"), Hints{});
}

}  // namespace
}  // namespace gristmill::validation
