// The report in the order in which a person asks: did it pass, what came of my lines, which checks say
// what. What differs from run to run stands last, so that two reports can be compared up to there.
// Tested in report_json_test.cc and by the cases in tests/cases.
#include "json/json_writer.h"
#include "report/check_json.h"
#include "report/distributions_json.h"
#include "report/findings.h"
#include "report/hint_list.h"
#include "report/render.h"

namespace gristmill::report {
namespace {

constexpr std::size_t most_gone = 10;                 // names of inputs
constexpr std::size_t most_files_that_grow = 10'000;  // that an output lists which grows

constexpr std::uint64_t report_format = 1;

void write_verdict(const RunReport& report, json::JsonWriter& json) {
  json.open_object("verdict");
  json.flag("passed", report.passed);
  json.open_array("failed_checks", json::JsonLayout::one_line);
  for (std::size_t i = 0; i < report.checks.size(); ++i) {
    if (report.checks[i].status == CheckStatus::failed) json.text(all_checks()[i].name);
  }
  json.close();
  json.open_array("warned_checks", json::JsonLayout::one_line);
  for (std::size_t i = 0; i < report.checks.size(); ++i) {
    if (report.checks[i].status == CheckStatus::warned) json.text(all_checks()[i].name);
  }
  json.close();
  json.close();
}

void write_accounting(const RunReport& report, json::JsonWriter& json) {
  const DatasetAccount& collections = report.accounting.of(Dataset::collections);
  const DatasetAccount& predictions = report.accounting.of(Dataset::predictions);
  json.open_object("accounting");
  json.open_array("files");
  const std::size_t listed = report.batch ? std::min(report.files.size(), most_files_that_grow) : report.files.size();
  for (std::size_t i = 0; i < listed; ++i) {
    const FileReport& file = report.files[i];
    json.open_object(json::JsonLayout::one_line);
    json.text("dataset", name_of(file.dataset));
    json.text("file", file.name);
    json.text("compression", file.compression);
    json.text("framing", name_of(file.framing));
    if (file.name_and_content_differ) json.flag("name_and_content_differ", true);
    if (file.set_aside) json.flag("set_aside", true);
    if (!file.same_as.empty()) json.text("same_as", file.same_as);
    write_lines_and_bytes(file, json);
    json.close();
  }
  json.close();
  if (report.files.size() > listed) {
    FileReport rest;
    for (std::size_t i = listed; i < report.files.size(); ++i) rest.add(report.files[i]);
    json.open_object("further_files", json::JsonLayout::one_line);
    json.number("files", report.files.size() - listed);
    write_lines_and_bytes(rest, json);
    json.close();
  }
  json.open_object("totals");
  for (const Dataset dataset : all_datasets) {
    json.open_object(name_of(dataset), json::JsonLayout::one_line);
    write_lines_and_bytes(report.totals[static_cast<std::size_t>(dataset)], json);
    if (const std::uint64_t resolved = report.accounting.of(dataset).resolved; resolved > 0)
      json.number("resolved", resolved);
    json.close();
  }
  json.close();
  json.open_object("rows", json::JsonLayout::one_line);
  json.number("labels", collections.rows);
  json.number("predictions", predictions.rows);
  json.number("sessions", report.sessions.rows);
  json.number("models", report.sessions.model_rows);
  json.close();
  json.name("partitions");
  if (report.writes_rows) {
    json.open_object(json::JsonLayout::one_line);
    json.number("labels", collections.partitions);
    json.number("predictions", predictions.partitions);
    json.close();
  } else {
    json.null();
  }
  json.open_object("session_ids", json::JsonLayout::one_line);
  for (const Dataset dataset : all_datasets) {
    json.number(name_of(dataset), report.sessions.distinct[static_cast<std::size_t>(dataset)]);
  }
  json.close();
  json.close();
}

void write_what_is_left_out(const RunReport& report, json::JsonWriter& json) {
  json.open_object("fields_not_carried");
  for (const Dataset dataset : all_datasets) {
    const SmallestNames& names = report.accounting.of(dataset).fields_not_carried;
    json.open_object(name_of(dataset));
    json.open_object("names");
    for (const auto& [name, count] : names.counts()) json.number(name, count);
    json.close();
    json.number("other", names.other());
    json.close();
  }
  json.close();
  json.open_object("carry_not_found", json::JsonLayout::one_line);
  for (const Dataset dataset : all_datasets) {
    json.open_array(name_of(dataset), json::JsonLayout::one_line);
    for (const std::string& name : report.carry_not_found[static_cast<std::size_t>(dataset)]) json.text(name);
    json.close();
  }
  json.close();
  json.open_object("without_profile_or_session");
  for (const Dataset dataset : all_datasets) {
    const DatasetAccount& account = report.accounting.of(dataset);
    json.open_object(name_of(dataset), json::JsonLayout::one_line);
    json.number("lines", account.lines_without_session);
    json.number("rows", account.rows_without_session);
    json.close();
  }
  json.close();
  json.number("predictions_of_unknown_sessions", report.sessions.predictions_of_unknown_sessions);
}

void write_batch(const BatchReport& batch, json::JsonWriter& json) {
  json.open_object("batch", json::JsonLayout::one_line);
  json.number("number", batch.number);
  json.number("new_files", batch.files);
  json.number("known_files", batch.known_files);
  json.number("moved_files", batch.moved_files);
  json.number("changed_files", batch.changed_files);
  json.flag("passed", batch.passed);
  json.close();
  json.open_object("gone");
  for (const Dataset dataset : all_datasets) {
    const std::vector<std::string>& paths = batch.gone[static_cast<std::size_t>(dataset)];
    json.open_object(name_of(dataset));
    json.number("files", paths.size());
    json.open_array("names", json::JsonLayout::one_line);
    for (std::size_t i = 0; i < std::min(paths.size(), most_gone); ++i) json.text(paths[i]);
    json.close();
    json.close();
  }
  json.close();
}

void write_drift(const DriftOutcome& drift, json::JsonWriter& json) {
  json.open_object("drift");
  json.text("status", name_of(drift.status));
  json.number("runs", drift.runs);
  json.open_array("measures");
  for (const DriftMeasure& measure : drift.measures) {
    json.open_object(json::JsonLayout::one_line);
    json.text("name", measure.name);
    json.flag("flagged", measure.is_flagged);
    if (measure.is_list) {
      for (const auto& [key, names] : {std::pair{"added", &measure.added}, std::pair{"gone", &measure.gone}}) {
        json.open_array(key);
        for (const std::string& name : *names) json.text(name);
        json.close();
      }
    } else {
      json.real("value", measure.value);
      json.real("median", measure.median);
      json.real("low", measure.low);
      json.real("high", measure.high);
      json.open_array("before");
      for (const double value : measure.before) json.real(value);
      json.close();
    }
    json.close();
  }
  json.close();
  json.close();
}

void write_run(const RunReport& report, json::JsonWriter& json) {
  const RunFacts& run = report.run;
  json.open_object("run");
  json.text("run_id", run.run_id);
  json.text("started", run.started);
  json.real("seconds", run.seconds);
  json.open_array("stages");
  for (const auto& [name, seconds] : run.stages) {
    json.open_object(json::JsonLayout::one_line);
    json.text("name", name);
    json.real("seconds", seconds);
    json.close();
  }
  json.close();
  json.number("threads", run.threads);
  json.number("memory_budget", run.memory_budget);
  json.number("peak_memory", run.peak_memory);
  if (!run.requests.empty()) {
    json.open_object("requests", json::JsonLayout::one_line);
    for (const auto& [kind, count] : run.requests) json.number(kind, count);
    json.close();
  }
  json.number("spilled_bytes", run.spilled_bytes);
  json.open_object("passed_over");
  for (const Dataset dataset : all_datasets) {
    const PassedOverFiles& passed_over = run.passed_over[static_cast<std::size_t>(dataset)];
    json.open_object(name_of(dataset));
    json.number("files", passed_over.files);
    json.open_array("names", json::JsonLayout::one_line);
    for (const std::string& name : passed_over.names) json.text(name);
    json.close();
    json.close();
  }
  json.close();
  if (report.batch) write_batch(*report.batch, json);
  json.open_object("volume");
  for (const Dataset dataset : all_datasets) {
    const std::optional<VolumeOutcome>& volume = run.volume[static_cast<std::size_t>(dataset)];
    if (!volume) continue;
    json.open_object(name_of(dataset), json::JsonLayout::one_line);
    json.number("lines", volume->lines);
    json.number("lines_before", volume->lines_before);
    json.text("status", name_of(volume->status));
    json.close();
  }
  json.close();
  if (run.drift) write_drift(*run.drift, json);
  json.text("output", run.output);
  json.text("publish_way", run.publish_way);
  json.open_array("settings");
  for (const GivenSetting& setting : run.settings) {
    json.open_object(json::JsonLayout::one_line);
    json.text("key", setting.key);
    json.text("value", setting.value);
    json.text("origin", setting.origin);
    json.close();
  }
  json.close();
  json.close();
}

}  // namespace
}  // namespace gristmill::report

std::string gristmill::report_json(const RunReport& report) {
  using namespace gristmill::report;
  std::string text;
  json::JsonWriter json(text);
  json.open_object();
  json.number("format", report_format);
  json.text("version", report.version);
  json.text("inputs_id", report.inputs_id);
  json.name("recipe");
  if (report.recipe.empty()) {
    json.null();
  } else {
    json.json(report.recipe);
  }
  write_verdict(report, json);
  write_accounting(report, json);
  write_what_is_left_out(report, json);
  json.open_array("checks");
  for (std::size_t i = 0; i < report.checks.size(); ++i) write_check(report, static_cast<Check>(i), json);
  json.close();
  write_hints(report, json);
  write_distributions(report, json);
  write_run(report, json);
  json.close();
  text.push_back('\n');
  return text;
}
