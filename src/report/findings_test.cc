#include "report/findings.h"

#include <gtest/gtest.h>

#include "report/sample_report_testing.h"

namespace gristmill::report {
namespace {

using namespace validation::checks;

TEST(Findings, OfLinesHavePlaceAndText) {
  const RunReport report = sample_report();
  const FindingList list = findings_of(report, MissingIds::id, 3);
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
  FindingList list = findings_of(report, UnmatchedSessions::id, 3);
  ASSERT_EQ(list.first.size(), 2U);
  EXPECT_EQ(list.first[0].text, "in no prediction, 34 rows: session \"日本語の長い名前\"");
  EXPECT_EQ(list.first[1].text, "in no collection, 11 rows: session \"s-1\"");
  EXPECT_EQ(list.first[1].dataset, Dataset::predictions);
  EXPECT_EQ(list.first[1].line, 1234567U);
  EXPECT_EQ(list.more, 8U);
  list = findings_of(report, DuplicateIds::id, 3);
  EXPECT_EQ(list.first[0].text, "2 profiles: session \"" + hostile_id() + "\"");
  EXPECT_EQ(list.more, 0U);
}

TEST(Findings, SayAtLeastWhereTheReportKeepsNoMore) {
  RunReport report = sample_report();
  for (std::uint64_t line = 1; line <= 150; ++line) {
    report.accounting.of(Time::id).culprits.add({0, line}, line, "3 entries are earlier than their collection");
  }
  report.checks[static_cast<std::size_t>(Time::id)].findings[0] = 450;
  const FindingList list = findings_of(report, Time::id, 3);
  EXPECT_EQ(list.more, 97U);
  EXPECT_TRUE(list.at_least);
}

TEST(Findings, APlaceOutsideTheFilesIsNoFault) {
  RunReport report;
  report.accounting.of(Range::id).culprits.add({7, 0}, 1, "score 2, confidence 1");
  const FindingList list = findings_of(report, Range::id, 3);
  ASSERT_EQ(list.first.size(), 1U);
  EXPECT_EQ(list.first[0].file, "?");
}

TEST(Findings, KindsLeaveOutZeros) {
  const RunReport report = sample_report();
  const auto reasons = RejectedLines::kinds(report.accounting.of(Dataset::collections));
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0].name, "invalid_json");
  EXPECT_EQ(reasons[0].count, 5U);
  EXPECT_EQ(reasons[0].examples->sorted().size(), 1U);
  EXPECT_TRUE(RepairedLines::kinds(report.accounting.of(Dataset::predictions)).empty());
}

TEST(Findings, ChecksAreFoundByName) {
  for (const CheckDescription& check : all_checks()) {
    const std::optional<Check> found = check_named(check.name);
    ASSERT_TRUE(found) << check.name;
    EXPECT_EQ(title_of(*found), check.title);
  }
  EXPECT_FALSE(check_named("no_such_check"));
}

TEST(Findings, PolicyTexts) {
  EXPECT_EQ(policy_text({Severity::warn, 5, true}), "warn");
  EXPECT_EQ(policy_text({Severity::fail, 5, true}), "fail above 5%");
  EXPECT_EQ(policy_text({Severity::fail, 0.1, true}), "fail above 0.1%");
  EXPECT_EQ(policy_text({Severity::fail, 0, false}), "fail above 0");
  EXPECT_EQ(policy_text("fail", "5.0", true), "fail above 5%");
  EXPECT_EQ(policy_text("warn", "0.0", false), "warn");
}

}  // namespace
}  // namespace gristmill::report
