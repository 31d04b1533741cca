// A rejected line takes two lines of a terminal, where it lies and why, then how it begins: side by side they
// would leave each other no room. Tested by tests/programs/test_show.py.
#include <algorithm>
#include <array>

#include "browse/browse.h"
#include "browse/csv.h"
#include "browse/json_lines.h"
#include "browse/row_writer.h"
#include "gristmill/data.h"
#include "json/json_text.h"
#include "text/text_table.h"
#include "text/visible_text.h"

namespace gristmill::browse {
namespace {

constexpr std::size_t indent = 4;
constexpr std::size_t least_columns = 20;
constexpr std::size_t most_looked_at = 4096;  // bytes of a raw line
constexpr std::size_t most_at_once = 64U << 10;

constexpr std::array<std::string_view, 10> csv_columns = {"dataset", "file",   "line", "offset",     "reason",
                                                          "message", "length", "raw",  "raw_base64", "truncated"};

using json::JsonType;
constexpr std::array<MemberRule, 11> rules = {{{"inputs_id", JsonType::string, MemberPresence::optional},
                                               {"dataset", JsonType::string},
                                               {"file", JsonType::string},
                                               {"line", JsonType::number},
                                               {"offset", JsonType::number},
                                               {"reason", JsonType::string},
                                               {"message", JsonType::string},
                                               {"raw", JsonType::string, MemberPresence::optional},
                                               {"raw_base64", JsonType::string, MemberPresence::optional},
                                               {"truncated", JsonType::boolean, MemberPresence::optional},
                                               {"length", JsonType::number, MemberPresence::optional}}};

Status check_line(const JsonLines& lines) {
  std::string fault = member_fault(lines.line(), rules);
  if (fault.empty() && member(lines.line(), "raw").empty() && member(lines.line(), "raw_base64").empty()) {
    fault = "it has neither 'raw' nor 'raw_base64'";
  }
  return fault.empty() ? Status() : Status(lines.wrong(fault));
}

// Does the rejected line hold this text as a JSON string? It may be no JSON, so that nothing else can be asked.
bool holds_id(std::string_view line, std::string_view id) {
  std::string quoted;
  json::append_json_string(id, quoted);
  return plain_text(member(line, "raw")).find(quoted) != std::string::npos;
}

// What is written, handed on in pieces of some 64 KiB. All return false where nobody reads any more.
class OutputPieces {
 public:
  explicit OutputPieces(const BrowseSink& sink) : sink_(sink) {}
  std::string& pending() { return pending_; }
  Result<bool> pass_on() { return pending_.size() < most_at_once ? Result<bool>(true) : pass_all_on(); }
  Result<bool> pass_all_on() {
    if (pending_.empty()) return true;
    GM_ASSIGN(const bool read, sink_(pending_));
    pending_.clear();
    return read;
  }
  // A text that is in memory anyway, before what is pending.
  Result<bool> pass_by(std::string_view text) { return sink_(text); }

