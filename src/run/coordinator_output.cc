// What is written at the end: report, manifest, and then the publication. Tested by the whole-program tests.
#include "json/json_text.h"
#include "publish/manifest.h"
#include "report/render.h"
#include "run/coordinator.h"

namespace gristmill::scheduling {

Status Coordinator::write_report(std::vector<storage::WrittenFile>& written) {
  measure_run();
  storage::OutputFile file(storage_, output_);
  const std::pair<const char*, std::string> texts[] = {{"validation/report.html", report_html(report_)},
                                                       {"validation/report.json", report_json(report_)}};
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
  if (!run_passed(report_) && !recipe_.publish_anyway) {
    GM_ASSIGN(outcome.staging, publication_->keep_staged());
    outcome.end = RunEnd::staged;
    return {};
  }
  GM_ASSIGN(publish::Published published, publication_->commit([this] { return is_interrupted(); }));
  outcome.end = RunEnd::published;
  outcome.notes = std::move(published.notes);
  return {};
}

}  // namespace gristmill::scheduling
