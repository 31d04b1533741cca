#include "report/findings.h"

#include <gtest/gtest.h>

#include "report/check_counts.h"
#include "report/sample_report_testing.h"

namespace gristmill::report {
namespace {

TEST(Findings, OfLinesHavePlaceAndText) {
  const RunReport report = sample_report();
  const FindingList list = findings_of(report, Check::missing_ids, 3);
  ASSERT_EQ(list.first.size(), 3U);
  EXPECT_EQ(list.first[1].dataset, Dataset::collections);
  EXPECT_EQ(list.first[1].file, report.files[0].name);
  EXPECT_EQ(list.first[1].line, 2U);
  EXPECT_EQ(list.first[1].text, "no profile_id");
  EXPECT_EQ(list.more, 1U);
  EXPECT_FALSE(list.at_least);
}

TEST(Findings, OfSessionsNameTheSessionLast) {
  const RunReport report = sample_report();
  FindingList list = findings_of(report, Check::unmatched_sessions, 3);
  ASSERT_EQ(list.first.size(), 2U);
  EXPECT_EQ(list.first[0].text, "in no prediction, 34 rows: session \"日本語の長い名前\"");
  EXPECT_EQ(list.first[1].text, "in no collection, 11 rows: session \"s-1\"");
  EXPECT_EQ(list.first[1].dataset, Dataset::predictions);
  EXPECT_EQ(list.first[1].line, 1234567U);
  EXPECT_EQ(list.more, 8U);
  list = findings_of(report, Check::duplicate_ids, 3);
  EXPECT_EQ(list.first[0].text, "2 profiles: session \"" + hostile_id() + "\"");
  EXPECT_EQ(list.more, 0U);
}

TEST(Findings, SayAtLeastWhereTheReportKeepsNoMore) {
  RunReport report = sample_report();
  for (std::uint64_t line = 1; line <= 150; ++line) {
    report.accounting.of(Check::time).add({0, line}, line, "3 entries are earlier than their collection");
  }
  report.checks[static_cast<std::size_t>(Check::time)].findings[0] = 450;
  const FindingList list = findings_of(report, Check::time, 3);
  EXPECT_EQ(list.more, 97U);
  EXPECT_TRUE(list.at_least);
}

TEST(Findings, APlaceOutsideTheFilesIsNoFault) {
  RunReport report;
  report.accounting.of(Check::range).add({7, 0}, 1, "score 2, confidence 1");
  const FindingList list = findings_of(report, Check::range, 3);
  ASSERT_EQ(list.first.size(), 1U);
  EXPECT_EQ(list.first[0].file, "?");
}

TEST(Findings, NamedCountsLeaveOutZeros) {
  const RunReport report = sample_report();
  const auto reasons = rejections_of(report.accounting.of(Dataset::collections));
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0].name, "invalid_json");
  EXPECT_EQ(reasons[0].count, 5U);
  EXPECT_EQ(reasons[0].examples->sorted().size(), 1U);
  EXPECT_TRUE(repairs_of(report.accounting.of(Dataset::predictions)).empty());
}

TEST(Findings, PolicyTexts) {
  EXPECT_EQ(policy_text({Severity::warn, 5, true}), "warn");
  EXPECT_EQ(policy_text({Severity::fail, 5, true}), "fail above 5%");
  EXPECT_EQ(policy_text({Severity::fail, 0.1, true}), "fail above 0.1%");
  EXPECT_EQ(policy_text({Severity::fail, 0, false}), "fail above 0");
}

TEST(CheckCounts, EveryRowFitsItsHeads) {
  const RunReport report = sample_report();
  for (std::size_t i = 0; i < check_count; ++i) {
    const CheckCounts counts = counts_of(report, static_cast<Check>(i));
    EXPECT_FALSE(counts.heads.empty());
    for (const auto& row : counts.rows) EXPECT_TRUE(row.empty() || row.size() == counts.heads.size()) << i;
  }
  EXPECT_EQ(counts_of(report, Check::missing_ids).rows[0], (std::vector<std::uint64_t>{3, 0, 2, 4, 1193}));
  EXPECT_TRUE(counts_of(report, Check::range).rows[0].empty());
  EXPECT_EQ(counts_of(report, Check::range).rows[1], (std::vector<std::uint64_t>{2, 3, 4, 1234561}));
}

}  // namespace
}  // namespace gristmill::report
