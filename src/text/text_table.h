// A table of text: columns as wide as their widest cell, a head with a rule below it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill::text {

struct TableStyle {
  bool colour = false;   // ANSI colours
  bool unicode = true;   // lines and marks beyond ASCII; without it every character printed is ASCII
  unsigned width = 100;  // columns of the terminal; texts are cut to fit where that is possible
};

enum class Align : std::uint8_t { left, right };
enum class Tone : std::uint8_t { plain, dim, bold, good, warning, bad };

// `text` in the colours of `tone`; as it is where the style has no colour.
std::string toned(std::string_view text, Tone tone, const TableStyle& style);

// Cells are made visible on the way in. The last column, if it is on the left, is cut to the width of the
// style; other cells are cut at `most_columns` of their column.
class TextTable {
 public:
  explicit TextTable(const TableStyle& style, std::size_t indent = 2) : style_(style), indent_(indent) {}

  // A head of more than one word is set in two lines where the cells below are narrower, and in more where
  // the table is wider than the style.
  void add_column(std::string_view head, Align align, std::size_t most_columns = 48);
  void add_row(const std::vector<std::string>& cells, Tone tone = Tone::plain);

  // The table; without its head and rule if no column has one.
  std::string str() const;

 private:
  struct Column {
    std::vector<std::string> head;  // its lines
    Align align;
    std::size_t most_columns;
    std::size_t width = 0;
  };
  struct Row {
    std::vector<std::string> cells;
    Tone tone;
  };
  std::vector<Column> laid_out() const;
  void narrow(std::vector<Column>& columns) const;
  std::size_t width_of_cells(std::size_t column) const;
  void append_line(const std::vector<Column>& columns, const std::vector<std::string>& cells, Tone tone,
                   std::string& out) const;

  const TableStyle& style_;
  std::size_t indent_;
  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace gristmill::text
