// A table is laid out 1,000 rows at a time, so that memory does not grow with it. Tested by way of each view in
// sessions_test.cc and tests/programs/test_show.py.
#include "browse/row_writer.h"

#include <limits>

#include "browse/csv.h"
#include "browse/json_lines.h"
#include "report/tables.h"
#include "text/figures.h"

namespace gristmill::browse {
namespace {

constexpr std::uint64_t rows_of_a_table = 20;
constexpr std::size_t rows_laid_out = 1000;
constexpr std::size_t laid_out_at_once = 64U << 10;

}  // namespace

RowWriter::RowWriter(const BrowseQuery& query, std::vector<std::string> columns, const BrowseSink& sink)
    : query_(query), columns_(std::move(columns)), sink_(sink) {
  if (query.format != BrowseFormat::csv) return;
  CsvRecord record(pending_);
  for (const std::string& column : columns_) record.add(column);
  record.end();
}

Result<bool> RowWriter::add(std::string_view row) {
  ++rows_;
  if (query_.format == BrowseFormat::csv) {
    CsvRecord record(pending_);
    for (const std::string& column : columns_) {
      const std::string_view value = member(row, column);
      if (is_null(value)) {
        record.add_absent();
      } else {
        record.add(plain_text(value));
      }
    }
    record.end();
  } else {
    pending_.append(row).push_back('\n');
  }
  const bool full =
      query_.format == BrowseFormat::table ? rows_ % rows_laid_out == 0 : pending_.size() >= laid_out_at_once;
  return full ? flush() : Result<bool>(true);
}

Result<bool> RowWriter::flush() {
  std::string text = std::move(pending_);
  pending_.clear();
  if (text.empty()) return true;
  if (query_.format == BrowseFormat::table) text = report::head_of_sessions(text, rows_laid_out, query_.style);
  return sink_(text);
}

std::uint64_t row_limit(const BrowseQuery& query) {
  const std::uint64_t limit = query.limit.value_or(query.format == BrowseFormat::table ? rows_of_a_table : 0);
  return limit == 0 ? std::numeric_limits<std::uint64_t>::max() : limit;
}

BrowseNote first_rows_note(std::uint64_t rows) {
  return "these are the first " + text::grouped(rows) + "; --limit 0 shows all";
}

}  // namespace gristmill::browse
