// Texts as JSON strings, through a buffer that takes the escapes as well: appending bytes one by one was a third of a
// run that rejects half of its lines. Where escapes stand is found for 64 bytes at once: JSON in a string has one every
// few bytes, and to look for the next from each anew took longer. Tested in json_string_test.cc.
#include <array>
#include <bit>
#include <cstdint>
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

// Writes the byte at text[i], or the surrogate that begins there, as its escape if it needs one; moves both on.
inline char* append_byte(std::string_view text, std::size_t& i, char* p) {
  static constexpr char hex[] = "0123456789abcdef";
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
  ++i;
  return p;
}

#ifdef __SSE2__
// Copies 16 bytes at a time, and up to 15 more than asked for.
inline char* copy_plain(const char* from, std::size_t size, char* p) {
  for (std::size_t k = 0; k < size; k += 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p + k), _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + k)));
  }
  return p + size;
}

// Writes a block that begins at text[i], and what its last character has behind it. REQUIRES: 16 more bytes of text.
constexpr std::size_t block = 64;
inline char* append_block(std::string_view text, std::size_t& i, char* p) {
  std::uint64_t escaped = 0;
  for (std::size_t k = 0; k < block; k += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i + k));
    escaped |= std::uint64_t{escaped_bytes(bytes)} << k;
  }
  const std::size_t begin = i;
  for (; escaped != 0; escaped &= escaped - 1) {
    const std::size_t at = begin + static_cast<std::size_t>(std::countr_zero(escaped));
    p = copy_plain(text.data() + i, at - i, p);
    i = at;
    p = append_byte(text, i, p);
  }
  if (i < begin + block) {
    p = copy_plain(text.data() + i, begin + block - i, p);
    i = begin + block;
  }
  return p;
}
#endif

}  // namespace

bool append_json_string(std::string_view text, std::string& out, std::size_t most) {
  const std::size_t begin = out.size();
  char buffer[1024];
  char* p = buffer;
  *p++ = '"';
  const auto flush = [&] {
    if (out.size() - begin + static_cast<std::size_t>(p - buffer) > most) return false;
    out.append(buffer, p);
    p = buffer;
    return true;
  };
  const auto give_up = [&] {
    out.resize(begin);
    return false;
  };
  std::size_t i = 0;
#ifdef __SSE2__
  while (text.size() - i >= block + 16) {
    if (p > std::end(buffer) - 6 * block - 16 && !flush()) return give_up();
    p = append_block(text, i, p);
  }
#endif
  while (i < text.size()) {
    if (p > std::end(buffer) - 24 && !flush()) return give_up();
#ifdef __SSE2__
    if (text.size() - i >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
      const unsigned escaped = escaped_bytes(bytes);
      const auto plain = static_cast<unsigned>(__builtin_ctz(escaped | 1U << 16));
      p += plain;
      i += plain;
      if (escaped == 0) continue;
    }
#endif
    p = append_byte(text, i, p);
  }
  *p++ = '"';
  return flush() || give_up();
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
