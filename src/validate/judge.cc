// A check fails when either data set is above the threshold by itself: its findings against the number,
// or against the percentage of its lines that are not blank. Tested in judge_test.cc.
#include "validate/judge.h"

namespace gristmill::validation {
namespace {

void count_findings(const RunReport& report, Check check, std::uint64_t (&findings)[dataset_count]) {
  for (std::size_t i = 0; i < dataset_count; ++i) {
    const DatasetAccount& account = report.accounting.datasets[i];
    const auto& sessions = report.sessions.datasets[i];
    const bool predictions = static_cast<Dataset>(i) == Dataset::predictions;
    switch (check) {
      case Check::missing_ids: findings[i] = account.lines_with_missing_id; break;
      case Check::duplicate_ids: findings[i] = sessions.duplicate_ids; break;
      case Check::unmatched_sessions: findings[i] = sessions.unmatched_sessions; break;
      case Check::missing_types: findings[i] = account.missing_types; break;
      case Check::rejected_lines: findings[i] = report.totals[i].rejected; break;
      case Check::repairs: findings[i] = account.repaired_lines; break;
      case Check::repeated_lines: findings[i] = account.repeated_lines; break;
      case Check::range: findings[i] = predictions ? report.accounting.out_of_range : 0; break;
      case Check::time:
        findings[i] = account.time_out_of_range + (predictions ? 0 : report.accounting.early_entries);
        break;
    }
  }
}

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
  for (std::size_t i = 0; i < check_count; ++i) {
    CheckOutcome& outcome = report.checks[i];
    outcome.policy = recipe.checks[i];
    count_findings(report, static_cast<Check>(i), outcome.findings);
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
