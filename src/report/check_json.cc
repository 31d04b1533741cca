// Every check has the same members; only `counts` and the culprits' own members depend on the check.
// Tested in report_json_test.cc.
#include "report/check_json.h"

#include "json/base64.h"
#include "json/json_text.h"
#include "report/findings.h"
#include "validate/check.h"

namespace gristmill::report {
namespace {

void write_policy(const CheckPolicy& policy, json::JsonWriter& json) {
  json.text("severity", name_of(policy.severity));
  json.open_object("threshold", json::JsonLayout::one_line);
  json.real("fail_above", policy.fail_above);
  json.text("unit", policy.percent ? "percent_of_lines" : "findings");
  json.close();
}

void write_kinds(std::string_view key, const std::vector<validation::FindingKind>& kinds, json::JsonWriter& json) {
  json.open_object(key);
  for (const validation::FindingKind& kind : kinds) json.number(kind.name, kind.count);
  json.close();
}

void write_counts(const RunReport& report, const validation::CheckDefinition& check, json::JsonWriter& json) {
  json.open_object("counts");
  for (const Dataset dataset : all_datasets) {
    const validation::NamedNumbers counts = check.counts(report, dataset);
    if (counts.empty()) continue;
    json.open_object(name_of(dataset), check.kinds != nullptr ? json::JsonLayout::lines : json::JsonLayout::one_line);
    for (const auto& [name, count] : counts) json.number(name, count);
    if (check.kinds != nullptr) write_kinds(check.kinds_name, check.kinds(report.accounting.of(dataset)), json);
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

void write_examples(const RunReport& report, const validation::CheckDefinition& check, json::JsonWriter& json) {
  json.open_object("examples");
  for (const Dataset dataset : all_datasets) {
    json.open_object(name_of(dataset));
    for (const validation::FindingKind& kind : check.kinds(report.accounting.of(dataset))) {
      json.open_array(kind.name);
      for (const Culprit& example : kind.examples->sorted()) {
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
  for (const SessionCulprit& culprit : report.accounting.of(check).sessions) {
    json.open_object(json::JsonLayout::one_line);
    write_place(report, culprit.dataset, culprit.first, culprit.first_line, json);
    json.text("session", culprit.session);
    json.number("profiles", culprit.profiles);
    json.number("rows", culprit.rows);
    json.close();
  }
}

void write_line_culprits(const RunReport& report, Check check, json::JsonWriter& json) {
  for (const Culprit& culprit : report.accounting.of(check).culprits.sorted()) {
    json.open_object(json::JsonLayout::one_line);
    write_place(report, dataset_of(report, culprit.place), culprit.place, culprit.line, json);
    json.text("what", culprit.what);
    json.close();
  }
}

}  // namespace

void write_check(const RunReport& report, Check check, json::JsonWriter& json) {
  const CheckOutcome& outcome = outcome_of(report, check);
  const validation::CheckDefinition& definition = validation::definition_of(check);
  json.open_object();
  json.number("number", static_cast<std::uint64_t>(check) + 1);
  json.text("name", definition.description.name);
  json.text("status", name_of(outcome.status));
  write_policy(outcome.policy, json);
  json.open_object("findings", json::JsonLayout::one_line);
  for (const Dataset dataset : all_datasets) {
    json.number(name_of(dataset), outcome.findings[static_cast<std::size_t>(dataset)]);
  }
  json.close();
  write_counts(report, definition, json);
  if (definition.kinds != nullptr) write_examples(report, definition, json);
  json.open_array("culprits");
  if (has_sessions(check)) {
    write_session_culprits(report, check, json);
  } else {
    write_line_culprits(report, check, json);
  }
  json.close();
  json.close();
}

}  // namespace gristmill::report
