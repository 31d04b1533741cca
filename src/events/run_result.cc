// Names and numbers are those of report.json. Tested in run_result_test.cc and by tests/programs/test_events.py.
#include "events/run_result.h"

#include <charconv>
#include <vector>

#include "history/drift.h"
#include "json/json_value.h"
#include "json/json_writer.h"
#include "report/findings.h"

namespace gristmill::events {
namespace {

constexpr std::uint64_t result_format = 1;
constexpr std::string_view schema_id = "urn:gristmill:result:1";

void write_texts(std::string_view name, const std::vector<std::string>& texts, json::JsonWriter& json) {
  json.open_array(name, json::JsonLayout::one_line);
  for (const std::string& text : texts) json.text(text);
  json.close();
}

// That of a result, or the one that it kept from before.
const json::JsonValue& verdict_in(const json::JsonValue& result) {
  return result["verdict"].is_null() ? result["last_verdict"] : result["verdict"];
}

std::vector<std::string> texts_of(const json::JsonValue& list) {
  std::vector<std::string> texts;
  for (const json::JsonValue& text : list.elements()) texts.push_back(text.text());
  return texts;
}

// Of the last run that came to one, so that runs between that came to none hide no change.
void write_last_verdict(std::string_view before, json::JsonWriter& json) {
  const std::optional<json::JsonValue> last = json::JsonValue::parse(before);
  if (!last || verdict_in(*last).is_null()) return;
  const json::JsonValue& verdict = verdict_in(*last);
  json.open_object("last_verdict");
  json.flag("passed", verdict["passed"].is_true());
  write_texts("failed_checks", texts_of(verdict["failed_checks"]), json);
  write_texts("warned_checks", texts_of(verdict["warned_checks"]), json);
  json.close();
}

void write_verdict(const Ending& ending, std::string_view before, json::JsonWriter& json) {
  const RunReport* const report = report_of(ending);
  json.name("verdict");
  if (report == nullptr) {
    json.null();
    write_last_verdict(before, json);
    return;
  }
  json.open_object();
  json.flag("passed", run_passed(*report));
  write_texts("failed_checks", report::checks_with(*report, CheckStatus::failed), json);
  write_texts("warned_checks", report::checks_with(*report, CheckStatus::warned), json);
  json.name("changed");
  if (const std::optional<bool> changed = verdict_changed(ending, before)) {
    json.flag(*changed);
  } else {
    json.null();
  }
  json.close();
}

void write_counts(const RunReport& report, json::JsonWriter& json) {
  json.open_object("counts");
  for (const Dataset dataset : all_datasets) {
    json.open_object(name_of(dataset), json::JsonLayout::one_line);
    report::write_lines_and_bytes(report::read_by_run(report, dataset), json);
    json.close();
  }
  json.number("files", report.batch ? report.batch->files : report.files.size());
  json.number("rows_of_labels", report.accounting.of(Dataset::collections).rows);
  json.number("rows_of_predictions", report.accounting.of(Dataset::predictions).rows);
  json.number("sessions", report.sessions.rows);
  if (report.batch) json.number("touched_sessions", report.batch->touched_sessions);
  json.close();
}

void write_comparison(std::string_view check, CheckStatus status, std::string_view what, json::JsonWriter& json) {
  json.open_object(check, json::JsonLayout::one_line);
  json.text("status", report::name_of(status));
  json.text("what", what);
  json.close();
}

void write_checks(const RunReport& report, json::JsonWriter& json) {
  const std::vector<CheckOutcome>& checks = judged_checks(report);
  json.open_object("checks");
  for (std::size_t i = 0; i < checks.size(); ++i) {
    json.open_object(all_checks()[i].name, json::JsonLayout::one_line);
    json.text("status", report::name_of(checks[i].status));
    for (const Dataset dataset : all_datasets)
      json.number(name_of(dataset), checks[i].findings[static_cast<std::size_t>(dataset)]);
    json.close();
  }
  // These two hold a run against earlier ones, which validate does not know.
  if (!report.run.output.empty()) {
    std::string volume;
    for (const Dataset dataset : all_datasets) {
      const auto& of = report.run.volume[static_cast<std::size_t>(dataset)];
      if (!of || of->status == CheckStatus::passed) continue;
      volume.append(volume.empty() ? "" : "; ").append(name_of(dataset)).append(": ").append(report::text_of(*of));
    }
    write_comparison("volume", report::volume_status(report), volume, json);
    const DriftOutcome drift = report.run.drift.value_or(DriftOutcome{});
    write_comparison("drift", drift.status, history::sentence_of(drift), json);
  }
  json.close();
}

void write_error(const std::optional<Error>& error, json::JsonWriter& json) {
  json.name("error");
  if (!error) {
    json.null();
    return;
  }
  json.open_object();
  json.text("message", error->message);
  json.text("advice", error->advice);
  json.text("file", error->file);
  json.number("line", error->line);
  json.text("key", error->key);
  json.close();
}

// A label's value in Prometheus' text format.
std::string label(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped.push_back('\\');
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

class Metrics {
 public:
  explicit Metrics(std::string_view output) : output_(label(output)) {}

  void family(std::string_view name, std::string_view help) {
    name_ = "gristmill_" + std::string(name);
    text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " gauge\n";
  }
  void value(double number, std::string_view labels = {}) {
    char digits[64];
    const auto end = std::to_chars(digits, digits + sizeof digits, number);
    text_ += name_ + "{output=\"" + output_ + "\"" + (labels.empty() ? "" : ",") + std::string(labels) + "} " +
             std::string(digits, end.ptr) + "\n";
  }
  std::string take() { return std::move(text_); }

 private:
  std::string output_;
  std::string name_;
  std::string text_;
};

constexpr std::string_view last_success = "gristmill_last_success_timestamp_seconds{";

// What stands behind the braces of the line that begins so; nullopt: there is none.
std::optional<double> value_before(std::string_view text, std::string_view name) {
  const std::size_t begin = text.starts_with(name) ? 0 : text.find("\n" + std::string(name));
  if (begin == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(begin == 0 ? 0 : begin + 1);
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(line.rfind(' ') + 1);
  double number = 0;
  const auto read = std::from_chars(line.data(), line.data() + line.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

const RunReport* report_of(const Ending& ending) {
  const bool has_one = ending.outcome && ending.outcome->end != RunEnd::unchanged;
  return has_one ? &ending.outcome->report : nullptr;
}

std::string_view status_of(const Ending& ending) {
  if (ending.error && ending.error->kind == ErrorKind::interrupted) return "interrupted";
  if (!ending.outcome) return "failed";
  switch (ending.outcome->end) {
    case RunEnd::published: return "published";
    case RunEnd::staged: return "staged";
    case RunEnd::unchanged: return "unchanged";
    case RunEnd::validated: break;
  }
  return "validated";
}

std::optional<bool> verdict_changed(const Ending& ending, std::string_view before) {
  const std::optional<json::JsonValue> last = json::JsonValue::parse(before);
  const RunReport* const report = report_of(ending);
  if (!last || report == nullptr || verdict_in(*last).is_null()) return std::nullopt;
  const json::JsonValue& verdict = verdict_in(*last);
  return report::checks_with(*report, CheckStatus::failed) != texts_of(verdict["failed_checks"]) ||
         report::checks_with(*report, CheckStatus::warned) != texts_of(verdict["warned_checks"]);
}

std::string result_json(const Ending& ending, std::string_view before) {
  std::string text;
  json::JsonWriter json(text);
  json.open_object();
  json.text("$schema", schema_id);
  json.number("format", result_format);
  json.text("version", version());
  json.text("command", ending.command);
  json.text("status", status_of(ending));
  json.number("exit_code", static_cast<std::uint64_t>(ending.exit_code));
  json.flag("retryable", ending.error && ending.error->retryable);
  json.text("started", ending.started);
  json.real("seconds", ending.seconds);
  const RunReport* const report = report_of(ending);
  json.text("run_id", ending.run_id);
  json.text("output", ending.output);
  json.text("staging", ending.outcome && ending.outcome->end == RunEnd::staged ? ending.outcome->staging : "");
  json.text("inputs_id", report == nullptr ? "" : report->inputs_id);
  if (report != nullptr && report->batch) json.number("batch", report->batch->number);
  write_verdict(ending, before, json);
  if (report != nullptr) {
    write_counts(*report, json);
    write_checks(*report, json);
    json.number("peak_memory", report->run.peak_memory);
  }
  write_error(ending.error, json);
  json.close();
  return text + "\n";
}

std::string metrics_text(const Ending& ending, std::string_view before, std::int64_t now) {
  const RunReport* const report = report_of(ending);
  Metrics metrics(ending.output);
  metrics.family("last_run_timestamp_seconds", "End of the last run, seconds since 1970.");
  metrics.value(static_cast<double>(now));
  metrics.family("last_run_exit_code", "Exit code of the last run.");
  metrics.value(ending.exit_code);
  metrics.family("last_run_duration_seconds", "Duration of the last run.");
  metrics.value(ending.seconds);
  const std::optional<double> success = ending.exit_code == 0 && ending.command != "validate"
                                            ? std::optional(static_cast<double>(now))
                                            : value_before(before, last_success);
  if (success) {
    metrics.family("last_success_timestamp_seconds", "End of the last run or update that ended with exit code 0.");
    metrics.value(*success);
  }
  if (report == nullptr) return metrics.take();
  metrics.family("last_run_lines", "Lines of the last run by data set and what became of them.");
  for (const Dataset dataset : all_datasets) {
    const FileReport& total = report::read_by_run(*report, dataset);
    const std::string of = "dataset=\"" + std::string(name_of(dataset)) + "\",state=\"";
    metrics.value(static_cast<double>(total.accepted), of + "accepted\"");
    metrics.value(static_cast<double>(total.rejected), of + "rejected\"");
    metrics.value(static_cast<double>(total.blank), of + "blank\"");
  }
  metrics.family("sessions", "Session rows of the output.");
  metrics.value(static_cast<double>(report->sessions.rows));
  metrics.family("last_run_check_findings", "Findings of each check in the last run, by data set.");
  const std::vector<CheckOutcome>& checks = judged_checks(*report);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    for (const Dataset dataset : all_datasets) {
      metrics.value(
          static_cast<double>(checks[i].findings[static_cast<std::size_t>(dataset)]),
          "check=\"" + std::string(all_checks()[i].name) + "\",dataset=\"" + std::string(name_of(dataset)) + "\"");
    }
  }
  metrics.family("last_run_checks", "Number of checks of the last run that warned or failed.");
  for (const CheckStatus status : {CheckStatus::warned, CheckStatus::failed}) {
    metrics.value(static_cast<double>(report::checks_with(*report, status).size()),
                  "status=\"" + std::string(report::name_of(status)) + "\"");
  }
  metrics.family("last_run_peak_memory_bytes", "Peak of resident memory in the last run.");
  metrics.value(static_cast<double>(report->run.peak_memory));
  return metrics.take();
}

}  // namespace gristmill::events
