// An item longer than a line stays whole: a path that is broken cannot be copied. Tested in
// text_table_test.cc.
#include "text/wrapped_text.h"

#include <algorithm>
#include <cstdint>

#include "text/visible_text.h"

namespace gristmill::text {
namespace {

constexpr std::size_t indent = 2;
constexpr std::size_t gap_behind_label = 2;
constexpr std::size_t least_text_columns = 20;

}  // namespace

std::string labelled_list(std::string_view label, std::size_t label_width, const std::vector<std::string>& items,
                          Tone tone, const TableStyle& style) {
  const std::size_t left = indent + label_width + gap_behind_label;
  const std::size_t room =
      style.width == 0 ? SIZE_MAX : std::max(least_text_columns + left, std::size_t{style.width}) - left;
  std::string out(indent, ' ');
  out.append(label).append(left > out.size() ? left - out.size() : 0, ' ');
  std::string line;
  const auto end_line = [&] { out.append(toned(line, tone, style)).push_back('\n'); };
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string item = visible_text(items[i], SIZE_MAX, style.unicode) + (i + 1 < items.size() ? "," : "");
    if (!line.empty() && display_width(line) + 1 + display_width(item) > room) {
      end_line();
      out.append(left, ' ');
      line.clear();
    }
    line.append(line.empty() ? "" : " ").append(item);
  }
  end_line();
  return out;
}

std::string wrapped_sentence(std::string_view sentence, const TableStyle& style) {
  const std::size_t width = style.width == 0 ? SIZE_MAX : std::max<std::size_t>(style.width, 2 * least_text_columns);
  std::string out;
  std::string line(indent, ' ');
  bool any = false;  // on the line
  while (!sentence.empty()) {
    const std::string_view word = sentence.substr(0, sentence.find(' '));
    sentence.remove_prefix(std::min(word.size() + 1, sentence.size()));
    if (any && line.size() + 1 + word.size() > width) {
      out.append(line).push_back('\n');
      line.assign(2 * indent, ' ');
      any = false;
    }
    line.append(any ? " " : "").append(word);
    any = true;
  }
  return out.append(line).append("\n");
}

}  // namespace gristmill::text
