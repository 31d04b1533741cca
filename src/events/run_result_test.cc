#include "events/run_result.h"

#include <gtest/gtest.h>

#include "json/json_value.h"

namespace gristmill::events {
namespace {

Ending published() {
  Ending ending;
  ending.command = "run";
  ending.outcome.emplace().end = RunEnd::published;
  ending.output = ending.outcome->report.run.output = "/out";
  return ending;
}

json::JsonValue result_of(const Ending& ending, std::string_view before = {}) {
  return *json::JsonValue::parse(result_json(ending, before));
}

TEST(RunResult, TheVerdictIsHeldAgainstTheOneBefore) {
  Ending ending = published();
  EXPECT_TRUE(result_of(ending)["verdict"]["changed"].is_null());
  const std::string before = result_json(ending, {});
  EXPECT_EQ(verdict_changed(ending, before), false);
  ending.outcome->report.checks[3].status = CheckStatus::warned;
  EXPECT_EQ(verdict_changed(ending, before), true);
  ending.outcome->report.checks[3].status = CheckStatus::passed;
  ending.outcome->report.run.drift.emplace().status = CheckStatus::warned;
  EXPECT_EQ(verdict_changed(ending, before), true);
  EXPECT_EQ(verdict_changed(ending, "no JSON"), std::nullopt);
  // A run that came to no verdict says nothing, and hands on that of the run before.
  Ending failed;
  failed.error = Error::input("cannot read").to_be_retried();
  EXPECT_EQ(verdict_changed(failed, before), std::nullopt);
  const std::string between = result_json(failed, result_json(failed, before));
  EXPECT_EQ(verdict_changed(ending, between), true);
  ending.outcome->report.run.drift.reset();
  EXPECT_EQ(verdict_changed(ending, between), false);
  EXPECT_EQ(verdict_changed(ending, result_json(failed, {})), std::nullopt);
  EXPECT_TRUE(result_of(failed)["retryable"].is_true());
}

TEST(RunResult, AnUpdateIsJudgedByItsBatch) {
  Ending ending = published();
  RunReport& report = ending.outcome->report;
  report.checks[4].status = CheckStatus::failed;  // of the whole
  report.batch_checks = std::vector<CheckOutcome>(report.checks.size());
  report.batch.emplace().number = 7;
  report.batch->totals[0].lines = 5;
  report.totals[0].lines = 500;
  const json::JsonValue result = result_of(ending);
  EXPECT_EQ(result["batch"].count(), 7U);
  EXPECT_TRUE(result["verdict"]["failed_checks"].elements().empty());
  EXPECT_EQ(result["counts"]["collections"]["lines"].count(), 5U);
}

TEST(Metrics, TheTimeOfTheLastSuccessOutlivesAFailure) {
  const std::string first = metrics_text(published(), {}, 1000);
  EXPECT_NE(first.find("gristmill_last_success_timestamp_seconds{output=\"/out\"} 1000\n"), std::string::npos);
  Ending failed;
  failed.exit_code = 3;
  failed.output = "/out";
  const std::string second = metrics_text(failed, first, 2000);
  EXPECT_NE(second.find("gristmill_last_success_timestamp_seconds{output=\"/out\"} 1000\n"), std::string::npos);
  EXPECT_NE(second.find("gristmill_last_run_timestamp_seconds{output=\"/out\"} 2000\n"), std::string::npos);
  EXPECT_EQ(metrics_text(failed, {}, 2000).find("last_success"), std::string::npos);
  Ending validated = published();
  validated.command = "validate";
  EXPECT_NE(metrics_text(validated, first, 3000).find("last_success_timestamp_seconds{output=\"/out\"} 1000\n"),
            std::string::npos);
}

TEST(Metrics, LabelsAreEscaped) {
  Ending ending = published();
  ending.output = "/a\"b\\c\nd";
  EXPECT_NE(metrics_text(ending, {}, 0).find("{output=\"/a\\\"b\\\\c\\nd\"}"), std::string::npos);
}

}  // namespace
}  // namespace gristmill::events
