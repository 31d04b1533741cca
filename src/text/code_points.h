// What a code point does to a line of text: how many columns it takes, and whether it can be seen at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gristmill::text {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;  // that it takes in the text
  bool valid = true;      // false: one byte that is no part of UTF-8, in `value`
};

// The code point that `text` begins with. REQUIRES: !text.empty()
CodePoint first_code_point(std::string_view text);

// Columns on a terminal: 2 for East Asian wide characters and emoji, 0 for combining marks, else 1. A best effort by
// the Unicode of utf8proc; terminals differ.
unsigned width_of(std::uint32_t code_point);

// Control characters, marks that change the direction of the text, and what is invisible: a reader would
// see none of them, a terminal may obey them.
bool is_hidden(std::uint32_t code_point);

}  // namespace gristmill::text
