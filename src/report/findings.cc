// One finding's text and place are made here and nowhere else, so that page and terminal say the same.
// Tested in findings_test.cc.
#include "report/findings.h"

#include <algorithm>

#include "json/number.h"
#include "text/figures.h"

namespace gristmill::report {
namespace {

constexpr std::size_t most_culprits = 100;  // that a check keeps

// The id, which may be long, stands last: what is cut is never the number.
std::string session_text(const SessionCulprit& culprit, Check check) {
  const std::string session = "session \"" + culprit.session + "\"";
  if (check == Check::duplicate_ids) return text::counted(culprit.profiles, "profile") + ": " + session;
  const bool in_collections = culprit.dataset == Dataset::collections;
  return "in no " + std::string(in_collections ? "prediction" : "collection") + ", " +
         text::counted(culprit.rows, "row") + ": " + session;
}

std::string line_text(const Culprit& culprit, Check check) {
  if (check == Check::missing_ids) return "no " + culprit.what;
  return culprit.what;
}

// A check whose lines may stand for several findings each, or are found twice, cannot tell the rest.
bool counts_one_a_finding(Check check) {
  return check == Check::missing_ids || check == Check::rejected_lines || check == Check::repairs ||
         check == Check::repeated_lines || check == Check::range;
}

FindingList findings_of_lines(const RunReport& report, Check check, std::size_t limit) {
  FindingList list;
  const std::vector<Culprit> culprits = report.accounting.culprits[static_cast<std::size_t>(check)].sorted();
  for (const Culprit& culprit : culprits) {
    if (list.first.size() == limit) break;
    list.first.push_back({dataset_of(report, culprit.place), file_name_of(report, culprit.place), culprit.line,
                          line_text(culprit, check)});
  }
  const std::uint64_t known = culprits.size();
  const std::uint64_t all = counts_one_a_finding(check) ? std::max(outcome_of(report, check).total(), known) : known;
  list.more = all - list.first.size();
  list.at_least = all == known && known >= most_culprits && outcome_of(report, check).total() > known;
  return list;
}

FindingList findings_of_sessions(const RunReport& report, Check check, std::size_t limit) {
  FindingList list;
  const auto& culprits = check == Check::duplicate_ids ? report.sessions.duplicates : report.sessions.unmatched;
  for (const SessionCulprit& culprit : culprits) {
    if (list.first.size() == limit) break;
    list.first.push_back(
        {culprit.dataset, file_name_of(report, culprit.first), culprit.first_line, session_text(culprit, check)});
  }
  list.more = std::max<std::uint64_t>(outcome_of(report, check).total(), culprits.size()) - list.first.size();
  return list;
}

}  // namespace

std::string_view title_of(Check check) {
  static constexpr std::array<std::string_view, check_count> titles = {
      "Missing or blank ids",
      "Sessions with more than one profile",
      "Sessions missing on the other side",
      "Rows without behaviour type or model name",
      "Rejected lines",
      "Repaired lines",
      "Repeated lines",
      "Scores outside 0 to 1",
      "Impossible times",
  };
  return titles[static_cast<std::size_t>(check)];
}

std::string_view name_of(Severity severity) {
  static constexpr std::string_view names[] = {"ignore", "warn", "fail"};
  return names[static_cast<std::size_t>(severity)];
}

std::string_view name_of(CheckStatus status) {
  static constexpr std::string_view names[] = {"passed", "ignored", "warned", "failed"};
  return names[static_cast<std::size_t>(status)];
}

std::string policy_text(const CheckPolicy& policy) {
  if (policy.severity != Severity::fail) return std::string(name_of(policy.severity));
  std::string limit;
  json::append_double(policy.fail_above, limit);
  if (limit.ends_with(".0")) limit.resize(limit.size() - 2);
  return "fail above " + limit + (policy.percent ? "%" : "");
}

std::string_view file_name_of(const RunReport& report, Place place) {
  return place.file < report.files.size() ? std::string_view(report.files[place.file].name) : "?";
}

Dataset dataset_of(const RunReport& report, Place place) {
  return place.file < report.files.size() ? report.files[place.file].dataset : Dataset::collections;
}

FindingList findings_of(const RunReport& report, Check check, std::size_t limit) {
  if (check == Check::duplicate_ids || check == Check::unmatched_sessions) {
    return findings_of_sessions(report, check, limit);
  }
  return findings_of_lines(report, check, limit);
}

std::vector<NamedCount> rejections_of(const DatasetAccount& account) {
  std::vector<NamedCount> counts;
  for (std::size_t i = 0; i < reason_count; ++i) {
    if (account.rejections[i] == 0) continue;
    counts.push_back({name_of(static_cast<Reason>(i)), account.rejections[i], &account.rejection_examples[i]});
  }
  return counts;
}

std::vector<NamedCount> repairs_of(const DatasetAccount& account) {
  std::vector<NamedCount> counts;
  for (std::size_t i = 0; i < repair_count; ++i) {
    if (account.repairs[i] == 0) continue;
    counts.push_back({repair_names[i], account.repairs[i], &account.repair_examples[i]});
  }
  return counts;
}

}  // namespace gristmill::report
