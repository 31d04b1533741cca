// The tables are those of report/; only the first session aggregates are read back, from the output itself. Tested by
// the whole-program tests.
#include <cstdio>

#include "browse/browse.h"
#include "history/drift.h"
#include "report/findings.h"
#include "text/figures.h"
#include "text/visible_message.h"
#include "text/visible_text.h"

namespace gristmill::browse {
namespace {

LogEvent event_of(CheckStatus status, std::string_view check, std::string sentence) {
  const bool has_failed = status == CheckStatus::failed;
  return {has_failed ? LogLevel::error : LogLevel::warning,
          has_failed ? "check_failed" : "check_warned",
          std::move(sentence),
          {{"check", std::string(check)}}};
}

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g%%", percent);
  return text;
}

// A table of the first session aggregates; empty if there are none or they cannot be read.
std::string first_sessions(Storage& storage, const RunOutcome& outcome, const text::TableStyle& style) {
  constexpr std::size_t rows = 5;
  if (outcome.end == RunEnd::validated || outcome.report.sessions.rows == 0) return {};
  const std::string& root = outcome.end == RunEnd::staged ? outcome.staging : outcome.report.run.output;
  const auto file = storage.open(root + "/aggregated-json/part-00000.json");
  if (!file.ok()) return {};
  std::string text(64U << 10, '\0');
  const auto size = (*file)->read_at(0, text.data(), text.size());
  if (!size.ok()) return {};
  text.resize(*size);
  text.resize(text.rfind('\n') + 1);  // whole lines only; nothing if the first is longer
  return "Session aggregates (the first of " + std::to_string(outcome.report.sessions.rows) + ")\n" +
         report::head_of_sessions(text, rows, style) + "\n";
}

// Where it begins; a sentence is cut where it quotes much.
std::string first_finding(const RunReport& report, Check check) {
  constexpr std::size_t longest = 300;
  const auto number = static_cast<std::size_t>(check);
  if (report.batch && report.batch->number > 1 && number < report.batch->first_findings.size() &&
      !report.batch->first_findings[number].empty()) {
    return "; the first: " + text::visible_text(report.batch->first_findings[number], longest, true);
  }
  const report::FindingList found = report::findings_of(report, check, 1);
  if (found.first.empty()) return {};
  const report::Finding& first = found.first.front();
  std::string place(first.file);
  if (first.line > 0) place += ":" + std::to_string(first.line);
  return "; the first: " + (place.empty() ? "" : place + ", ") + text::visible_text(first.text, longest, true);
}

}  // namespace

std::string run_tables(Storage& storage, const RunOutcome& outcome, const text::TableStyle& style) {
  // The tables are of all that the output holds.
  const bool adds = outcome.report.batch && outcome.report.batch->number > 1;
  if (adds) return report::summary(outcome.report, style);
  return report::validation_tables(outcome.report, style) + "\n" + first_sessions(storage, outcome, style) +
         report::summary(outcome.report, style);
}

std::string run_ending(const RunOutcome& outcome, const std::string& output, const text::TableStyle& style) {
  std::string text = report::summary(outcome.report, style);
  if (outcome.end == RunEnd::validated) return text;
  const std::string kept = outcome.end == RunEnd::staged ? " --kept" : "";
  const std::string place = text::visible_message(output);
  const RunReport& report = outcome.report;
  const char* label = "  look at   ";
  const auto add = [&](const std::string& command) {
    text += label + command + kept + "\n";
    label = "            ";
  };
  if (report.totals[0].rejected + report.totals[1].rejected > 0) add("gristmill show " + place + " quarantine");
  add("gristmill show " + place + " checks");
  add("gristmill report " + place + " --open");
  return text;
}

std::string failed_checks(const RunReport& report) {
  std::string names;
  for (const std::string& name : report::checks_with(report, CheckStatus::failed))
    names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

std::vector<LogEvent> check_events(const RunReport& report) {
  std::vector<LogEvent> events;
  const std::vector<CheckOutcome>& checks = judged_checks(report);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const CheckOutcome& outcome = checks[i];
    if (outcome.status != CheckStatus::warned && outcome.status != CheckStatus::failed) continue;
    std::string text =
        "check " + std::string(all_checks()[i].name) + " " + std::string(report::name_of(outcome.status)) + ": ";
    for (std::size_t dataset = 0; dataset < dataset_count; ++dataset) {
      text.append(dataset == 0 ? "" : ", ").append(dataset_names[dataset]).append(" ");
      text.append(text::grouped(outcome.findings[dataset]));
      // Of rejected lines it may be the share of the bytes, which the number does not tell.
      if (outcome.policy.percent && outcome.status == CheckStatus::failed) {
        text.append(" (").append(percent_text(outcome.shares[dataset])).append(")");
      }
    }
    if (outcome.policy.percent && outcome.status == CheckStatus::failed) {
      text.append("; up to ").append(percent_text(outcome.policy.fail_above)).append(" pass");
    }
    if (outcome.status == CheckStatus::failed) text += first_finding(report, static_cast<Check>(i));
    LogEvent& event = events.emplace_back(event_of(outcome.status, all_checks()[i].name, std::move(text)));
    for (std::size_t dataset = 0; dataset < dataset_count; ++dataset)
      event.fields.push_back({dataset_names[dataset], outcome.findings[dataset]});
  }
  for (std::size_t dataset = 0; dataset < dataset_count; ++dataset) {
    const auto& volume = report.run.volume[dataset];
    if (!volume || volume->status == CheckStatus::passed || volume->status == CheckStatus::ignored) continue;
    LogEvent& event =
        events.emplace_back(event_of(volume->status, "volume",
                                     std::string("check volume ") + std::string(report::name_of(volume->status)) +
                                         ": " + std::string(dataset_names[dataset]) + ": " + report::text_of(*volume)));
    event.fields.push_back({"dataset", std::string(dataset_names[dataset])});
    event.fields.push_back({"accepted", volume->lines});
    event.fields.push_back({"accepted_before", volume->lines_before});
  }
  const std::optional<DriftOutcome>& drift = report.run.drift;
  if (drift && (drift->status == CheckStatus::warned || drift->status == CheckStatus::failed)) {
    events.push_back(
        event_of(drift->status, "drift",
                 "check drift " + std::string(report::name_of(drift->status)) + ": " + history::sentence_of(*drift)));
  }
  return events;
}

}  // namespace gristmill::browse
