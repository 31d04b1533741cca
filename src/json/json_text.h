// JSON as text: checked once, then walked and copied without ever being converted.
//
// Grammar: RFC 8259, plus the bare tokens NaN, Infinity and -Infinity that Python writes. No tree is
// built, so that a dense line costs no memory beside itself: `check_json` proves the whole text,
// and the walkers below rely on that proof.
//
// Every text handed in here must be followed by `text_padding` readable bytes, the first of which is
// NUL: the scanners read 16 bytes at a time and stop at that sentinel rather than compare with an
// end. (A NUL inside a text is no JSON, so stopping there is right too.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "json/stop_check.h"

namespace gristmill::json {

inline constexpr std::size_t text_padding = 32;
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // of UTF-8

// Of a line: may it begin with a byte-order mark, which is skipped then, or did one stand before it?
enum class MarkBefore : std::uint8_t { possible, no, yes };

enum class JsonFault : std::uint8_t { none, invalid, too_deep, stopped };

struct JsonCheck {
  JsonFault fault = JsonFault::none;
  const char* what = "";  // for people: "a field name should be here"
  std::size_t at = 0;     // byte offset of the fault
  bool nan = false;       // a NaN, Infinity or -Infinity token occurs
  explicit operator bool() const { return fault == JsonFault::none; }
};

// Checks that `text` is exactly one JSON value with optional white space around it, nested at most
// `depth_limit` deep (the outermost bracket is 1). Stops at the first fault.
// Where `stop` says so it gives up, with the fault `stopped`.
JsonCheck check_json(std::string_view text, std::uint32_t depth_limit, StopCheck* stop = nullptr);

// Checks one value that begins at `p` (no white space before it), `depth` brackets being open around
// it. Returns the first byte after it, or nullptr on any fault; sets `nan` if such a token occurs.
const char* check_value(const char* p, std::uint32_t depth, std::uint32_t depth_limit, bool& nan);

// From a byte inside a string to its first '"', '\\' or control character; ors the bytes' high bits
// into `high` (not 0: there are bytes beyond ASCII). Inline, as is scan_number: a line has thousands of
// strings and numbers of a few bytes.
inline const char* scan_string(const char* p, unsigned& high) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1F);
  for (;;) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                      _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes));
    const auto stops = static_cast<unsigned>(_mm_movemask_epi8(stop));
    const auto highs = static_cast<unsigned>(_mm_movemask_epi8(bytes));
    if (stops != 0) {
      high |= highs & (stops ^ (stops - 1)) >> 1;  // only the bytes before the stop
      return p + __builtin_ctz(stops);
    }
    high |= highs;
    p += 16;
  }
#else
  for (;; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"' || c == '\\' || c < 0x20) return p;
    high |= c & 0x80U;
  }
