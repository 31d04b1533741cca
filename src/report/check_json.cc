// Every check has the same members; only `counts` and the culprits' own members depend on the check.
// Tested in report_json_test.cc.
#include "report/check_json.h"

#include "json/base64.h"
#include "json/json_text.h"
#include "report/findings.h"

namespace gristmill::report {
namespace {

void write_policy(const CheckPolicy& policy, json::JsonWriter& json) {
  json.text("severity", name_of(policy.severity));
  json.open_object("threshold", json::JsonLayout::one_line);
  json.real("fail_above", policy.fail_above);
  json.text("unit", policy.percent ? "percent_of_lines" : "findings");
  json.close();
}

void write_named_counts(std::string_view key, const std::vector<NamedCount>& counts, json::JsonWriter& json) {
  json.open_object(key);
  for (const NamedCount& count : counts) json.number(count.name, count.count);
  json.close();
}

void write_dataset_counts(const RunReport& report, Check check, Dataset dataset, json::JsonWriter& json) {
  const DatasetAccount& account = report.accounting.of(dataset);
  const auto& sessions = report.sessions.datasets[static_cast<std::size_t>(dataset)];
  switch (check) {
    case Check::missing_ids:
      json.number("lines", account.lines_with_missing_id);
      for (std::size_t i = 0; i < 3; ++i) {
        json.number(field_names[static_cast<std::size_t>(Field::profile_id) + i], account.missing_ids[i]);
      }
      break;
    case Check::duplicate_ids: json.number("sessions", sessions.duplicate_ids); break;
    case Check::unmatched_sessions:
      json.number("sessions", sessions.unmatched_sessions);
      json.number("rows", sessions.unmatched_rows);
      break;
    case Check::missing_types: json.number("rows", account.missing_types); break;
    case Check::rejected_lines:
      json.number("lines", report.totals[static_cast<std::size_t>(dataset)].rejected);
      write_named_counts("reasons", rejections_of(account), json);
      break;
    case Check::repairs:
      json.number("lines", account.repaired_lines);
      write_named_counts("repairs", repairs_of(account), json);
      break;
    case Check::repeated_lines: json.number("lines", account.repeated_lines); break;
    case Check::range:
      json.number("score", report.accounting.score_out_of_range);
      json.number("confidence", report.accounting.confidence_out_of_range);
      json.number("rows", report.accounting.out_of_range);
      break;
    case Check::time:
      if (dataset == Dataset::collections) json.number("entries_before_collection", report.accounting.early_entries);
      json.number("metadata_outside_2000_2100", account.time_out_of_range);
      break;
  }
}

void write_counts(const RunReport& report, Check check, json::JsonWriter& json) {
  const bool nested = check == Check::rejected_lines || check == Check::repairs;
  json.open_object("counts");
  for (const Dataset dataset : all_datasets) {
    if (check == Check::range && dataset == Dataset::collections) continue;
    json.open_object(name_of(dataset), nested ? json::JsonLayout::lines : json::JsonLayout::one_line);
    write_dataset_counts(report, check, dataset, json);
    json.close();
  }
  json.close();
}

void write_place(const RunReport& report, Dataset dataset, Place place, std::uint64_t line, json::JsonWriter& json) {
  json.text("dataset", name_of(dataset));
  json.text("file", file_name_of(report, place));
  json.number("line", line);
}

// The beginning of a line, in the members that quarantine has for it.
void write_raw(std::string_view raw, json::JsonWriter& json) {
  if (json::is_utf8(raw)) {
    json.text("raw", raw);
    return;
  }
  std::string encoded;
  json::append_base64(raw, encoded);
  json.text("raw_base64", encoded);
}

void write_examples(const RunReport& report, Check check, json::JsonWriter& json) {
  json.open_object("examples");
  for (const Dataset dataset : all_datasets) {
    const DatasetAccount& account = report.accounting.of(dataset);
    json.open_object(name_of(dataset));
    for (const NamedCount& count : check == Check::repairs ? repairs_of(account) : rejections_of(account)) {
      json.open_array(count.name);
      for (const Culprit& example : count.examples->sorted()) {
        json.open_object(json::JsonLayout::one_line);
        write_place(report, dataset, example.place, example.line, json);
        write_raw(example.what, json);
        json.close();
      }
      json.close();
    }
    json.close();
  }
  json.close();
}

void write_session_culprits(const RunReport& report, Check check, json::JsonWriter& json) {
  const bool duplicates = check == Check::duplicate_ids;
  for (const SessionCulprit& culprit : duplicates ? report.sessions.duplicates : report.sessions.unmatched) {
    json.open_object(json::JsonLayout::one_line);
    write_place(report, culprit.dataset, culprit.first, culprit.first_line, json);
    json.text("session", culprit.session);
    json.number("profiles", culprit.profiles);
    json.number("rows", culprit.rows);
    json.close();
  }
}

void write_line_culprits(const RunReport& report, Check check, json::JsonWriter& json) {
  for (const Culprit& culprit : report.accounting.culprits[static_cast<std::size_t>(check)].sorted()) {
    json.open_object(json::JsonLayout::one_line);
    write_place(report, dataset_of(report, culprit.place), culprit.place, culprit.line, json);
    json.text("what", culprit.what);
    json.close();
  }
}

}  // namespace

void write_check(const RunReport& report, Check check, json::JsonWriter& json) {
  const CheckOutcome& outcome = outcome_of(report, check);
  json.open_object();
  json.number("number", static_cast<std::uint64_t>(check) + 1);
  json.text("name", check_names[static_cast<std::size_t>(check)]);
  json.text("status", name_of(outcome.status));
  write_policy(outcome.policy, json);
  json.open_object("findings", json::JsonLayout::one_line);
  for (const Dataset dataset : all_datasets) {
    json.number(name_of(dataset), outcome.findings[static_cast<std::size_t>(dataset)]);
  }
  json.close();
  write_counts(report, check, json);
  if (check == Check::rejected_lines || check == Check::repairs) write_examples(report, check, json);
  json.open_array("culprits");
  if (check == Check::duplicate_ids || check == Check::unmatched_sessions) {
    write_session_culprits(report, check, json);
  } else {
    write_line_culprits(report, check, json);
  }
  json.close();
  json.close();
}

}  // namespace gristmill::report
