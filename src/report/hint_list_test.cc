// Hints in report.json and on a terminal.
#include "report/hint_list.h"

#include <gtest/gtest.h>

#include "json/json_value.h"
#include "report/sample_report_testing.h"
#include "text/visible_text.h"

namespace gristmill::report {
namespace {

json::JsonValue hint_of(const RunReport& report, Hint hint) {
  const auto parsed = json::JsonValue::parse(report_json(report));
  return (*parsed)["hints"].elements()[static_cast<std::size_t>(hint)];
}

RunReport report_with_hints() {
  RunReport report = sample_report();
  report.accounting.of(Hint::null_words_as_ids).add(Dataset::collections, {0, 10}, 2, "profile_id \"None\"");
  report.accounting.of(Hint::null_words_as_ids).add(Dataset::predictions, {2, 5}, 1234567, hostile_id());
  report.carry_not_found[0] = {"application", "apo"};
  return report;
}

TEST(Hints, EachStandsInTheReportFoundOrNot) {
  const auto parsed = json::JsonValue::parse(report_json(sample_report()));
  ASSERT_TRUE(parsed);
  const auto& hints = (*parsed)["hints"].elements();
  ASSERT_EQ(hints.size(), hint_count);
  for (std::size_t i = 0; i < hint_count; ++i) {
    EXPECT_EQ(hints[i]["name"].text(), hint_table[i].name);
    EXPECT_EQ(hints[i]["meaning"].text(), hint_table[i].meaning);
    EXPECT_EQ(hints[i]["advice"].text(), hint_table[i].advice);
    EXPECT_EQ(hints[i]["counts"]["collections"].count(), 0U);
    EXPECT_TRUE(hints[i]["first"].elements().empty());
  }
}

TEST(Hints, HavePlaces) {
  const json::JsonValue hint = hint_of(report_with_hints(), Hint::null_words_as_ids);
  EXPECT_EQ(hint["counts"]["collections"].count(), 1U);
  EXPECT_EQ(hint["counts"]["predictions"].count(), 1U);
  const auto& first = hint["first"].elements();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0]["what"].text(), "profile_id \"None\"");
  EXPECT_EQ(first[0]["line"].count(), 2U);
  EXPECT_EQ(first[1]["dataset"].text(), "predictions");
  EXPECT_EQ(first[1]["file"].text(), "predictions.jsonl");
}

TEST(Hints, KeepTheFirstTen) {
  HintFindings found;
  for (std::uint64_t line = 30; line > 0; --line) found.add(Dataset::collections, {0, line}, line, "x");
  EXPECT_EQ(found.counts[0], 30U);
  const std::vector<Culprit> first = found.first.sorted();
  ASSERT_EQ(first.size(), 10U);
  EXPECT_EQ(first.front().line, 1U);
  EXPECT_EQ(first.back().line, 10U);
}

TEST(Hints, NameTheNearestFieldToCarry) {
  const json::JsonValue hint = hint_of(report_with_hints(), Hint::carry_not_found);
  EXPECT_EQ(hint["counts"]["collections"].count(), 2U);
  EXPECT_EQ(hint["counts"]["predictions"].count(), 0U);
  const auto& first = hint["first"].elements();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0]["what"].text(), "no line has the field \"application\"");
  EXPECT_EQ(first[1]["what"].text(), "no line has the field \"apo\": did you mean \"app\"?");
  EXPECT_TRUE(first[1]["file"].is_null());
}

TEST(Hints, NeverFailARun) {
  RunReport report = report_with_hints();
  const auto before = sample_report();
  EXPECT_EQ(report.passed, before.passed);
  for (std::size_t i = 0; i < report.checks.size(); ++i) EXPECT_EQ(report.checks[i].total(), before.checks[i].total());
}

TEST(HintTable, TellsThoseThatThereAre) {
  EXPECT_EQ(hint_table_of(sample_report(), {false, false, 100}), "");
  const std::string text = hint_table_of(report_with_hints(), {false, false, 100});
  EXPECT_TRUE(text.starts_with("\nHints: legal, but odd\n")) << text;
  EXPECT_TRUE(
      has(text, "  Ids that are words for null                  1            1  a<b>&\\x1b[2J.jsonl:2: profile_id"))
      << text;
  EXPECT_TRUE(has(text, "  Names in carry that did not occur            2            0  no line has the field"));
  EXPECT_TRUE(has(text, "  hint: An id is a word such as None, null or N/A,"));
  EXPECT_FALSE(has(text, "Dotted keys"));
  for (const unsigned width : {80U, 100U, 120U}) {
    const std::string narrow = hint_table_of(report_with_hints(), {false, true, width});
    for (std::size_t at = 0; at < narrow.size(); at = narrow.find('\n', at) + 1) {
      EXPECT_LE(text::display_width(narrow.substr(at, narrow.find('\n', at) - at)), width) << narrow;
    }
  }
}

}  // namespace
}  // namespace gristmill::report