 private:
  const BrowseSink& sink_;
  std::string pending_;
};

std::string csv_head() {
  std::string text;
  CsvRecord record(text);
  for (const std::string_view column : csv_columns) record.add(column);
  record.end();
  return text;
}

// A value of any length. False: nobody reads any more.
Result<bool> add_value(std::string_view value, CsvRecord& record, OutputPieces& out) {
  if (is_null(value)) {
    record.add_absent();
    return true;
  }
  if (value.size() <= most_at_once) {
    record.add(plain_text(value));
    return true;
  }
  bool quotes = false;
  char last = 0;
  const char first = plain_beginning(value, 1).c_str()[0];
  GM_RETURN_IF_ERROR(for_each_plain_piece(value, [&](std::string_view piece) {
    quotes = quotes || needs_quotes(piece);
    if (!piece.empty()) last = piece.back();
    return Result<bool>(!quotes);
  }));
  record.begin(quotes || first == ' ' || last == ' ');
  GM_ASSIGN(const bool read, for_each_plain_piece(value, [&](std::string_view piece) {
              record.append(piece);
              return out.pass_on();
            }));
  record.finish();
  return read;
}

Result<bool> write_csv(std::string_view line, OutputPieces& out) {
  CsvRecord record(out.pending());
  for (const std::string_view column : csv_columns) {
    GM_ASSIGN(const bool read, add_value(member(line, column), record, out));
    if (!read) return false;
  }
  record.end();
  return out.pass_on();
}

Result<bool> write_json(std::string_view line, OutputPieces& out) {
  if (line.size() <= most_at_once) {
    out.pending().append(line).push_back('\n');
    return out.pass_on();
  }
  GM_ASSIGN(const bool read, out.pass_all_on());
  if (!read) return false;
  out.pending() = "\n";
  return out.pass_by(line);
}

// A text of the line as far as a table may show it.
std::string beginning(std::string_view line, std::string_view name) {
  return plain_beginning(member(line, name), most_looked_at);
}

std::string shown(std::string_view line, const text::TableStyle& style) {
  const std::size_t width =
      style.width == 0 ? most_looked_at : std::max<std::size_t>(style.width, indent + least_columns);
  const std::string place = beginning(line, "dataset") + "  " + beginning(line, "file") + ":" +
                            beginning(line, "line") + "  byte " + beginning(line, "offset");
  std::string text =
      "  " + text::toned(text::visible_text(place, width - 2, style.unicode), text::Tone::bold, style) + "\n";
  const std::string why = beginning(line, "reason") + ": " + beginning(line, "message");
  text.append(indent, ' ').append(text::visible_text(why, width - indent, style.unicode)).push_back('\n');
  const bool is_text = !member(line, "raw").empty();
  const std::string begins = is_text ? beginning(line, "raw") : "base64 " + beginning(line, "raw_base64");
  text.append(indent, ' ');
  text.append(text::toned(text::visible_text(begins, width - indent, style.unicode), text::Tone::dim, style))
      .push_back('\n');
  return text;
}

}  // namespace

Result<BrowseNote> browse_quarantine(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                     const BrowseSink& sink) {
  const bool table = query.format == BrowseFormat::table;
  const std::uint64_t limit = row_limit(query);
  std::vector<std::string> paths;  // a data set without rejected lines has no file
  for (const std::string_view dataset : dataset_names) {
    const std::string path = folder + "/quarantine/" + std::string(dataset) + ".jsonl";
    GM_ASSIGN(const std::optional<FileInfo> found, storage.stat(path));
    if (found) paths.push_back(path);
  }
  OutputPieces out(sink);
  if (query.format == BrowseFormat::csv) out.pending() = csv_head();
  JsonLines lines(storage, std::move(paths));
  std::uint64_t count = 0;
  std::string note;
  for (;;) {
    GM_ASSIGN(const bool found, lines.next());
    if (!found) break;
    GM_RETURN_IF_ERROR(check_line(lines));
    if (!query.reason.empty() && plain_text(member(lines.line(), "reason")) != query.reason) continue;
    if (query.profile && !holds_id(lines.line(), *query.profile)) continue;
    if (count == limit) {
      if (table) note = first_rows_note(count);
      break;
    }
    ++count;
    if (table) out.pending() += shown(lines.line(), query.style);
    GM_ASSIGN(const bool read, table                               ? out.pass_on()
                               : query.format == BrowseFormat::csv ? write_csv(lines.line(), out)
                                                                   : write_json(lines.line(), out));
    if (!read) return BrowseNote();
  }
  GM_RETURN_IF_ERROR(out.pass_all_on());
  if (!note.empty()) return note;
  if (!table || count > 0) return BrowseNote();
  if (query.profile) return BrowseNote("no rejected line holds this id");
  return BrowseNote(query.reason.empty() ? "no rejected lines" : "no line was rejected for this reason");
}

}  // namespace gristmill::browse
