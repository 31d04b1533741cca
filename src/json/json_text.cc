// The checker keeps its open brackets in a bit stack and goes by states, not by recursion, so that a
// depth limit of any size costs a bit a level. Strings are scanned 16 bytes at a time with SSE2 (the
// x86-64 baseline), elsewhere byte by byte; wider registers won nothing on strings of a few bytes.
// Tested in json_text_test.cc and against Python's json by tests/differential.
#include "json/json_text.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace gristmill::json {
namespace {

inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four hex digits at `p`, -1 if they are not there.
inline int hex4(const char* p) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

// From behind the opening quote to behind the closing one; on a fault nullptr, `fault_at` set.
const char* check_string(const char* p, const char*& fault_at, const char*& what) {
  unsigned high = 0;
  for (;;) {
    p = scan_string(p, high);
    if (*p == '"') return p + 1;
    if (*p != '\\') {
      fault_at = p;
      what = "a control character or the end of the line inside a string";
      return nullptr;
    }
    switch (p[1]) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't': p += 2; break;
      case 'u':
        if (hex4(p + 2) < 0) {
          fault_at = p;
          what = "four hex digits should follow \\u";
          return nullptr;
        }
        p += 6;
        break;
      default:
        fault_at = p;
        what = "no such escape";
        return nullptr;
    }
  }
}

// The end of a bare word or number at `p`, nullptr if there is none.
const char* check_scalar(const char* p, bool& nan) {
  switch (*p) {
    case 't': return std::memcmp(p, "true", 4) == 0 ? p + 4 : nullptr;
    case 'f': return std::memcmp(p, "false", 5) == 0 ? p + 5 : nullptr;
    case 'n': return std::memcmp(p, "null", 4) == 0 ? p + 4 : nullptr;
    case 'N':
      if (std::memcmp(p, "NaN", 3) != 0) return nullptr;
      nan = true;
      return p + 3;
    case 'I':
      if (std::memcmp(p, "Infinity", 8) != 0) return nullptr;
      nan = true;
      return p + 8;
    case '-':
      if (p[1] == 'I') {
        if (std::memcmp(p + 1, "Infinity", 8) != 0) return nullptr;
        nan = true;
        return p + 9;
      }
      return scan_number(p);
    default: return scan_number(p);
  }
}

