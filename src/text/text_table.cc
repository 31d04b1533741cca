// Widths are settled when the table is printed, after all of its rows are known. Tested in
// text_table_test.cc.
#include "text/text_table.h"

#include <algorithm>

#include "text/visible_text.h"

namespace gristmill::text {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_columns = 12;  // that a cut last column keeps

// Splits the longest line, "number_of_collections", behind the '_' or ' ' that makes the longer half shortest.
// False if it cannot be split.
bool split_head(std::vector<std::string>& head) {
  const auto longest = std::max_element(
      head.begin(), head.end(), [](const auto& a, const auto& b) { return display_width(a) < display_width(b); });
  std::string& line = *longest;
  std::size_t best = 0;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i - 1] != '_' && line[i - 1] != ' ') continue;
    const auto longer = [&](std::size_t at) { return std::max(at, line.size() - at); };
    if (best == 0 || longer(i) < longer(best)) best = i;
  }
  if (best == 0) return false;
  std::string second = line.substr(best);
  line.resize(line[best - 1] == ' ' ? best - 1 : best);
  head.insert(longest + 1, std::move(second));
  return true;
}

std::size_t width_of(const std::vector<std::string>& head) {
  std::size_t width = 0;
  for (const std::string& line : head) width = std::max(width, display_width(line));
  return width;
}

void append_padded(std::string_view text, std::size_t width, Align align, std::string& out) {
  const std::size_t used = display_width(text);
  const std::size_t padding = width > used ? width - used : 0;
  if (align == Align::right) out.append(padding, ' ');
  out.append(text);
  if (align == Align::left) out.append(padding, ' ');
}

}  // namespace

std::string toned(std::string_view text, Tone tone, const TableStyle& style) {
  if (!style.colour || tone == Tone::plain || text.empty()) return std::string(text);
  static constexpr std::string_view codes[] = {"", "2", "1", "32", "33", "1;31"};
  std::string coloured = "\x1b[";
  coloured.append(codes[static_cast<std::size_t>(tone)]).append("m").append(text).append("\x1b[0m");
  return coloured;
}

void TextTable::add_column(std::string_view head, Align align, std::size_t most_columns) {
  columns_.push_back({{visible_text(head, most_columns, style_.unicode)}, align, most_columns});
}

void TextTable::add_row(const std::vector<std::string>& cells, Tone tone) {
  Row row{{}, tone};
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    row.cells.push_back(i < cells.size() ? visible_text(cells[i], columns_[i].most_columns, style_.unicode) : "");
  }
  rows_.push_back(std::move(row));
}

std::size_t TextTable::width_of_cells(std::size_t column) const {
  std::size_t width = 0;
  for (const Row& row : rows_) width = std::max(width, display_width(row.cells[column]));
  return width;
}

// Splits the heads that make their columns wide until the table fits or none can be split.
void TextTable::narrow(std::vector<Column>& columns) const {
  std::vector<std::size_t> cells;
  for (std::size_t i = 0; i < columns.size(); ++i) cells.push_back(width_of_cells(i));
  std::vector<bool> done(columns.size());
  for (;;) {
    std::size_t used = indent_;
    for (const Column& column : columns) used += column.width + gap;
    if (style_.width == 0 || used <= style_.width + gap) return;
    std::size_t widest = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (done[i] || columns[i].width <= cells[i]) continue;
      if (widest == columns.size() || columns[i].width > columns[widest].width) widest = i;
    }
    if (widest == columns.size()) return;
    Column& column = columns[widest];
    done[widest] = !split_head(column.head);
    column.width = std::max(cells[widest], width_of(column.head));
  }
}

std::vector<TextTable::Column> TextTable::laid_out() const {
  std::vector<Column> columns = columns_;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Column& column = columns[i];
    column.width = width_of_cells(i);
    if (width_of(column.head) > std::max<std::size_t>(column.width, least_columns)) split_head(column.head);
    column.width = std::max(column.width, width_of(column.head));
  }
  if (!columns.empty() && columns.back().align == Align::right) narrow(columns);
  if (columns.empty() || columns.back().align == Align::right || style_.width == 0) return columns;
  std::size_t used = indent_;
  for (std::size_t i = 0; i + 1 < columns.size(); ++i) used += columns[i].width + gap;
  const std::size_t room = std::max(least_columns, used < style_.width ? style_.width - used : 0);
  columns.back().width = std::min(columns.back().width, room);
  return columns;
}

void TextTable::append_line(const std::vector<Column>& columns, const std::vector<std::string>& cells, Tone tone,
                            std::string& out) const {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) line.append(gap, ' ');
    append_padded(visible_text(cells[i], columns[i].width, style_.unicode), columns[i].width, columns[i].align, line);
  }
  line.resize(line.find_last_not_of(' ') + 1);
  out.append(indent_, ' ').append(toned(line, tone, style_)).push_back('\n');
}

std::string TextTable::str() const {
  const std::vector<Column> columns = laid_out();
  std::string out;
  const bool has_head = std::any_of(columns.begin(), columns.end(), [](const Column& c) { return !c.head[0].empty(); });
  if (has_head) {
    std::size_t height = 0;
    for (const Column& column : columns) height = std::max(height, column.head.size());
    for (std::size_t line = 0; line < height; ++line) {
      std::vector<std::string> cells;  // heads stand on the rule
      for (const Column& column : columns) {
        const std::size_t above = height - column.head.size();
        cells.push_back(line < above ? "" : column.head[line - above]);
      }
      append_line(columns, cells, Tone::bold, out);
    }
    std::vector<std::string> rule;
    for (const Column& column : columns) {
      std::string dashes;
      for (std::size_t i = 0; i < column.width; ++i) dashes.append(style_.unicode ? "─" : "-");
      rule.push_back(std::move(dashes));
    }
    append_line(columns, rule, Tone::dim, out);
  }
  for (const Row& row : rows_) append_line(columns, row.cells, row.tone, out);
  return out;
}

}  // namespace gristmill::text
