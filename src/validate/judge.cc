// A check fails when either data set is above the threshold by itself: its findings against the number,
// or against the percentage of its lines that are not blank. Tested in judge_test.cc.
#include "validate/judge.h"

#include "validate/check.h"

namespace gristmill::validation {
namespace {

bool is_above(const RunReport& report, const CheckOutcome& outcome) {
  for (std::size_t i = 0; i < dataset_count; ++i) {
    const auto findings = static_cast<double>(outcome.findings[i]);
    const auto lines = static_cast<double>(report.totals[i].lines - report.totals[i].blank);
    // One rounded division gives the double that the same percentage reads as: met exactly is not above.
    const double share = lines > 0 ? findings * 100 / lines : 0;
    const bool above = (outcome.policy.percent ? share : findings) > outcome.policy.fail_above;
    if (above) return true;
  }
  return false;
}

}  // namespace

void judge_checks(const Recipe& recipe, RunReport& report) {
  report.passed = true;
  for (std::size_t i = 0; i < report.checks.size(); ++i) {
    CheckOutcome& outcome = report.checks[i];
    outcome.policy = recipe.checks[i];
    for (const Dataset dataset : all_datasets) {
      outcome.findings[static_cast<std::size_t>(dataset)] =
          definition_of(static_cast<Check>(i)).findings(report, dataset);
    }
    if (outcome.total() == 0) {
      outcome.status = CheckStatus::passed;
    } else if (outcome.policy.severity == Severity::ignore) {
      outcome.status = CheckStatus::ignored;
    } else if (outcome.policy.severity == Severity::fail && is_above(report, outcome)) {
      outcome.status = CheckStatus::failed;
      report.passed = false;
    } else {
      outcome.status = CheckStatus::warned;
    }
  }
}

}  // namespace gristmill::validation
