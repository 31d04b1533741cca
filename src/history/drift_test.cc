#include "history/drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "history/run_line.h"

namespace gristmill::history {
namespace {

struct Day {
  int day = 1;  // of May 2025; the first is a Thursday
  std::uint64_t lines = 1000;
  std::uint64_t rejected = 0;
  std::string reason = "invalid_json";
  std::string fields = R"("app")";
  std::string model = "swipe_model";
  double median = 0.5;
  int hours = 2;  // since the newest line
  std::string flagged = {};
  bool passed = true;
  bool accepted = false;
  std::string failed = {};
  std::string inputs = {};
};

std::string line_of(const Day& day) {
  constexpr std::int64_t first_of_may = 1'746'057'600'000;
  const std::int64_t started = first_of_may + (day.day - 1) * 86'400'000LL + 5 * 3'600'000LL;
  char date[32];
  std::snprintf(date, sizeof date, "2025-05-%02dT05:00:00Z", day.day);
  const auto number = [](auto value) { return std::to_string(value); };
  return R"({"run_id":"r","started":")" + std::string(date) + R"(","inputs_id":")" +
         (day.inputs.empty() ? number(day.day) : day.inputs) + R"(","collections":{"lines":)" + number(day.lines) +
         R"(,"accepted":)" + number(day.lines - day.rejected) + R"(,"rejected":)" + number(day.rejected) +
         R"(,"blank":0,"rejections":{)" + (day.rejected > 0 ? "\"" + day.reason + "\":" + number(day.rejected) : "") +
         R"(},"repairs":{},"fields_not_carried":[)" + day.fields + R"(],"shapes":["lines"],"newest":)" +
         number(started - day.hours * 3'600'000LL) + R"(},"sessions":100,"passed":)" + (day.passed ? "true" : "false") +
         R"(,"failed":[)" + day.failed + "]" + R"(,"models":[{"model":")" + day.model +
         R"(","rows":10,"without_score":0,"score":[0.1,)" + number(day.median) + R"(,0.9]}],"drift":[)" + day.flagged +
         "]" + (day.accepted ? R"(,"accepted":true)" : "") + "}";
}

std::vector<std::string> days(int count) {
  std::vector<std::string> lines;
  for (int day = 1; day <= count; ++day) lines.push_back(line_of({.day = day}));
  return lines;
}

