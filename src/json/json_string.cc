// Texts as JSON strings. What needs no escape is copied 16 bytes at a time, through a buffer that takes the escapes as
// well: appending bytes one by one was a third of a run that rejects half of its lines. Tested in json_string_test.cc.
#include <array>
#include <iterator>

#include "json/json_text.h"

namespace gristmill::json {
namespace {

// What follows the backslash that a byte is written with; 0: the byte stands as it is, or is rare.
constexpr std::array<char, 256> escape_letters = [] {
  std::array<char, 256> letters{};
  for (unsigned c = 0; c < 0x20; ++c) letters[c] = 'u';
  letters['"'] = '"';
  letters['\\'] = '\\';
  letters['\b'] = 'b';
  letters['\f'] = 'f';
  letters['\n'] = 'n';
  letters['\r'] = 'r';
  letters['\t'] = 't';
  return letters;
}();

#ifdef __SSE2__
// A bit for each byte that append_json_string() may write in another way.
inline unsigned escaped_bytes(__m128i bytes) {
  const auto equals = [bytes](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(equals('"'), equals('\\')), _mm_or_si128(equals('\xED'), controls))));
}
#endif

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  static constexpr char hex[] = "0123456789abcdef";
  char buffer[512];
  char* p = buffer;
  *p++ = '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (p > std::end(buffer) - 24) {
      out.append(buffer, p);
      p = buffer;
    }
#ifdef __SSE2__
    if (text.size() - i >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
      const unsigned escaped = escaped_bytes(bytes);
      const auto plain = static_cast<unsigned>(__builtin_ctz(escaped | 1U << 16));
      p += plain;
      i += plain;
      if (escaped == 0) {
        --i;
        continue;
      }
    }
#endif
    const auto c = static_cast<unsigned char>(text[i]);
    const char letter = escape_letters[c];
    *p = '\\';
    p += letter != 0 ? 1 : 0;
    *p++ = letter != 0 ? letter : static_cast<char>(c);
    if (letter == 'u') {
      for (const char digit : {'0', '0', hex[c >> 4], hex[c & 15]}) *p++ = digit;
    } else if (c == 0xED && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0) {
      const unsigned unit = 0xD000U | (static_cast<unsigned char>(text[i + 1]) & 0x3FU) << 6 |
                            (static_cast<unsigned char>(text[i + 2]) & 0x3FU);
      p[-1] = '\\';
      *p++ = 'u';
      for (int shift = 12; shift >= 0; shift -= 4) *p++ = hex[unit >> shift & 15];
      i += 2;
    }
  }
  *p++ = '"';
  out.append(buffer, p);
}

void append_json_name(std::string_view name, std::string& out) {
  if (is_utf8(name)) {
    append_json_string(name, out);
    return;
  }
  std::string repaired;
  while (!name.empty()) {
    const std::size_t good = utf8_fault(name);
    repaired.append(name.substr(0, good));
    name.remove_prefix(good);
    if (name.empty()) break;
    repaired.append("\xEF\xBF\xBD");
    name.remove_prefix(1);
  }
  append_json_string(repaired, out);
}

}  // namespace gristmill::json
