// The checks as people read them: their titles, and their findings in one form whatever the check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/report.h"
#include "json/json_writer.h"

namespace gristmill::report {

std::string_view title_of(Check check);        // "Missing or blank ids"
std::string_view name_of(Severity severity);   // "ignore", "warn", "fail"
std::string_view name_of(CheckStatus status);  // "passed", "ignored", "warned", "failed"
// The check of this name in recipes and reports.
std::optional<Check> check_named(std::string_view name);
// "fail above 5%", "warn", "ignore"; and of what report.json has of it.
std::string policy_text(const CheckPolicy& policy);
std::string policy_text(std::string_view severity, std::string_view fail_above, bool percent);
std::string limit_text(std::string_view fail_above);  // "5" for report.json's 5.0
// Are the check's culprits sessions, and not lines?
bool has_sessions(Check check);
// A culprit in words. REQUIRES: the check has such ones.
std::string text_of(Check check, const Culprit& culprit);
std::string text_of(Check check, const SessionCulprit& culprit);

inline const CheckOutcome& outcome_of(const RunReport& report, Check check) {
  return report.checks[static_cast<std::size_t>(check)];
}

// The names of the checks with this status that the run is judged by; volume and drift, which earlier runs decide, are
// among them.
std::vector<std::string> checks_with(const RunReport& report, CheckStatus status);

// Of check 12 of both data sets: the worse, and what there is to say of it.
CheckStatus volume_status(const RunReport& report);
// "12 accepted lines, the published output has 30"
std::string text_of(const VolumeOutcome& volume);

// A measure of drift in its unit, which its name tells: "1,234" lines and sessions, "2.50 %", "0.81" of scores,
// "3.5 h".
std::string measure_text(std::string_view name, double value);

// What the run read, by data set: of an update what it added.
inline const FileReport& read_by_run(const RunReport& report, Dataset dataset) {
  const auto& totals = report.batch ? report.batch->totals : report.totals;
  return totals[static_cast<std::size_t>(dataset)];
}
// The members "lines", "accepted", "rejected", "blank", "bytes" and "stored_bytes".
void write_lines_and_bytes(const FileReport& file, json::JsonWriter& json);

// The file of a place as quarantine names it; its data set. An unknown file is "?".
std::string_view file_name_of(const RunReport& report, Place place);
Dataset dataset_of(const RunReport& report, Place place);

// A culprit of any check. `text` comes from the input in part: it may hold anything.
struct Finding {
  Dataset dataset = Dataset::collections;
  std::string_view file;   // a view into the report
  std::uint64_t line = 0;  // from 1
  std::string text;        // "profile_id", "2 profiles: session \"s1\""
};

struct FindingList {
  std::vector<Finding> first;  // at most `limit`
  std::uint64_t more = 0;      // how many further ones are known to be
  bool at_least = false;       // there may be more than `more`: the report keeps the first 100 only
};
FindingList findings_of(const RunReport& report, Check check, std::size_t limit);

}  // namespace gristmill::report
