// From findings to verdicts: severities and thresholds, each data set by itself.
#include "validate/judge.h"

#include <gtest/gtest.h>

#include "validate/all_checks.h"

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
  void repeated(Dataset dataset, std::uint64_t count) {
    report_.accounting.of(checks::RepeatedLines::id).count(dataset, checks::RepeatedLines::lines) = count;
  }
  void policy(Check check, CheckPolicy wanted) { recipe_.checks[index_of(check)] = wanted; }
  CheckStatus judged(Check check) {
    judge_checks(recipe_, report_);
    return report_.checks[index_of(check)].status;
  }
  // The verdict over `findings` repeated lines among `count` collections.
  CheckStatus verdict(CheckPolicy wanted, std::uint64_t findings, std::uint64_t count) {
    policy(checks::RepeatedLines::id, wanted);
    lines(collections, count);
    repeated(collections, findings);
    const CheckStatus status = judged(checks::RepeatedLines::id);
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
  using namespace checks;
  const auto count = [&]<typename Type>(Type, std::size_t number, std::uint64_t of_collections,
                                        std::uint64_t of_predictions) {
    report_.accounting.of(Type::id).count(collections, number) = of_collections;
    report_.accounting.of(Type::id).count(predictions, number) = of_predictions;
  };
  // Numbers of 99 are told in the report, not judged.
  count(MissingIds{}, MissingIds::lines, 10, 11);
  count(MissingIds{}, MissingIds::profile_id, 99, 99);
  count(DuplicateIds{}, DuplicateIds::sessions, 70, 71);
  count(UnmatchedSessions{}, UnmatchedSessions::sessions, 80, 81);
  count(UnmatchedSessions{}, UnmatchedSessions::rows, 99, 99);
  count(MissingTypes{}, MissingTypes::rows, 20, 21);
  count(RepeatedLines{}, RepeatedLines::lines, 40, 41);
  count(Range{}, Range::rows, 0, 7);
  count(Range{}, Range::score, 0, 99);
  count(Time{}, Time::metadata_lines, 50, 51);
  count(Time{}, Time::early_entries, 5, 0);
  count(NothingRecognised{}, NothingRecognised::lines, 90, 91);
  count(NothingRecognised{}, NothingRecognised::with_the_other, 99, 99);
  const auto file = [&](Dataset dataset, std::uint64_t lines, std::uint64_t accepted, std::uint64_t blank) {
    FileReport& added = report_.files.emplace_back();
    added.dataset = dataset;
    added.lines = lines;
    added.accepted = accepted;
    added.blank = blank;
  };
  file(collections, 3, 0, 2);
  file(collections, 3, 1, 2);
  file(collections, 2, 0, 2);
  file(predictions, 0, 0, 0);
  for (std::size_t i = 0; i < dataset_count; ++i) {
    report_.accounting.datasets[i].repaired_lines = 30 + i;
    report_.accounting.datasets[i].repairs[0] = 99;
    report_.totals[i].rejected = 60 + i;
  }
  judge_checks(recipe_, report_);
  const std::uint64_t expected[][dataset_count] = {{10, 11}, {70, 71}, {80, 81}, {20, 21}, {60, 61}, {30, 31},
                                                   {40, 41}, {0, 7},   {55, 51}, {1, 0},   {90, 91}};
  ASSERT_EQ(report_.checks.size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(report_.checks[i].findings[0], expected[i][0]) << all_checks()[i].name;
    EXPECT_EQ(report_.checks[i].findings[1], expected[i][1]) << all_checks()[i].name;
  }
}

// Lines and bytes of rejected lines; of missing ids, lines that take part in no session; of files, files.
TEST_F(JudgeTest, APercentageMayBeOfSomethingElse) {
  const auto status = [&](Check check, double above) {
    recipe_.checks[static_cast<std::size_t>(check)] = {Severity::fail, above, true};
    judge_checks(recipe_, report_);
    return report_.checks[static_cast<std::size_t>(check)].status;
  };
  report_.totals[0].lines = 100;
  report_.totals[0].rejected = 1;
  CheckFindings& rejected = report_.accounting.of(checks::RejectedLines::id);
  rejected.count(collections, checks::RejectedLines::bytes) = 900;
  rejected.count(collections, checks::RejectedLines::accepted_bytes) = 100;
  EXPECT_EQ(status(checks::RejectedLines::id, 90), CheckStatus::warned);
  EXPECT_EQ(status(checks::RejectedLines::id, 89.9), CheckStatus::failed);
  rejected.count(collections, checks::RejectedLines::bytes) = 0;
  EXPECT_EQ(status(checks::RejectedLines::id, 1), CheckStatus::warned);
  EXPECT_EQ(status(checks::RejectedLines::id, 0.9), CheckStatus::failed);

  report_.accounting.of(checks::MissingIds::id).count(collections, checks::MissingIds::lines) = 100;
  report_.accounting.of(collections).lines_without_session = 40;
  EXPECT_EQ(status(checks::MissingIds::id, 40), CheckStatus::warned);
  EXPECT_EQ(status(checks::MissingIds::id, 39), CheckStatus::failed);

  report_.files.resize(4);
  report_.files[0].lines = 1;
  EXPECT_EQ(status(checks::UnusableFiles::id, 25), CheckStatus::warned);
  EXPECT_EQ(status(checks::UnusableFiles::id, 24), CheckStatus::failed);
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
  policy(checks::RepeatedLines::id, {Severity::fail, 10, true});
  repeated(collections, 2);
  lines(collections, 20);
  EXPECT_EQ(judged(checks::RepeatedLines::id), CheckStatus::warned);
  lines(collections, 20, 1);
  EXPECT_EQ(judged(checks::RepeatedLines::id), CheckStatus::failed);
}

TEST_F(JudgeTest, EitherDataSetFailsByItself) {
  policy(checks::RepeatedLines::id, {Severity::fail, 10, true});
  lines(collections, 1'000'000);
  lines(predictions, 10);
  repeated(predictions, 1);
  EXPECT_EQ(judged(checks::RepeatedLines::id), CheckStatus::warned);
  repeated(predictions, 2);
  EXPECT_EQ(judged(checks::RepeatedLines::id), CheckStatus::failed);
  // The sum of both is compared with nothing.
  policy(checks::RepeatedLines::id, {Severity::fail, 2, false});
  repeated(collections, 2);
  EXPECT_EQ(judged(checks::RepeatedLines::id), CheckStatus::warned);
  repeated(collections, 3);
  EXPECT_EQ(judged(checks::RepeatedLines::id), CheckStatus::failed);
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
  EXPECT_EQ(report_.checks[index_of(checks::RepeatedLines::id)].status, CheckStatus::warned);
  EXPECT_EQ(report_.checks[index_of(checks::RejectedLines::id)].status, CheckStatus::failed);
  EXPECT_EQ(report_.checks[index_of(checks::RejectedLines::id)].policy.fail_above, 5.0);
}

}  // namespace
}  // namespace gristmill::validation
