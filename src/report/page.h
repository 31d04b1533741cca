// A page of HTML built from safe pieces: whatever is not written by this room passes `foreign`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill::report {

// Our own text with the five characters of HTML escaped.
std::string html_text(std::string_view text);

// Text from the input as <code>: made visible, blanks at its ends too, cut to `most_columns` and escaped. Its
// direction ends with it. Not for attributes.
std::string foreign(std::string_view text, std::size_t most_columns = 120);

std::string percent(std::uint64_t part, std::uint64_t whole);  // "1.25 %"; a dash of nothing
std::string shown(double value);                               // four digits

std::string number_cell(std::uint64_t number);  // <td class="number">1,234</td>
std::string html_cell(std::string_view html);   // <td>...</td>
struct Head {
  std::string_view name;
  bool number = false;
  bool is_html = false;  // the name is HTML already
};
// Rows of cells made by the functions above, below a head; in a box that scrolls by itself. A reader can search the
// rows of a `searchable` one.
std::string html_table(const std::vector<Head>& heads, const std::vector<std::string>& rows, bool searchable = false);
// A table that a reader can sort by each column.
std::string sortable_table(const std::vector<Head>& heads, const std::vector<std::string>& rows);

// The whole page. `title` is our own text, `body` HTML.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace gristmill::report
