// What was found stands beside what it was found in, so that nobody has to look up how much 12 is. Tested in
// findings_test.cc.
#include "report/check_counts.h"

namespace gristmill::report {
namespace {

std::vector<std::string_view> heads_of(Check check) {
  switch (check) {
    case Check::missing_ids: return {"no profile_id", "no session_id", "no collection_id", "lines", "of accepted"};
    case Check::duplicate_ids: return {"session ids", "of all"};
    case Check::unmatched_sessions: return {"session ids", "their rows", "of all ids"};
    case Check::missing_types: return {"rows", "of all"};
    case Check::rejected_lines: return {"lines", "of all but blank"};
    case Check::repairs:
    case Check::repeated_lines: return {"lines", "of accepted"};
    case Check::range: return {"score", "confidence", "rows", "of all"};
    case Check::time: return {"entries before collection", "of rows", "metadata outside 2000-2100", "of accepted"};
  }
  return {};
}

std::vector<std::uint64_t> numbers_of(const RunReport& report, Check check, Dataset dataset) {
  const Accounting& accounting = report.accounting;
  const DatasetAccount& account = accounting.of(dataset);
  const auto& sessions = report.sessions.datasets[static_cast<std::size_t>(dataset)];
  const FileReport& total = report.totals[static_cast<std::size_t>(dataset)];
  const bool predictions = dataset == Dataset::predictions;
  switch (check) {
    case Check::missing_ids:
      return {account.missing_ids[0], account.missing_ids[1], account.missing_ids[2], account.lines_with_missing_id,
              total.accepted};
    case Check::duplicate_ids: return {sessions.duplicate_ids, sessions.sessions};
    case Check::unmatched_sessions: return {sessions.unmatched_sessions, sessions.unmatched_rows, sessions.sessions};
    case Check::missing_types: return {account.missing_types, account.rows};
    case Check::rejected_lines: return {total.rejected, total.accepted + total.rejected};
    case Check::repairs: return {account.repaired_lines, total.accepted};
    case Check::repeated_lines: return {account.repeated_lines, total.accepted};
    case Check::range:
      if (!predictions) return {};
      return {accounting.score_out_of_range, accounting.confidence_out_of_range, accounting.out_of_range, account.rows};
    case Check::time:
      return {predictions ? 0 : accounting.early_entries, account.rows, account.time_out_of_range, total.accepted};
  }
  return {};
}

}  // namespace

CheckCounts counts_of(const RunReport& report, Check check) {
  CheckCounts counts{heads_of(check), {}};
  for (std::size_t i = 0; i < dataset_count; ++i) counts.rows[i] = numbers_of(report, check, static_cast<Dataset>(i));
  return counts;
}

}  // namespace gristmill::report
