// A check fails when either data set is above the threshold by itself: its findings against the number,
// or against the percentage of its lines that are not blank. Tested in judge_test.cc.
#include "validate/judge.h"

#include <algorithm>

#include "validate/check.h"

namespace gristmill::validation {
namespace {

double share_of(const RunReport& report, const CheckDefinition& check, Dataset dataset) {
  if (check.share != nullptr) return check.share(report, dataset);
  return percentage(check.findings(report, dataset), lines_not_blank(report, dataset));
}

bool is_above(const RunReport& report, const CheckDefinition& check, const CheckPolicy& policy) {
  return std::ranges::any_of(all_datasets, [&](Dataset dataset) {
    return (policy.percent ? share_of(report, check, dataset) : static_cast<double>(check.findings(report, dataset))) >
           policy.fail_above;
  });
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
      if (outcome.policy.percent) {
        outcome.shares[static_cast<std::size_t>(dataset)] =
            share_of(report, definition_of(static_cast<Check>(i)), dataset);
      }
    }
    if (outcome.total() == 0) {
      outcome.status = CheckStatus::passed;
    } else if (outcome.policy.severity == Severity::ignore) {
      outcome.status = CheckStatus::ignored;
    } else if (outcome.policy.severity == Severity::fail &&
               is_above(report, definition_of(static_cast<Check>(i)), outcome.policy)) {
      outcome.status = CheckStatus::failed;
      report.passed = false;
    } else {
      outcome.status = CheckStatus::warned;
    }
  }
}

CheckStatus judge_volume(const VolumePolicy& policy, std::uint64_t lines, std::uint64_t before) {
  const double share = percentage(lines, before);
  const bool is_below_fail = policy.fail_below && share < *policy.fail_below;
  const bool is_below_warn = policy.warn_below && share < *policy.warn_below;
  if (lines > 0 && !is_below_fail && !is_below_warn) return CheckStatus::passed;
  if (policy.severity == Severity::ignore) return CheckStatus::ignored;
  return policy.severity == Severity::fail && (lines == 0 || is_below_fail) ? CheckStatus::failed : CheckStatus::warned;
}

}  // namespace gristmill::validation

const std::vector<gristmill::CheckOutcome>& gristmill::judged_checks(const RunReport& report) {
  return report.batch_checks.empty() ? report.checks : report.batch_checks;
}

bool gristmill::run_passed(const RunReport& report) {
  return (report.batch ? report.batch->passed : report.passed) && !volume_failed(report.run) &&
         !drift_failed(report.run);
}

void gristmill::FileReport::add(const FileReport& file) {
  bytes += file.bytes;
  stored_bytes += file.stored_bytes;
  lines += file.lines;
  accepted += file.accepted;
  rejected += file.rejected;
  blank += file.blank;
  forgotten += file.forgotten;
}

bool gristmill::drift_failed(const RunFacts& run) { return run.drift && run.drift->status == CheckStatus::failed; }

bool gristmill::volume_failed(const RunFacts& run) {
  return std::ranges::any_of(run.volume, [](const std::optional<VolumeOutcome>& volume) {
    return volume && volume->status == CheckStatus::failed;
  });
}
