// Rows come from validation/batches.jsonl or validation/history.jsonl, whose lines JSON Lines pass on as they are.
// Tested by tests/programs/test_growth.py and tests/programs/test_history.py.
#include <algorithm>
#include <optional>

#include "browse/browse.h"
#include "browse/json_lines.h"
#include "browse/row_writer.h"
#include "history/run_line.h"
#include "json/json_value.h"
#include "json/json_writer.h"

namespace gristmill::browse {
namespace {

const std::vector<std::string>& columns_of_history() {
  static const std::vector<std::string> all = {"run_id", "started",  "files",  "lines", "rejected",
                                               "rows",   "sessions", "passed", "drift"};
  return all;
}

const std::vector<std::string>& columns_of_batches() {
  static const std::vector<std::string> all = {
      "batch", "started", "files", "lines", "rejected", "rows", "new_sessions", "touched_sessions", "passed", "warned"};
  return all;
}

// Sums over both data sets.
void write_sums(const json::JsonValue& line, json::JsonWriter& json) {
  for (const char* const name : {"lines", "rejected", "rows"}) {
    std::uint64_t sum = 0;
    for (const std::string_view dataset : dataset_names) sum += line[dataset][name].count();
    json.number(name, sum);
  }
}

// What fits a table of the line of a batch.
std::string row_of_batch(const json::JsonValue& batch) {
  std::string warned;
  for (const auto& [name, check] : batch["checks"].members()) {
    if (check["status"].text() == "warned" || check["status"].text() == "failed") {
      warned += (warned.empty() ? "" : ", ") + name;
    }
  }
  std::string row;
  json::JsonWriter json(row);
  json.open_object(json::JsonLayout::one_line);
  json.number("batch", batch["batch"].count());
  json.text("started", batch["started"].text());
  json.number("files", batch["files"].count());
  write_sums(batch, json);
  json.number("new_sessions", batch["new_sessions"].count());
  json.number("touched_sessions", batch["touched_sessions"].count());
  json.flag("passed", batch["passed"].is_true());
  json.text("warned", warned);
  json.close();
  return row;
}

// Likewise of a run, or of a batch as one.
std::string row_of_run(const json::JsonValue& run) {
  std::string drift = run["accepted"].is_true() ? "accepted" : "";
  for (const json::JsonValue& measure : run["drift"].elements())
    drift.append(drift.empty() ? "" : ", ").append(measure.text());
  std::string row;
  json::JsonWriter json(row);
  json.open_object(json::JsonLayout::one_line);
  json.text("run_id", run["run_id"].text());
  json.text("started", run["started"].text());
  json.number("files", run["files"].count());
  write_sums(run, json);
  json.number("sessions", run[run["sessions"].is_null() ? "touched_sessions" : "sessions"].count());
  json.flag("passed", run["passed"].is_true());
  json.text("drift", drift);
  json.close();
  return row;
}

Result<std::uint64_t> count_lines(Storage& storage, const std::string& path) {
  JsonLines lines(storage, {path});
  for (std::uint64_t count = 0;; ++count) {
    GM_ASSIGN(const bool more, lines.next());
    if (!more) return count;
  }
}

// Of many, the last.
Result<BrowseNote> browse_runs(Storage& storage, const std::string& path, const BrowseQuery& query,
                               const BrowseSink& sink, const std::vector<std::string>& columns,
                               std::string (*row_of)(const json::JsonValue&)) {
  std::uint64_t passed_over = 0;
  if (const std::uint64_t limit = query.limit.value_or(0); limit > 0) {
    GM_ASSIGN(const std::uint64_t runs, count_lines(storage, path));
    passed_over = runs - std::min(runs, limit);
  }
  JsonLines lines(storage, {path});
  RowWriter writer(query, columns, sink);
  std::string row;
  for (std::uint64_t i = 0;; ++i) {
    GM_ASSIGN(const bool more, lines.next());
    if (!more) break;
    if (i < passed_over) continue;
    bool read = false;
    if (query.format == BrowseFormat::json) {
      GM_ASSIGN(read, writer.add(lines.line()));
    } else {
      const std::optional<json::JsonValue> run = json::JsonValue::parse(lines.line());
      if (!run) return lines.wrong("it is no JSON");
      row = row_of(*run);
      const std::size_t size = row.size();
      row.append(json::text_padding, '\0');
      GM_ASSIGN(read, writer.add({row.data(), size}));
    }
    if (!read) return BrowseNote();
  }
  GM_ASSIGN([[maybe_unused]] const bool read, writer.flush());
  return BrowseNote();
}

}  // namespace

Result<BrowseNote> browse_batches(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                  const BrowseSink& sink) {
  const std::string path = folder + "/" + std::string(history::batches_name);
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat_file(path));
  if (found) return browse_runs(storage, path, query, sink, columns_of_batches(), row_of_batch);
  return Error::usage("'" + folder + "' does not grow, so that it has no batches",
                      "one that grows is made with 'gristmill run --accumulate'; 'gristmill history " + folder +
                          "' lists the runs of any output")
      .in_file(folder);
}

Result<BrowseNote> browse_history(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                  const BrowseSink& sink) {
  GM_ASSIGN(const std::optional<std::string> name, history::find_history(storage, folder));
  if (name) return browse_runs(storage, folder + "/" + *name, query, sink, columns_of_history(), row_of_run);
  return Error::usage("'" + folder + "' has no history: an earlier version of gristmill made it",
                      "the next 'gristmill run' begins one")
      .in_file(folder);
}

}  // namespace gristmill::browse