#endif
}

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// Are the 8 bytes at `p` digits all?
inline bool are_8_digits(const char* p) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, p, sizeof bytes);
  // A digit has the high nibble 3, and still has it when 6 is added.
  return ((bytes & 0xF0F0F0F0F0F0F0F0) | ((bytes + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4) ==
         0x3333333333333333;
}

// Most runs of digits are short: they end before it pays to look at 8 at a time.
inline const char* skip_digits(const char* p) {
  for (int i = 0; i < 3; ++i, ++p) {
    if (!is_digit(*p)) return p;
  }
  while (are_8_digits(p)) p += 8;
  while (is_digit(*p)) ++p;
  return p;
}

// The end of a number that begins at `p`, nullptr if there is none by the grammar.
__attribute__((always_inline)) inline const char* scan_number(const char* p) {
  if (*p == '-') ++p;
  if (*p == '0') {
    ++p;
  } else if (is_digit(*p)) {
    p = skip_digits(p + 1);
  } else {
    return nullptr;
  }
  if (*p == '.') {
    ++p;
    if (!is_digit(*p)) return nullptr;
    p = skip_digits(p + 1);
  }
  if (*p == 'e' || *p == 'E') {
    ++p;
    if (*p == '+' || *p == '-') ++p;
    if (!is_digit(*p)) return nullptr;
    p = skip_digits(p + 1);
  }
  return p;
}

bool is_json_number(std::string_view text);   // all of it
bool is_json_integer(std::string_view text);  // all of it; no '.', no exponent

// --- Walking text that check_json has proved ---

inline bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
inline const char* skip_space(const char* p) {
  while (is_json_space(*p)) ++p;
  return p;
}
// From a value's first byte to the byte after it.
const char* skip_value(const char* p);

enum class JsonType : std::uint8_t { object, array, string, number, boolean, null };
// The type of the value that begins at `p`; NaN, Infinity and -Infinity are null.
JsonType type_of(const char* p);
std::string_view name_of(JsonType type);  // "an object", ...

// Iterates the members of the object that begins at `p` ('{').
//   for (ObjectWalk walk(p); walk.next();) { walk.key, walk.value ... }
// The caller may set `value_end` when it has walked over the value itself; else it is skipped.
class ObjectWalk {
 public:
  explicit ObjectWalk(const char* object) : p_(object) {}
  bool next();
  std::string_view key;             // with its quotes, verbatim
  const char* value = nullptr;      // first byte of the value
  const char* value_end = nullptr;  // set by the caller, or by end_of_value()
  const char* end_of_value() {
    if (value_end == nullptr) value_end = skip_value(value);
    return value_end;
  }
  std::string_view value_text() { return {value, static_cast<std::size_t>(end_of_value() - value)}; }
  const char* after() const { return p_; }  // after next() returned false: behind the '}'

 private:
  const char* p_;
  bool first_ = true;
};

// The same for an array that begins at `p` ('[').
class ArrayWalk {
 public:
  explicit ArrayWalk(const char* array) : p_(array) {}
  bool next();
  const char* value = nullptr;
  const char* value_end = nullptr;
  const char* end_of_value() {
    if (value_end == nullptr) value_end = skip_value(value);
    return value_end;
  }
  std::string_view value_text() { return {value, static_cast<std::size_t>(end_of_value() - value)}; }
  const char* after() const { return p_; }

 private:
  const char* p_;
  bool first_ = true;
};

// Appends the text of the string token `token` (with its quotes), unescaped. A lone surrogate escape
// becomes its three-byte form (WTF-8), which is no UTF-8. Returns false if there was one.
bool unescape(std::string_view token, std::string& out);
// The unescaped text: a view into the token where nothing is escaped, else into `scratch`.
std::string_view unescaped(std::string_view token, std::string& scratch);

// Hands out `value` without insignificant white space, NaN and the infinities as null, in pieces as long as may be:
// use(std::string_view).
template <typename Use>
void for_each_compact_piece(std::string_view value, Use&& use) {
  const char* p = value.data();
  const char* const end = p + value.size();
  const char* piece = p;
  const auto end_piece = [&] {
    if (p != piece) use(std::string_view(piece, static_cast<std::size_t>(p - piece)));
  };
  while (p < end) {
    const char c = *p;
    std::ptrdiff_t null = 0;  // bytes of a token that is written so
    if (c == '"') {
      p = skip_value(p);
      continue;
    }
    if (c == 'N') {
      null = 3;
    } else if (c == 'I') {
      null = 8;
    } else if (c == '-' && p[1] == 'I') {
      null = 9;
    } else if (!is_json_space(c)) {
      ++p;
      continue;
    }
    end_piece();
    if (null != 0) use(std::string_view("null"));
    p += null != 0 ? null : 1;
    piece = p;
  }
  end_piece();
}
// Appends them.
void append_compact(std::string_view value, std::string& out);
// The bytes that this would be.
std::uint64_t compact_size(std::string_view value);

// Copies a value that holds no NaN token without its white space; returns the end of the copy. Writes up to
// text_padding bytes more than the value's size, with whatever bytes.
char* copy_without_space(std::string_view value, char* out);

// Appends `text` as a JSON string with minimal, lower-case escapes, or nothing and false if that takes more than `most`
// bytes. Surrogates in WTF-8 form become \ud800 escapes; any other invalid byte must not occur.
bool append_json_string(std::string_view text, std::string& out, std::size_t most = std::string::npos);

// Appends bytes that may not be UTF-8 (a file name) as a JSON string; what is not UTF-8 becomes U+FFFD.
void append_json_name(std::string_view name, std::string& out);

// The first bytes of a text, not more than `most`, not cut inside a character of UTF-8.
std::string beginning_of(std::string_view text, std::size_t most);

bool is_utf8(std::string_view text);
// The offset of the first byte that is not part of valid UTF-8 (text.size() if all is).
std::size_t utf8_fault(std::string_view text);

}  // namespace gristmill::json
