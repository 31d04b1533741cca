// A text is trimmed, or its spelling: there an escape for white space (\t, \u0020) counts as white space, and what
// stays is not decoded. Tested in white_space_test.cc.
#include "record/white_space.h"

#include <cstddef>

namespace gristmill::record {
namespace {

bool is_blank_byte(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// One unit of a string token's inside at `p`: a byte or an escape. Sets whether it is white space.
std::size_t unit_at(const char* p, bool& space) {
  if (*p != '\\') {
    space = *p == ' ';
    return 1;
  }
  if (p[1] != 'u') {
    space = p[1] == 't' || p[1] == 'n' || p[1] == 'r' || p[1] == 'f';
    return 2;
  }
  const auto hex = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  const int code = hex(p[2]) << 12 | hex(p[3]) << 8 | hex(p[4]) << 4 | hex(p[5]);
  space = code == ' ' || (code >= '\t' && code <= '\r');
  return 6;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank_byte(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank_byte(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view trimmed_spelling(std::string_view inside) {
  if (inside.find('\\') == std::string_view::npos) {  // a space is the only one that may stand there as it is
    while (!inside.empty() && inside.front() == ' ') inside.remove_prefix(1);
    while (!inside.empty() && inside.back() == ' ') inside.remove_suffix(1);
    return inside;
  }
  const char* p = inside.data();
  const char* const end = p + inside.size();
  const char* first = nullptr;
  const char* last = p;
  while (p < end) {
    bool space = false;
    const std::size_t length = unit_at(p, space);
    if (!space) {
      if (first == nullptr) first = p;
      last = p + length;
    }
    p += length;
  }
  if (first == nullptr) return inside.substr(0, 0);
  return {first, static_cast<std::size_t>(last - first)};
}

}  // namespace gristmill::record
