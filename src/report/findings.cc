// A finding's words come of its check (validate/check.h); what is read back from report.json gets the same ones here.
// Tested in findings_test.cc.
#include "report/findings.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "json/number.h"
#include "text/figures.h"
#include "validate/check.h"

namespace gristmill::report {
namespace {

FindingList findings_of_lines(const RunReport& report, Check check, std::size_t limit) {
  FindingList list;
  const validation::CheckDefinition& definition = validation::definition_of(check);
  const std::vector<Culprit> culprits = report.accounting.of(check).culprits.sorted();
  for (const Culprit& culprit : culprits) {
    if (list.first.size() == limit) break;
    list.first.push_back({dataset_of(report, culprit.place), file_name_of(report, culprit.place), culprit.line,
                          text_of(check, culprit)});
  }
  const std::uint64_t known = culprits.size();
  // A check whose lines may stand for several findings each, or are found twice, cannot tell the rest.
  const std::uint64_t all =
      definition.one_culprit_a_finding ? std::max(outcome_of(report, check).total(), known) : known;
  list.more = all - list.first.size();
  list.at_least = all == known && known >= most_culprits && outcome_of(report, check).total() > known;
  return list;
}

FindingList findings_of_sessions(const RunReport& report, Check check, std::size_t limit) {
  FindingList list;
  const std::vector<SessionCulprit>& culprits = report.accounting.of(check).sessions;
  for (const SessionCulprit& culprit : culprits) {
    if (list.first.size() == limit) break;
    list.first.push_back(
        {culprit.dataset, file_name_of(report, culprit.first), culprit.first_line, text_of(check, culprit)});
  }
  list.more = std::max<std::uint64_t>(outcome_of(report, check).total(), culprits.size()) - list.first.size();
  return list;
}

}  // namespace

std::optional<Check> check_named(std::string_view name) {
  const auto all = all_checks();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const CheckDescription& each) { return each.name == name; });
  if (found == all.end()) return std::nullopt;
  return static_cast<Check>(found - all.begin());
}

std::string_view title_of(Check check) { return all_checks()[static_cast<std::size_t>(check)].title; }

std::string_view name_of(Severity severity) {
  static constexpr std::string_view names[] = {"ignore", "warn", "fail"};
  return names[static_cast<std::size_t>(severity)];
}

std::string_view name_of(CheckStatus status) {
  static constexpr std::string_view names[] = {"passed", "ignored", "warned", "failed"};
  return names[static_cast<std::size_t>(status)];
}

std::string policy_text(const CheckPolicy& policy) {
  std::string limit;
  json::append_double(policy.fail_above, limit);
  return policy_text(name_of(policy.severity), limit, policy.percent);
}

std::string policy_text(std::string_view severity, std::string_view fail_above, bool percent) {
  if (severity != name_of(Severity::fail)) return std::string(severity);
  return "fail above " + limit_text(fail_above) + (percent ? "%" : "");
}

std::string limit_text(std::string_view fail_above) {
  if (fail_above.ends_with(".0")) fail_above.remove_suffix(2);
  return std::string(fail_above);
}

bool has_sessions(Check check) { return validation::definition_of(check).text_of_session != nullptr; }

std::string text_of(Check check, const Culprit& culprit) {
  const auto words = validation::definition_of(check).text_of_line;
  return words != nullptr ? words(culprit) : culprit.what;
}

std::string text_of(Check check, const SessionCulprit& culprit) {
  return validation::definition_of(check).text_of_session(culprit);
}

std::string_view file_name_of(const RunReport& report, Place place) {
  return place.file < report.files.size() ? std::string_view(report.files[place.file].name) : "?";
}

Dataset dataset_of(const RunReport& report, Place place) {
  return place.file < report.files.size() ? report.files[place.file].dataset : Dataset::collections;
}

FindingList findings_of(const RunReport& report, Check check, std::size_t limit) {
  if (has_sessions(check)) return findings_of_sessions(report, check, limit);
  return findings_of_lines(report, check, limit);
}

std::vector<std::string> checks_with(const RunReport& report, CheckStatus status) {
  std::vector<std::string> names;
  const std::vector<CheckOutcome>& checks = judged_checks(report);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (checks[i].status == status) names.emplace_back(all_checks()[i].name);
  }
  if (volume_status(report) == status && status != CheckStatus::passed) names.emplace_back("volume");
  if (report.run.drift && report.run.drift->status == status) names.emplace_back("drift");
  return names;
}

CheckStatus volume_status(const RunReport& report) {
  CheckStatus worst = CheckStatus::passed;
  for (const std::optional<VolumeOutcome>& outcome : report.run.volume) {
    if (outcome) worst = std::max(worst, outcome->status);
  }
  return worst;
}

std::string text_of(const VolumeOutcome& volume) {
  return text::counted(volume.lines, "accepted line") + ", the published output has " +
         text::grouped(volume.lines_before);
}

std::string measure_text(std::string_view name, double value) {
  const auto with_unit = [&](const char* format, const char* unit) {
    char digits[64];
    std::snprintf(digits, sizeof digits, format, value);
    return digits + std::string(unit);
  };
  if (name == "sessions" || name.ends_with(".lines"))
    return text::grouped(static_cast<std::uint64_t>(std::llround(std::max(value, 0.0))));
  if (name.ends_with(".median_score")) return with_unit("%.2f", "");
  if (!name.ends_with(".hours_since_newest")) return with_unit("%.2f", " %");
  return value < 1000 ? with_unit("%.1f", " h") : text::grouped(static_cast<std::uint64_t>(value)) + " h";
}

void write_lines_and_bytes(const FileReport& file, json::JsonWriter& json) {
  json.number("lines", file.lines);
  json.number("accepted", file.accepted);
  json.number("rejected", file.rejected);
  json.number("blank", file.blank);
  if (file.forgotten > 0) json.number("forgotten", file.forgotten);
  if (file.repaired) json.number("repaired", *file.repaired);
  json.number("bytes", file.bytes);
  json.number("stored_bytes", file.stored_bytes);
}

}  // namespace gristmill::report
