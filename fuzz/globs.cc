// A glob against a name, compared with a matcher that tries everything, where both are short enough for it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/json_text.h"
#include "require.h"
#include "source/glob.h"

namespace gristmill::fuzz {
namespace {

using Text = std::vector<std::uint32_t>;  // code points

Text code_points(std::string_view text) {
  Text out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    out.push_back(c);
    i += length;
  }
  return out;
}

// One component, as Python's fnmatch has it.
bool matches(const Text& pattern, std::size_t p, const Text& name, std::size_t n) {
  if (p == pattern.size()) return n == name.size();
  if (pattern[p] == '*')
    return matches(pattern, p + 1, name, n) || (n < name.size() && matches(pattern, p, name, n + 1));
  if (n == name.size()) return false;
  if (pattern[p] == '?') return matches(pattern, p + 1, name, n + 1);
  if (pattern[p] == '[') {
    std::size_t i = p + 1;
    const bool negated = i < pattern.size() && pattern[i] == '!';
    if (negated) ++i;
    std::size_t close = i + 1;  // a ']' that comes first is itself
    while (close < pattern.size() && pattern[close] != ']') ++close;
    if (i < pattern.size() && close < pattern.size()) {
      bool found = false;
      while (i < close) {
        if (i + 2 < close && pattern[i + 1] == '-') {
          found = found || (pattern[i] <= name[n] && name[n] <= pattern[i + 2]);
          i += 3;
        } else {
          found = found || pattern[i] == name[n];
          ++i;
        }
      }
      return found != negated && matches(pattern, close + 1, name, n + 1);
    }
  }
  return pattern[p] == name[n] && matches(pattern, p + 1, name, n + 1);
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool paths_match(const std::vector<std::string_view>& pattern, std::size_t p, const std::vector<std::string_view>& name,
                 std::size_t n) {
  if (p == pattern.size()) return n == name.size();
  const bool hidden = n < name.size() && name[n].starts_with('.');
  if (pattern[p] == "**") {
    const bool last = p + 1 == pattern.size();
    if (!last && paths_match(pattern, p + 1, name, n)) return true;
    if (n == name.size() || hidden) return false;
    return (last && n + 1 == name.size()) || paths_match(pattern, p, name, n + 1);
  }
  if (n == name.size() || (hidden && !pattern[p].starts_with('.'))) return false;
  return matches(code_points(pattern[p]), 0, code_points(name[n]), 0) && paths_match(pattern, p + 1, name, n + 1);
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  using namespace gristmill::fuzz;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\n'), text.size());
  const std::string_view pattern = text.substr(0, cut);
  const std::string_view name = text.substr(std::min(cut + 1, text.size()));
  if (pattern.size() > 256 || name.size() > 256) return 0;
  const bool matched = source::Glob(pattern).matches(name);  // however long it is, and in no time
  // Bytes that are no characters are matched too, but how is nobody's promise.
  if (!json::is_utf8(pattern) || !json::is_utf8(name)) return 0;
  if (name.size() > 24 || std::count(pattern.begin(), pattern.end(), '*') > 6) return 0;
  const bool expected = !pattern.ends_with('/') && paths_match(split(pattern), 0, split(name), 0);
  require(matched == expected, expected ? "this name matches" : "this name does not match", text);
  return 0;
}
