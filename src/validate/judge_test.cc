// From findings to verdicts: severities and thresholds, each data set by itself.
#include "validate/judge.h"

#include <gtest/gtest.h>

namespace gristmill::validation {
namespace {

constexpr std::size_t index_of(Check check) { return static_cast<std::size_t>(check); }

class JudgeTest : public ::testing::Test {
 protected:
  static constexpr Dataset collections = Dataset::collections;
  static constexpr Dataset predictions = Dataset::predictions;

  void lines(Dataset dataset, std::uint64_t count, std::uint64_t blank = 0) {
    report_.totals[static_cast<std::size_t>(dataset)].lines = count;
    report_.totals[static_cast<std::size_t>(dataset)].blank = blank;
  }
  void repeated(Dataset dataset, std::uint64_t count) { report_.accounting.of(dataset).repeated_lines = count; }
  void policy(Check check, CheckPolicy wanted) { recipe_.checks[index_of(check)] = wanted; }
  CheckStatus judged(Check check) {
    judge_checks(recipe_, report_);
    return report_.checks[index_of(check)].status;
  }
  // The verdict over `findings` repeated lines among `count` collections.
  CheckStatus verdict(CheckPolicy wanted, std::uint64_t findings, std::uint64_t count) {
    policy(Check::repeated_lines, wanted);
    lines(collections, count);
    repeated(collections, findings);
    const CheckStatus status = judged(Check::repeated_lines);
    EXPECT_EQ(report_.passed, status != CheckStatus::failed);
    return status;
  }