std::vector<std::string> flagged(const std::vector<std::string>& past, const Day& now, const DriftPolicy& policy = {}) {
  std::vector<std::string> names;
  for (const DriftMeasure& measure : judge_drift(policy, past, line_of(now)).measures) {
    if (measure.is_flagged) names.push_back(measure.name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(Drift, SaysNothingBelowSevenRuns) {
  const Day odd{.day = 20, .lines = 10};
  EXPECT_EQ(flagged(days(6), odd), Names());
  EXPECT_TRUE(judge_drift({}, days(6), line_of(odd)).measures.empty());
  EXPECT_EQ(flagged(days(7), odd), Names{"collections.lines"});
}

TEST(Drift, EachMeasureIsHeldAgainstItsMedian) {
  const auto past = days(12);
  EXPECT_EQ(flagged(past, {.day = 13}), Names());
  // The floor of a count is a twentieth of the median: four of them are 200.
  EXPECT_EQ(flagged(past, {.day = 13, .lines = 1200}), Names());
  EXPECT_EQ(flagged(past, {.day = 13, .lines = 1201}), Names{"collections.lines"});
  EXPECT_EQ(flagged(past, {.day = 13, .lines = 799}), Names{"collections.lines"});
  // That of a share is half a point: of 1,000 lines 20 are two points.
  EXPECT_EQ(flagged(past, {.day = 13, .rejected = 20}), Names());
  EXPECT_EQ(flagged(past, {.day = 13, .rejected = 21}),
            (Names{"collections.rejected", "collections.rejected.invalid_json"}));
  EXPECT_EQ(flagged(past, {.day = 13, .median = 0.55}), Names{"models.swipe_model.median_score"});
  EXPECT_EQ(flagged(past, {.day = 13, .hours = 7}), Names{"collections.hours_since_newest"});
  EXPECT_EQ(flagged(past, {.day = 13, .hours = 6}), Names());
}

TEST(Drift, ADeviationThatIsUsualWidensTheBounds) {
  std::vector<std::string> past;
  for (int day = 1; day <= 20; ++day)
    past.push_back(line_of({.day = day, .lines = day % 3 == 0 ? 600U : day % 3 == 1 ? 1000U : 1400U}));
  EXPECT_EQ(flagged(past, {.day = 25, .lines = 1700}), Names());
}

TEST(Drift, NamesThatAreNewOrGone) {
  auto past = days(10);
  const auto now = judge_drift({}, past, line_of({.day = 11, .fields = R"("app","device")", .model = "fraud_model"}));
  EXPECT_EQ(now.status, CheckStatus::warned);
  EXPECT_EQ(sentence_of(now), "collections.fields: new 'device'; models: new 'fraud_model', gone 'swipe_model'");
  // One that only some runs had is neither.
  past.push_back(line_of({.day = 11, .fields = R"("app","device")"}));
  EXPECT_EQ(flagged(past, {.day = 12, .fields = R"("app","device")"}), Names());
  EXPECT_EQ(flagged(past, {.day = 12}), Names());
}

TEST(Drift, AReasonThatIsGoneIsNoneOfIt) {
  std::vector<std::string> past;
  for (int day = 1; day <= 8; ++day) past.push_back(line_of({.day = day, .rejected = 50}));
  EXPECT_EQ(flagged(past, {.day = 9}), (Names{"collections.rejected", "collections.rejected.invalid_json"}));
}

TEST(Drift, FailedRunsAndRepetitionsDoNotCount) {
  auto past = days(6);
  past.push_back(line_of({.day = 7, .passed = false}));
  past.push_back(line_of({.day = 8, .inputs = "3"}));
  past.push_back("no JSON");
  EXPECT_EQ(judge_drift({}, past, line_of({.day = 9})).runs, 6U);
  past.push_back(line_of({.day = 8}));
  EXPECT_EQ(judge_drift({}, past, line_of({.day = 9})).runs, 7U);
  EXPECT_EQ(judge_drift({}, past, line_of({.day = 9, .inputs = "3"})).runs, 6U)
      << "what is run again is not its own past";
}

TEST(Drift, WhatIsFlaggedCountsOnceSevenInARowAre) {
  auto past = days(10);
  for (int day = 11; day <= 16; ++day)
    past.push_back(line_of({.day = day, .lines = 3000, .flagged = R"("collections.lines")"}));
  EXPECT_EQ(flagged(past, {.day = 17, .lines = 3000}), Names{"collections.lines"});
  EXPECT_EQ(flagged(past, {.day = 17}), Names());
  past.push_back(line_of({.day = 17, .lines = 3000, .flagged = R"("collections.lines")"}));
  EXPECT_EQ(flagged(past, {.day = 18, .lines = 3000}), Names());
  EXPECT_EQ(flagged(past, {.day = 18}), Names{"collections.lines"});
}

TEST(Drift, WhatIsAcceptedIsTheNewLevel) {
  auto past = days(10);
  past.push_back(line_of({.day = 11, .lines = 3000, .flagged = R"("collections.lines")", .accepted = true}));
  EXPECT_EQ(flagged(past, {.day = 12, .lines = 3000, .rejected = 100}),
            (Names{"collections.rejected", "collections.rejected.invalid_json"}))
      << "only what was flagged begins anew";
}

TEST(Drift, WhatFailedForItsDriftAloneIsLikeWhatWasWarnedOf) {
  auto past = days(10);
  const Day odd{.day = 11, .lines = 3000, .flagged = R"("collections.lines")", .passed = false, .failed = R"("drift")"};
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(flagged(past, {.day = 20, .lines = 3000}), Names{"collections.lines"});
    Day next = odd;
    next.day += i;
    past.push_back(line_of(next));
  }
  EXPECT_EQ(flagged(past, {.day = 20, .lines = 3000}), Names());
  // Accepted, it is the new level at once, whatever else failed.
  past = days(10);
  Day accepted = odd;
  accepted.failed = R"("range","drift")";
  accepted.accepted = true;
  past.push_back(line_of(accepted));
  EXPECT_EQ(flagged(past, {.day = 20, .lines = 3000}), Names());
}

TEST(Drift, TheSameWeekdayIsLookedAtWhereThereAreThree) {
  std::vector<std::string> past;
  for (int day = 1; day <= 28; ++day) {
    const bool weekend = day % 7 == 3 || day % 7 == 4;
    past.push_back(line_of({.day = day, .lines = weekend ? 100U : 1000U}));
  }
  EXPECT_EQ(flagged(past, {.day = 31, .lines = 100}), Names());
  EXPECT_EQ(flagged(past, {.day = 30, .lines = 100}), Names{"collections.lines"});
  EXPECT_EQ(flagged(past, {.day = 31}), Names{"collections.lines"});
}

TEST(Drift, PolicySaysHowManyHowFarAndWhatNot) {
  auto past = days(20);
  for (int day = 21; day <= 28; ++day) past.push_back(line_of({.day = day, .lines = 2000}));
  DriftPolicy policy;
  policy.last = 7;
  EXPECT_EQ(flagged(past, {.day = 29, .lines = 1000}, policy), Names{"collections.lines"});
  policy.sensitivity = 40;
  EXPECT_EQ(flagged(past, {.day = 29, .lines = 1000}, policy), Names());
  policy = {};
  policy.ignore = {"collections.rejected", "models"};
  EXPECT_EQ(flagged(days(10), {.day = 11, .lines = 1, .rejected = 1, .model = "other"}, policy),
            Names{"collections.lines"});
  policy.severity = Severity::fail;
  EXPECT_EQ(judge_drift(policy, days(10), line_of({.day = 11, .lines = 1})).status, CheckStatus::failed);
  policy.severity = Severity::ignore;
  EXPECT_EQ(judge_drift(policy, days(10), line_of({.day = 11, .lines = 1})).status, CheckStatus::ignored);
}

}  // namespace
}  // namespace gristmill::history
