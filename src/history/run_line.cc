// Numbers are those of report.json under the same names, so that who reads the one can read the other. Tested in
// drift_test.cc and by tests/programs/test_history.py.
#include "history/run_line.h"

#include <optional>
#include <set>

#include "report/distributions_json.h"
#include "report/findings.h"
#include "storage/whole_file.h"

namespace gristmill::history {
namespace {

constexpr std::size_t most_fields = 100;  // names of fields that are not carried

void write_dataset(const RunReport& report, const Accounting& accounting, Dataset dataset, json::JsonWriter& json) {
  const DatasetAccount& account = accounting.of(dataset);
  json.open_object(name_of(dataset));
  report::write_lines_and_bytes(report::read_by_run(report, dataset), json);
  json.number("rows", account.rows);
  json.open_object("rejections");
  for (std::size_t reason = 0; reason < reason_count; ++reason) {
    if (account.rejections[reason] > 0) json.number(name_of(static_cast<Reason>(reason)), account.rejections[reason]);
  }
  json.close();
  json.open_object("repairs");
  write_repairs(account, json);
  json.close();
  json.open_array("fields_not_carried");
  write_fields_not_carried(account, json);
  json.close();
  json.open_array("shapes");
  std::set<std::string> shapes;
  for (const FileReport& file : report.files) {
    if (file.dataset == dataset && file.lines > 0) {
      shapes.insert(std::string(name_of(file.framing)) + (file.compression == "none" ? "" : ", " + file.compression));
    }
  }
  for (const std::string& shape : shapes) json.text(shape);
  json.close();
  json.name("newest");
  write_newest(account, json);
  json.close();
}

void write_checks(const RunReport& report, json::JsonWriter& json) {
  const std::vector<CheckOutcome>& checks = judged_checks(report);
  json.open_object("checks");
  for (std::size_t i = 0; i < checks.size(); ++i) {
    json.open_object(all_checks()[i].name);
    for (const Dataset dataset : all_datasets) {
      json.number(name_of(dataset), checks[i].findings[static_cast<std::size_t>(dataset)]);
    }
    json.text("status", report::name_of(checks[i].status));
    json.close();
  }
  json.close();
  json.open_array("failed");
  for (const std::string& name : report::checks_with(report, CheckStatus::failed)) json.text(name);
  json.close();
}

}  // namespace

void write_repairs(const DatasetAccount& account, json::JsonWriter& json) {
  for (std::size_t repair = 0; repair < repair_count; ++repair) {
    if (account.repairs[repair] > 0) json.number(repair_table[repair].name, account.repairs[repair]);
  }
}

void write_fields_not_carried(const DatasetAccount& account, json::JsonWriter& json) {
  std::size_t fields = 0;
  for (const auto& [name, count] : account.fields_not_carried.counts()) {
    if (fields++ < most_fields) json.text(name);
  }
}

void write_newest(const DatasetAccount& account, json::JsonWriter& json) {
  if (account.newest > 0) {
    json.number(account.newest);
  } else {
    json.null();
  }
}

void write_models(const Accounting& accounting, json::JsonWriter& json) {
  json.open_array("models");
  for (const auto& [name, model] : accounting.models.models()) {
    ModelUse::Use all;
    for (const auto& [time, use] : model) all.merge(use);
    json.open_object();
    json.text("model", name);
    report::write_use(all, json);
    json.close();
  }
  json.close();
}

std::string run_line(const RunReport& report, const Accounting& accounting) {
  std::string line;
  json::JsonWriter json(line);
  json.open_object(json::JsonLayout::one_line);
  if (report.batch) json.number("batch", report.batch->number);
  json.text("run_id", report.run.run_id);
  json.text("started", report.run.started);
  if (!report.batch) json.text("inputs_id", report.inputs_id);
  json.number("files", report.batch ? report.batch->files : report.files.size());
  for (const Dataset dataset : all_datasets) write_dataset(report, accounting, dataset, json);
  if (report.batch) {
    json.number("new_sessions", report.batch->new_sessions);
    json.number("touched_sessions", report.batch->touched_sessions);
  } else {
    json.number("sessions", report.sessions.rows);
  }
  json.flag("passed", run_passed(report));
  write_checks(report, json);
  write_models(accounting, json);
  json.open_array("drift");
  if (report.run.drift) {
    for (const DriftMeasure& measure : report.run.drift->measures) {
      if (measure.is_flagged) json.text(measure.name);
    }
  }
  json.close();
  json.close();
  return line + "\n";
}

Result<std::optional<std::string>> find_history(Storage& storage, const std::string& root) {
  for (const std::string_view name : {batches_name, history_name}) {
    GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(root + "/" + std::string(name)));
    if (there) return std::optional(std::string(name));
  }
  return std::optional<std::string>();
}

Result<std::vector<std::string>> read_lines(Storage& storage, const std::string& path) {
  std::vector<std::string> lines;
  GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(path));
  if (!there || there->type != FileType::file) return lines;
  GM_ASSIGN(const std::string text, storage::read_whole_file(storage, path));
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return lines;
}

}  // namespace gristmill::history
