// One pass that stops as soon as the room is used up, so that a text of megabytes costs no more than a long
// one. Combining marks take no column and are limited by number. Tested in visible_text_test.cc.
#include "text/visible_text.h"

#include <cstdio>

#include "text/code_points.h"

namespace gristmill::text {
namespace {

constexpr std::size_t most_marks = 8;  // in a row

std::string shown(const CodePoint& point, std::string_view bytes, bool unicode) {
  const bool escaped = !point.valid || is_hidden(point.value) || (!unicode && point.value >= 0x80);
  if (!escaped) return std::string(bytes);
  char text[16];
  const bool byte = !point.valid || point.value < 0x80;
  const int length = std::snprintf(text, sizeof text, byte ? "\\x%02x" : "\\u{%x}", point.value);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

std::string visible_text(std::string_view text, std::size_t most_columns, bool unicode) {
  const std::string_view ellipsis = unicode ? "…" : "...";
  const std::size_t ellipsis_width = unicode ? 1 : 3;
  std::string visible;
  std::size_t width = 0;
  std::size_t cut = 0;  // where `visible` ends if the ellipsis must follow
  std::size_t marks = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const std::string piece = shown(point, text.substr(0, point.bytes), unicode);
    text.remove_prefix(point.bytes);
    const std::size_t piece_width = display_width(piece);
    marks = piece_width == 0 ? marks + 1 : 0;
    if (width + piece_width > most_columns || marks > most_marks) {
      visible.resize(cut);
      if (most_columns >= ellipsis_width) visible.append(ellipsis);
      return visible;
    }
    visible.append(piece);
    width += piece_width;
    if (width + ellipsis_width <= most_columns) cut = visible.size();
  }
  return visible;
}

std::size_t display_width(std::string_view visible) {
  std::size_t width = 0;
  while (!visible.empty()) {
    const CodePoint point = first_code_point(visible);
    width += width_of(point.value);
    visible.remove_prefix(point.bytes);
  }
  return width;
}

}  // namespace gristmill::text
