// A rejected line takes two lines of a terminal, where it lies and why, then how it begins: side by side they
// would leave each other no room. Tested by tests/programs/test_show.py.
#include <algorithm>
#include <array>
#include <limits>

#include "browse/browse.h"
#include "browse/csv.h"
#include "browse/json_lines.h"
#include "gristmill/data.h"
#include "json/json_text.h"
#include "text/figures.h"
#include "text/text_table.h"
#include "text/visible_text.h"

namespace gristmill::browse {
namespace {

constexpr std::uint64_t lines_of_a_table = 20;
constexpr std::size_t indent = 4;
constexpr std::size_t least_columns = 20;
constexpr std::size_t most_looked_at = 4096;  // bytes of a raw line

constexpr std::array<std::string_view, 10> csv_columns = {"dataset", "file",   "line", "offset",     "reason",
                                                          "message", "length", "raw",  "raw_base64", "truncated"};

std::string csv_head() {
  std::string text;
  CsvRecord record(text);
  for (const std::string_view column : csv_columns) record.add(column);
  record.end();
  return text;
}

std::string csv_of(std::string_view line) {
  std::string text;
  CsvRecord record(text);
  for (const std::string_view column : csv_columns) {
    const std::string_view value = member(line, column);
    if (is_null(value)) {
      record.add_absent();
    } else {
      record.add(plain_text(value));
    }
  }
  record.end();
  return text;
}

std::string shown(std::string_view line, const text::TableStyle& style) {
  const std::size_t width = std::max<std::size_t>(style.width, indent + least_columns);
  const std::string place = plain_text(member(line, "dataset")) + "  " + plain_text(member(line, "file")) + ":" +
                            plain_text(member(line, "line")) + "  byte " + plain_text(member(line, "offset"));
  const std::string reason = plain_text(member(line, "reason"));
  std::string text =
      "  " + text::toned(text::visible_text(place, width - 2, style.unicode), text::Tone::bold, style) + "\n";
  const std::string why = reason + ": " + plain_text(member(line, "message"));
  text.append(indent, ' ').append(text::visible_text(why, width - indent, style.unicode)).push_back('\n');
  const std::string_view raw = member(line, "raw");
  const std::string begins = raw.empty() ? "base64 " + plain_text(member(line, "raw_base64")) : plain_text(raw);
  text.append(indent, ' ');
  text.append(text::toned(text::visible_text(json::beginning_of(begins, most_looked_at), width - indent, style.unicode),
                          text::Tone::dim, style))
      .push_back('\n');
  return text;
}

}  // namespace

Result<BrowseNote> browse_quarantine(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                     const BrowseSink& sink) {
  const bool table = query.format == BrowseFormat::table;
  std::uint64_t limit = query.limit.value_or(table ? lines_of_a_table : 0);
  if (limit == 0) limit = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::string> paths;  // a data set without rejected lines has no file
  for (const std::string_view dataset : dataset_names) {
    const std::string path = folder + "/quarantine/" + std::string(dataset) + ".jsonl";
    GM_ASSIGN(const std::optional<FileInfo> found, storage.stat(path));
    if (found) paths.push_back(path);
  }
  if (query.format == BrowseFormat::csv) {
    GM_ASSIGN(const bool read, sink(csv_head()));
    if (!read) return BrowseNote();
  }
  JsonLines lines(storage, std::move(paths));
  std::uint64_t count = 0;
  for (;;) {
    GM_ASSIGN(const bool found, lines.next());
    if (!found) break;
    if (!query.reason.empty() && plain_text(member(lines.line(), "reason")) != query.reason) continue;
    if (count == limit) {
      return BrowseNote(table ? "these are the first " + text::grouped(count) + "; --limit 0 shows all" : "");
    }
    ++count;
    const std::string text = table                               ? shown(lines.line(), query.style)
                             : query.format == BrowseFormat::csv ? csv_of(lines.line())
                                                                 : std::string(lines.line()) + "\n";
    GM_ASSIGN(const bool read, sink(text));
    if (!read) return BrowseNote();
  }
  if (!table || count > 0) return BrowseNote();
  return BrowseNote(query.reason.empty() ? "no rejected lines" : "no line was rejected for this reason");
}

}  // namespace gristmill::browse
