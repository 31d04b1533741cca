// The last screen of a run: what went in, what came out, whether it is good, and what it cost. Tested in
// tables_test.cc.
#include <algorithm>

#include "report/findings.h"
#include "report/tables.h"
#include "text/figures.h"
#include "text/text_table.h"
#include "text/wrapped_text.h"

namespace gristmill::report {
namespace {

std::string accounting_table(const RunReport& report, const text::TableStyle& style) {
  text::TextTable table(style);
  table.add_column("data set", text::Align::left);
  for (const std::string_view head : {"files", "lines", "accepted", "rejected", "blank", "repaired", "rows"}) {
    table.add_column(head, text::Align::right);
  }
  if (report.writes_rows) table.add_column("partitions", text::Align::right);
  for (const Dataset dataset : all_datasets) {
    const FileReport& total = report.totals[static_cast<std::size_t>(dataset)];
    const DatasetAccount& account = report.accounting.of(dataset);
    std::string rejected = text::grouped(total.rejected);
    if (account.resolved > 0) rejected += " (" + text::grouped(account.resolved) + " resolved)";
    std::uint64_t files = 0;
    for (const FileReport& file : report.files) files += file.dataset == dataset ? 1 : 0;
    table.add_row({std::string(name_of(dataset)), text::grouped(files), text::grouped(total.lines),
                   text::grouped(total.accepted), rejected, text::grouped(total.blank),
                   text::grouped(account.repaired_lines), text::grouped(account.rows),
                   text::grouped(account.partitions)});
  }
  return table.str();
}

std::vector<std::string> batch_facts(const BatchReport& batch) {
  std::uint64_t lines = 0;
  std::uint64_t rejected = 0;
  for (const FileReport& total : batch.totals) {
    lines += total.lines;
    rejected += total.rejected;
  }
  std::vector<std::string> facts = {
      std::to_string(batch.number) + ": " + text::counted(batch.files, "new file"),
      text::counted(batch.known_files, "known file") +
          (batch.moved_files > 0 ? " (" + text::grouped(batch.moved_files) + " moved)" : ""),
      text::counted(lines, "line"),
      text::grouped(rejected) + " rejected",
      text::counted(batch.new_sessions, "new session"),
      text::grouped(batch.touched_sessions - batch.new_sessions) + " touched"};
  if (batch.changed_files > 0) facts.push_back(text::counted(batch.changed_files, "changed file") + " left out");
  const std::uint64_t gone = batch.gone[0].size() + batch.gone[1].size();
  if (gone > 0) facts.push_back(text::counted(gone, "input") + " gone, whose lines stay");
  return facts;
}

// What a reader may have meant to be read, and what is not as its name says.
std::vector<std::vector<std::string>> notes_on_files(const RunReport& report) {
  std::vector<std::vector<std::string>> notes;
  for (const Dataset dataset : all_datasets) {
    const PassedOverFiles& passed_over = report.run.passed_over[static_cast<std::size_t>(dataset)];
    if (passed_over.files == 0) continue;
    std::vector<std::string>& names = notes.emplace_back(passed_over.names);
    names.front().insert(
        0, text::counted(passed_over.files, "file") + " of " + std::string(name_of(dataset)) + " passed over: ");
    if (passed_over.files > passed_over.names.size()) names.emplace_back("...");
  }
  const auto differs = [](const FileReport& file) { return file.name_and_content_differ; };
  const auto first = std::find_if(report.files.begin(), report.files.end(), differs);
  if (first != report.files.end()) {
    const auto count = static_cast<std::uint64_t>(std::count_if(first, report.files.end(), differs));
    notes.push_back({text::counted(count, "file") + " not compressed as the name says (" + first->name +
                     (count > 1 ? ", ...)" : ")")});
  }
  return notes;
}

std::vector<std::string> time_facts(const RunReport& report) {
  std::uint64_t bytes = 0;
  std::uint64_t stored = 0;
  for (const Dataset dataset : all_datasets) {
    bytes += read_by_run(report, dataset).bytes;
    stored += read_by_run(report, dataset).stored_bytes;
  }
  const double seconds = report.run.seconds;
  std::vector<std::string> facts = {text::seconds_text(seconds) + " for " + text::bytes_text(bytes) + " of input"};
  if (stored != 0 && text::bytes_text(stored) != text::bytes_text(bytes))
    facts[0] += " (" + text::bytes_text(stored) + " stored)";
  if (seconds > 0) facts.push_back(text::megabytes_a_second(static_cast<double>(bytes) / seconds));
  if (report.run.threads > 0) facts.push_back(text::counted(report.run.threads, "thread"));
  return facts;
}

std::vector<std::string> memory_facts(const RunFacts& run) {
  std::vector<std::string> facts = {text::memory_text(run.peak_memory) + " at the peak"};
  if (run.memory_budget > 0) facts.push_back("budget " + text::memory_text(run.memory_budget));
  if (run.spilled_bytes > 0) facts.push_back(text::bytes_text(run.spilled_bytes) + " spilled");
  return facts;
}

std::vector<std::string> request_facts(const RunFacts& run) {
  std::vector<std::string> facts;
  for (const auto& [kind, count] : run.requests) facts.push_back(text::grouped(count) + " " + kind);
  facts.front().insert(0, "S3: ");
  return facts;
}

}  // namespace

std::string summary(const RunReport& report, const text::TableStyle& style) {
  std::string out = text::toned("Summary", text::Tone::bold, style) + "\n" + accounting_table(report, style) + "\n";
  const auto add = [&](std::string_view label, const std::vector<std::string>& facts,
                       text::Tone tone = text::Tone::plain) {
    out.append(text::labelled_list(label, 8, facts, tone, style));
  };
  for (const std::vector<std::string>& note : notes_on_files(report)) add("files", note);
  add("sessions", {text::counted(report.sessions.rows, "aggregate row")});
  if (report.batch) add("batch", batch_facts(*report.batch));
  if (run_passed(report)) {
    add("checks", {"passed"}, text::Tone::good);
  } else {
    std::vector<std::string> failed = checks_with(report, CheckStatus::failed);
    if (!failed.empty()) failed[0].insert(0, "FAILED: ");
    add("checks", failed, text::Tone::bad);
  }
  const std::vector<std::string> warned = checks_with(report, CheckStatus::warned);
  if (!warned.empty()) add("warnings", warned, text::Tone::warning);
  add("time", time_facts(report));
  add("memory", memory_facts(report.run));
  if (!report.run.requests.empty()) add("requests", request_facts(report.run));
  if (report.writes_rows && !report.run.output.empty()) add("output", {report.run.output});
  return out;
}

}  // namespace gristmill::report
