// What is written at the end: history, report, manifest, and then the publication. Tested by the whole-program tests.
#include "history/drift.h"
#include "history/run_line.h"
#include "json/json_text.h"
#include "json/json_value.h"
#include "publish/manifest.h"
#include "report/render.h"
#include "run/coordinator.h"

namespace gristmill::scheduling {

// An output that is made anew with its state has no runs before it; any other one has those of the output that it
// replaces or adds to.
Status Coordinator::compare_with_earlier_runs() {
  const bool adds = publication_->adds();
  if (!growth_ || adds) {
    const std::string_view name = adds ? history::batches_name : history::history_name;
    GM_ASSIGN(earlier_runs_, history::read_lines(storage_, publication_->root() + "/" + std::string(name)));
  }
  // What another program left there ends with this run.
  std::erase_if(earlier_runs_, [](const std::string& each) {
    const auto run = json::JsonValue::parse(each);
    return !run || run->type() != json::JsonType::object;
  });
  const std::string line = history::run_line(report_, growth_ ? batch_accounting_ : report_.accounting);
  report_.run.drift = history::judge_drift(recipe_.drift, earlier_runs_, line);
  if (earlier_runs_.size() >= history::most_runs)
    earlier_runs_.erase(earlier_runs_.begin(), earlier_runs_.end() - (history::most_runs - 1));
  return {};
}

Status Coordinator::write_report(std::vector<storage::WrittenFile>& written) {
  measure_run();
  storage::OutputFile file(storage_, output_);
  std::vector<std::pair<std::string, std::string>> texts = {{"validation/report.html", report_html(report_)},
                                                            {"validation/report.json", report_json(report_)}};
  if (!growth_) {
    std::string lines;
    for (const std::string& line : earlier_runs_) lines.append(line).push_back('\n');
    texts.emplace_back(history::history_name, lines + history::run_line(report_, report_.accounting));
  }
  for (const auto& [path, text] : texts) {
    GM_RETURN_IF_ERROR(file.open(path));
    GM_RETURN_IF_ERROR(file.append(text));
    GM_ASSIGN(written.emplace_back(), file.close());
  }
  return {};
}

std::string Coordinator::manifest_fields() const {
  std::string text = "\"version\":";
  json::append_json_string(version(), text);
  text.append(",\"inputs_id\":\"").append(report_.inputs_id);
  text.append("\",\"started\":\"").append(report_.run.started);
  text.append("\",\n\"recipe\":").append(report_.recipe);
  text.append(",\n\"accounting\":{");
  const auto number = [&](std::string_view name, std::uint64_t value) {
    text.append("\"").append(name).append("\":").append(std::to_string(value)).append(",");
  };
  for (const FileReport& total : report_.totals) {
    text.append("\"").append(name_of(total.dataset)).append("\":{");
    number("lines", total.lines);
    number("accepted", total.accepted);
    number("rejected", total.rejected);
    number("blank", total.blank);
    if (total.forgotten > 0) number("forgotten", total.forgotten);
    number("rows", report_.accounting.of(total.dataset).rows);
    number("partitions", report_.accounting.of(total.dataset).partitions);
    text.back() = '}';
    text.push_back(',');
  }
  number("sessions", report_.sessions.rows);
  number("models", report_.sessions.model_rows);
  text.back() = '}';
  return text;
}

Status Coordinator::write_manifest(const std::vector<storage::WrittenFile>& written,
                                   const std::vector<shuffle::Sorter*>& sorters) {
  std::string key;
  std::string value;
  for (const storage::WrittenFile& file : written) {
    storage::encode(file, key, value);
    GM_RETURN_IF_ERROR(sorters.front()->add(key, value));
  }
  const std::string root = publication_->staging_root() + "/";
  if (publication_->adds()) {
    GM_RETURN_IF_ERROR(update_manifest(sorters));
  } else {
    GM_ASSIGN(publish::ManifestWriter manifest,
              publish::ManifestWriter::create(storage_, root + std::string(publish::manifest_name), report_.run.run_id,
                                              manifest_fields()));
    GM_RETURN_IF_ERROR(for_each_file(
        sorters, [&](const publish::ManifestFile& file, Origin /*origin*/) { return manifest.add(file); }));
    GM_RETURN_IF_ERROR(manifest.finish(recipe_.fsync));
  }
  GM_ASSIGN(const auto success, storage_.create(root + std::string(publish::success_name)));
  return success->close(recipe_.fsync);
}

Status Coordinator::publish(RunOutcome& outcome) {
  begin_stage(Stage::publish);
  if (is_interrupted()) return Error::interrupted();
  outcome.staging = publication_->staging_root();
  if (!run_passed(report_) && !recipe_.publish_anyway && kind_ != JobKind::forget) {
    GM_ASSIGN(outcome.staging, publication_->keep_staged());
    outcome.end = RunEnd::staged;
    return {};
  }
  GM_ASSIGN(publish::Published published, publication_->commit([this] { return is_interrupted(); }, move_help_));
  outcome.end = RunEnd::published;
  outcome.notes = std::move(published.notes);
  return {};
}

}  // namespace gristmill::scheduling