  Recipe recipe_;
  RunReport report_;
};

TEST_F(JudgeTest, WithoutFindingsEveryCheckPasses) {
  for (CheckPolicy& wanted : recipe_.checks) wanted.severity = Severity::fail;
  report_.passed = false;  // of a judgement before
  judge_checks(recipe_, report_);
  EXPECT_TRUE(report_.passed);
  for (const CheckOutcome& outcome : report_.checks) {
    EXPECT_EQ(outcome.status, CheckStatus::passed);
    EXPECT_EQ(outcome.total(), 0U);
  }
}

TEST_F(JudgeTest, EachCheckCountsItsOwnFindings) {
  for (std::size_t i = 0; i < dataset_count; ++i) {
    DatasetAccount& account = report_.accounting.datasets[i];
    account.lines_with_missing_id = 10 + i;
    account.missing_ids[0] = 99;  // told in the report, not judged
    account.missing_types = 20 + i;
    account.repaired_lines = 30 + i;
    account.repairs[0] = 99;
    account.repeated_lines = 40 + i;
    account.time_out_of_range = 50 + i;
    report_.totals[i].rejected = 60 + i;
    report_.sessions.datasets[i].duplicate_ids = 70 + i;
    report_.sessions.datasets[i].unmatched_sessions = 80 + i;
    report_.sessions.datasets[i].unmatched_rows = 99;
  }
  report_.accounting.early_entries = 5;        // of collections
  report_.accounting.score_out_of_range = 99;  // told in the report, not judged
  report_.accounting.out_of_range = 7;         // of predictions
  judge_checks(recipe_, report_);
  const std::uint64_t expected[check_count][dataset_count] = {{10, 11}, {70, 71}, {80, 81}, {20, 21}, {60, 61},
                                                              {30, 31}, {40, 41}, {0, 7},   {55, 51}};
  for (std::size_t i = 0; i < check_count; ++i) {
    EXPECT_EQ(report_.checks[i].findings[0], expected[i][0]) << check_names[i];
    EXPECT_EQ(report_.checks[i].findings[1], expected[i][1]) << check_names[i];
  }
}

TEST_F(JudgeTest, WarningsAndIgnoredFindingsPass) {
  EXPECT_EQ(verdict({Severity::warn, 0, false}, 5, 5), CheckStatus::warned);
  EXPECT_EQ(verdict({Severity::ignore, 0, false}, 5, 5), CheckStatus::ignored);
  EXPECT_EQ(verdict({Severity::ignore, 0, false}, 0, 5), CheckStatus::passed);
}

TEST_F(JudgeTest, ANumberIsExceededByOneMore) {
  EXPECT_EQ(verdict({Severity::fail, 0, false}, 0, 10), CheckStatus::passed);
  EXPECT_EQ(verdict({Severity::fail, 0, false}, 1, 10), CheckStatus::failed);
  EXPECT_EQ(verdict({Severity::fail, 3, false}, 3, 10), CheckStatus::warned);
  EXPECT_EQ(verdict({Severity::fail, 3, false}, 4, 10), CheckStatus::failed);
}

TEST_F(JudgeTest, APercentageIsExceededByOneMore) {
  EXPECT_EQ(verdict({Severity::fail, 5, true}, 5, 100), CheckStatus::warned);
  EXPECT_EQ(verdict({Severity::fail, 5, true}, 6, 100), CheckStatus::failed);
  EXPECT_EQ(verdict({Severity::fail, 0.1, true}, 1, 1000), CheckStatus::warned);
  EXPECT_EQ(verdict({Severity::fail, 0.1, true}, 1, 999), CheckStatus::failed);
  EXPECT_EQ(verdict({Severity::fail, 100, true}, 1000, 1000), CheckStatus::warned);
  EXPECT_EQ(verdict({Severity::fail, 0, true}, 1, 1'000'000'000), CheckStatus::failed);
  EXPECT_EQ(verdict({Severity::fail, 0, true}, 0, 10), CheckStatus::passed);
}

TEST_F(JudgeTest, APercentageThatIsMetExactlyIsNotAbove) {
  for (std::uint64_t hundredths = 1; hundredths < 1000; ++hundredths) {
    // As the recipe's text reads: 57 hundredths as "0.57".
    const std::string digits = std::to_string(1000 + hundredths);
    const double percent = std::stod(digits.substr(1, 1) + "." + digits.substr(2));
    for (const std::uint64_t scale : {std::uint64_t{1}, std::uint64_t{10}, std::uint64_t{100'000}}) {
      const std::uint64_t findings = hundredths * scale;
      ASSERT_EQ(verdict({Severity::fail, percent, true}, findings, 10'000 * scale), CheckStatus::warned)
          << findings << " of " << 10'000 * scale << " at " << percent << "%";
      ASSERT_EQ(verdict({Severity::fail, percent, true}, findings + 1, 10'000 * scale), CheckStatus::failed)
          << findings + 1 << " of " << 10'000 * scale << " at " << percent << "%";
    }
  }
}

TEST_F(JudgeTest, BlankLinesAreNotPartOfThePercentage) {
  policy(Check::repeated_lines, {Severity::fail, 10, true});
  repeated(collections, 2);
  lines(collections, 20);
  EXPECT_EQ(judged(Check::repeated_lines), CheckStatus::warned);
  lines(collections, 20, 1);
  EXPECT_EQ(judged(Check::repeated_lines), CheckStatus::failed);
}

TEST_F(JudgeTest, EitherDataSetFailsByItself) {
  policy(Check::repeated_lines, {Severity::fail, 10, true});
  lines(collections, 1'000'000);
  lines(predictions, 10);
  repeated(predictions, 1);
  EXPECT_EQ(judged(Check::repeated_lines), CheckStatus::warned);
  repeated(predictions, 2);
  EXPECT_EQ(judged(Check::repeated_lines), CheckStatus::failed);
  // The sum of both is compared with nothing.
  policy(Check::repeated_lines, {Severity::fail, 2, false});
  repeated(collections, 2);
  EXPECT_EQ(judged(Check::repeated_lines), CheckStatus::warned);
  repeated(collections, 3);
  EXPECT_EQ(judged(Check::repeated_lines), CheckStatus::failed);
}

TEST_F(JudgeTest, OneFailedCheckIsEnough) {
  repeated(collections, 1);
  report_.totals[0].lines = 100;
  report_.totals[0].rejected = 5;
  judge_checks(recipe_, report_);
  EXPECT_TRUE(report_.passed);
  report_.totals[0].rejected = 6;  // by default more than 5% of rejected lines fail
  judge_checks(recipe_, report_);
  EXPECT_FALSE(report_.passed);
  EXPECT_EQ(report_.checks[index_of(Check::repeated_lines)].status, CheckStatus::warned);
  EXPECT_EQ(report_.checks[index_of(Check::rejected_lines)].status, CheckStatus::failed);
  EXPECT_EQ(report_.checks[index_of(Check::rejected_lines)].policy.fail_above, 5.0);
}

}  // namespace
}  // namespace gristmill::validation
