// What is done to proved JSON 16 bytes at a time: the end of a value is found, white space is left out.
//
// Which bytes of a block lie in strings is the running parity of its quotes. A block with an escape in it goes byte
// by byte. From token to token, the end of a behaviour of 4 kB took five times as long, and a line that has a field
// too many for the fast path was walked over four times. Tested in json_text_test.cc.
#include "json/json_text.h"

namespace gristmill::json {
namespace {

#ifdef __SSE2__

// 16 bytes, a bit for each in every mask.
struct Block {
  // `inside`: it begins in a string.
  Block(const char* p, bool inside) : bytes(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))) {
    escapes = where(bytes, '\\');
    in_string = where(bytes, '"');
    in_string ^= in_string << 1;
    in_string ^= in_string << 2;
    in_string ^= in_string << 4;
    in_string ^= in_string << 8;
    if (inside) in_string = ~in_string;
  }
  static unsigned where(__m128i bytes, char c) {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));
  }
  bool ends_inside() const { return (in_string >> 15 & 1) != 0; }

  __m128i bytes;
  unsigned escapes;
  unsigned in_string;  // from a string's opening quote to before its closing one; bits beyond 16 are any
};

#endif

// From an opening bracket to behind the one that closes it.
const char* skip_brackets(const char* p) {
  std::size_t depth = 0;
  bool inside = false;  // a string
  for (;;) {
#ifdef __SSE2__
    for (;; p += 16) {
      const Block block(p, inside);
      if (block.escapes != 0) break;
      // With one bit set in each byte, '[' is '{' and ']' is '}'.
      const __m128i folded = _mm_or_si128(block.bytes, _mm_set1_epi8(0x20));
      const unsigned opening = Block::where(folded, '{') & ~block.in_string;
      const unsigned closing = Block::where(folded, '}') & ~block.in_string;
      for (unsigned brackets = opening | closing; brackets != 0; brackets &= brackets - 1) {
        const int place = __builtin_ctz(brackets);
        if ((opening >> place & 1) != 0) {
          ++depth;
        } else if (--depth == 0) {
          return p + place + 1;
        }
      }
      inside = block.ends_inside();
    }
#endif
    for (const char* const stop = p + 16; p < stop || inside;) {
      const char c = *p++;
      if (inside) {
        if (c == '\\') ++p;
        inside = c != '"';
      } else if (c == '"') {
        inside = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return p;
      }
    }
  }
}

}  // namespace

const char* skip_value(const char* p) {
  switch (*p) {
    case '"': {
      unsigned high = 0;
      for (p = scan_string(p + 1, high); *p != '"'; p = scan_string(p + 2, high)) {
      }
      return p + 1;
    }
    case '{':
    case '[': return skip_brackets(p);
    default:
      while (*p != ',' && *p != '}' && *p != ']' && static_cast<unsigned char>(*p) > ' ') ++p;
      return p;
  }
}

// A block is copied whole, up to the next white space outside strings, and what follows that overwrites the rest:
// Python's writer puts one space after each name and each value.
char* copy_without_space(std::string_view value, char* out) {
  const char* p = value.data();
  const char* const end = p + value.size();
  bool inside = false;  // a string
#ifdef __SSE2__
  while (p < end) {
    const Block block(p, inside);
    if (block.escapes != 0) break;
    const __m128i spaces = _mm_cmpeq_epi8(_mm_min_epu8(block.bytes, _mm_set1_epi8(' ')), block.bytes);
    const unsigned gaps = static_cast<unsigned>(_mm_movemask_epi8(spaces)) & ~block.in_string;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), block.bytes);
    const std::ptrdiff_t length = gaps != 0 ? __builtin_ctz(gaps) : 16;
    if (length >= end - p) return out + (end - p);
    out += length;
    p += length + (gaps != 0 ? 1 : 0);
    inside = gaps == 0 && block.ends_inside();
  }
#endif
  while (p < end) {
    const char c = *p++;
    if (inside || static_cast<unsigned char>(c) > ' ') *out++ = c;
    if (c == '"') inside = !inside;
    if (c == '\\') *out++ = *p++;
  }
  return out;
}

}  // namespace gristmill::json
