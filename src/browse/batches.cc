// Rows come from validation/batches.jsonl, whose lines JSON Lines pass on as they are. Tested by
// tests/programs/test_growth.py.
#include <optional>

#include "browse/browse.h"
#include "browse/json_lines.h"
#include "browse/row_writer.h"
#include "json/json_value.h"
#include "json/json_writer.h"

namespace gristmill::browse {
namespace {

const std::vector<std::string>& columns() {
  static const std::vector<std::string> all = {
      "batch", "started", "files", "lines", "rejected", "rows", "new_sessions", "touched_sessions", "passed", "warned"};
  return all;
}

// What fits a table of the line of a batch.
std::string row_of(const json::JsonValue& batch) {
  std::uint64_t sums[3] = {};
  constexpr const char* summed[] = {"lines", "rejected", "rows"};
  for (const std::string_view dataset : dataset_names) {
    for (std::size_t i = 0; i < std::size(summed); ++i) sums[i] += batch[dataset][summed[i]].count();
  }
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
  for (std::size_t i = 0; i < std::size(summed); ++i) json.number(summed[i], sums[i]);
  json.number("new_sessions", batch["new_sessions"].count());
  json.number("touched_sessions", batch["touched_sessions"].count());
  json.flag("passed", batch["passed"].is_true());
  json.text("warned", warned);
  json.close();
  return row;
}

}  // namespace

Result<BrowseNote> browse_batches(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                  const BrowseSink& sink) {
  const std::string path = folder + "/validation/batches.jsonl";
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat_file(path));
  if (!found) {
    return Error::usage("'" + folder + "' does not grow, so that it has no batches",
                        "one that grows is made with 'gristmill run --accumulate'")
        .in_file(folder);
  }
  JsonLines lines(storage, {path});
  RowWriter writer(query, columns(), sink);
  const std::uint64_t limit = query.limit.value_or(0) == 0 ? ~std::uint64_t{0} : *query.limit;
  std::string row;
  for (;;) {
    GM_ASSIGN(const bool more, lines.next());
    if (!more || writer.rows() == limit) break;
    bool read = false;
    if (query.format == BrowseFormat::json) {
      GM_ASSIGN(read, writer.add(lines.line()));
    } else {
      const std::optional<json::JsonValue> batch = json::JsonValue::parse(lines.line());
      if (!batch) return lines.wrong("it is no JSON");
      row = row_of(*batch);
      const std::size_t size = row.size();
      row.append(json::text_padding, '\0');
      GM_ASSIGN(read, writer.add({row.data(), size}));
    }
    if (!read) return BrowseNote();
  }
  GM_ASSIGN([[maybe_unused]] const bool read, writer.flush());
  return BrowseNote();
}

}  // namespace gristmill::browse