class BracketStack {
 public:
  void push(bool object) {
    if (size_ % 64 == 0 && size_ / 64 == words_.size()) words_.push_back(0);
    std::uint64_t& word = words_[size_ / 64];
    const std::uint64_t bit = std::uint64_t{1} << (size_ % 64);
    word = object ? word | bit : word & ~bit;
    ++size_;
  }
  void pop() { --size_; }
  bool top_is_object() const { return (words_[(size_ - 1) / 64] >> ((size_ - 1) % 64) & 1) != 0; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

struct ValueCheck {
  const char* end = nullptr;  // nullptr: a fault
  const char* fault_at = nullptr;
  const char* what = "";
  JsonFault fault = JsonFault::none;
};

// One value at `p`, iteratively. The sentinel behind the text stops every scan.
ValueCheck walk_value(const char* p, std::uint32_t depth, std::uint32_t depth_limit, bool& nan, StopCheck* stop) {
  BracketStack open;
  constexpr std::size_t between = 1U << 20;  // bytes
  const char* ask_at = p + between;
  const auto invalid = [](const char* at, const char* what) {
    return ValueCheck{nullptr, at, what, JsonFault::invalid};
  };
value:
  if (p >= ask_at && stop != nullptr) {
    if (stop->after(between)) return {nullptr, p, "", JsonFault::stopped};
    ask_at = p + between;
  }
  if (*p == '{' || *p == '[') {
    if (open.size() + depth >= depth_limit) {
      return {nullptr, p, "nested too deep", JsonFault::too_deep};
    }
    const bool object = *p == '{';
    open.push(object);
    p = skip_space(p + 1);
    if (object) {
      if (*p == '}') {
        ++p;
        open.pop();
        goto after_value;
      }
      goto key;
    }
    if (*p == ']') {
      ++p;
      open.pop();
      goto after_value;
    }
    goto value;
  }
  if (*p == '"') {
    const char* at = nullptr;
    const char* what = "";
    p = check_string(p + 1, at, what);
    if (p == nullptr) return invalid(at, what);
  } else {
    const char* end = check_scalar(p, nan);
    if (end == nullptr) return invalid(p, "a value should be here");
    p = end;
  }
after_value:
  if (open.empty()) return {p, nullptr, "", JsonFault::none};
  p = skip_space(p);
  if (open.top_is_object()) {
    if (*p == ',') {
      p = skip_space(p + 1);
      goto key;
    }
    if (*p != '}') return invalid(p, "',' or '}' should be here");
  } else {
    if (*p == ',') {
      p = skip_space(p + 1);
      goto value;
    }
    if (*p != ']') return invalid(p, "',' or ']' should be here");
  }
  ++p;
  open.pop();
  goto after_value;
key:
  if (*p != '"') return invalid(p, "a field name in quotes should be here");
  {
    const char* at = nullptr;
    const char* what = "";
    p = check_string(p + 1, at, what);
    if (p == nullptr) return invalid(at, what);
  }
  p = skip_space(p);
  if (*p != ':') return invalid(p, "':' should be here");
  p = skip_space(p + 1);
  goto value;
}

void append_code_point(std::uint32_t c, std::string& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | c >> 6));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | c >> 12));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | c >> 18));
    out.push_back(static_cast<char>(0x80 | (c >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

// From the opening quote of a proved string to behind its closing one.
inline const char* skip_string(const char* p) {
  unsigned high = 0;
  ++p;
  for (;;) {
    p = scan_string(p, high);
    if (*p == '"') return p + 1;
    p += 2;
  }
}

}  // namespace

bool is_json_number(std::string_view text) {
  std::string copy(text);
  copy.append(text_padding, '\0');
  return scan_number(copy.data()) == copy.data() + text.size();
}

bool is_json_integer(std::string_view text) {
  return is_json_number(text) && text.find_first_of(".eE") == std::string_view::npos;
}

const char* check_value(const char* p, std::uint32_t depth, std::uint32_t depth_limit, bool& nan) {
  return walk_value(p, depth, depth_limit, nan, nullptr).end;
}

JsonCheck check_json(std::string_view text, std::uint32_t depth_limit, StopCheck* stop) {
  JsonCheck result;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto fault = [&](JsonFault kind, const char* at, const char* what) {
    result.fault = kind;
    result.at = static_cast<std::size_t>(at - begin);
    result.what = at >= end ? "the text ends too early" : what;
    return result;
  };
  const char* p = skip_space(begin);
  if (p >= end) return fault(JsonFault::invalid, end, "");
  const ValueCheck check = walk_value(p, 0, depth_limit, result.nan, stop);
  if (check.end == nullptr) return fault(check.fault, check.fault_at, check.what);
  p = skip_space(check.end);
  if (p != end) return fault(JsonFault::invalid, p, "something follows the value");
  return result;
}

JsonType type_of(const char* p) {
  switch (*p) {
    case '{': return JsonType::object;
    case '[': return JsonType::array;
    case '"': return JsonType::string;
    case 't':
    case 'f': return JsonType::boolean;
    case 'n':
    case 'N':
    case 'I': return JsonType::null;
    case '-': return p[1] == 'I' ? JsonType::null : JsonType::number;
    default: return JsonType::number;
  }
}

std::string_view name_of(JsonType type) {
  switch (type) {
    case JsonType::object: return "an object";
    case JsonType::array: return "a list";
    case JsonType::string: return "a string";
    case JsonType::number: return "a number";
    case JsonType::boolean: return "a bool";
    case JsonType::null: return "null";
  }
  return "";
}

bool ObjectWalk::next() {
  const char* p = p_;
  if (first_) {
    first_ = false;
    p = skip_space(p + 1);
    if (*p == '}') {
      p_ = p + 1;
      return false;
    }
  } else {
    p = skip_space(end_of_value());
    if (*p == '}') {
      p_ = p + 1;
      return false;
    }
    p = skip_space(p + 1);
  }
  const char* key_end = skip_string(p);
  key = {p, static_cast<std::size_t>(key_end - p)};
  value = skip_space(skip_space(key_end) + 1);
  value_end = nullptr;
  return true;
}

bool ArrayWalk::next() {
  const char* p = p_;
  if (first_) {
    first_ = false;
    p = skip_space(p + 1);
    if (*p == ']') {
      p_ = p + 1;
      return false;
    }
  } else {
    p = skip_space(end_of_value());
    if (*p == ']') {
      p_ = p + 1;
      return false;
    }
    p = skip_space(p + 1);
  }
  value = p;
  value_end = nullptr;
  return true;
}

bool unescape(std::string_view token, std::string& out) {
  bool whole_pairs = true;
  const char* p = token.data() + 1;
  const char* const end = token.data() + token.size() - 1;
  while (p < end) {
    const auto* escape = static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
    if (escape == nullptr) escape = end;
    out.append(p, escape);
    if (escape == end) break;
    p = escape + 2;
    switch (escape[1]) {
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'u': {
        auto c = static_cast<std::uint32_t>(hex4(p));
        p += 4;
        if (c >= 0xD800 && c < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
          const auto low = static_cast<std::uint32_t>(hex4(p + 2));
          if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            p += 6;
          }
        }
        if (c >= 0xD800 && c < 0xE000) whole_pairs = false;
        append_code_point(c, out);
        break;
      }
      default: out.push_back(escape[1]); break;
    }
  }
  return whole_pairs;
}

std::string_view unescaped(std::string_view token, std::string& scratch) {
  const std::string_view inner = token.substr(1, token.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return inner;
  scratch.clear();
  unescape(token, scratch);
  return scratch;
}

void append_compact(std::string_view value, std::string& out) {
  for_each_compact_piece(value, [&out](std::string_view piece) { out.append(piece); });
}

std::uint64_t compact_size(std::string_view value) {
  std::uint64_t size = 0;
  for_each_compact_piece(value, [&size](std::string_view piece) { size += piece.size(); });
  return size;
}

std::string beginning_of(std::string_view text, std::size_t most) {
  std::size_t cut = std::min(text.size(), most);
  if (cut < text.size()) {
    for (int i = 0; i < 3 && cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U; ++i) --cut;
  }
  return std::string(text.substr(0, cut));
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::size_t utf8_fault(std::string_view text) {
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U; };
  const auto continues = [&](std::size_t k) { return (at(k) & 0xC0U) == 0x80U; };
  while (i < text.size()) {
    const unsigned c = at(i);
    if (c < 0x80) {
      ++i;
    } else if (c >= 0xC2 && c < 0xE0 && continues(i + 1)) {
      i += 2;
    } else if ((c & 0xF0U) == 0xE0 && continues(i + 1) && continues(i + 2) && !(c == 0xE0 && at(i + 1) < 0xA0) &&
               !(c == 0xED && at(i + 1) >= 0xA0)) {
      i += 3;
    } else if (c >= 0xF0 && c < 0xF5 && continues(i + 1) && continues(i + 2) && continues(i + 3) &&
               !(c == 0xF0 && at(i + 1) < 0x90) && !(c == 0xF4 && at(i + 1) >= 0x90)) {
      i += 4;
    } else {
      return i;
    }
  }
  return i;
}

}  // namespace gristmill::json
