// Numbers are read strictly: what strtoull makes of "-5" is a size of sixteen exabytes. Tested in
// http_headers_test.cc and fuzz/s3_responses.cc.
#include "s3/http_headers.h"
#include "json/number.h"

#include <algorithm>
#include <limits>

namespace gristmill::s3 {
namespace {

// "12-" of "12-34"; nullopt where it does not begin with a number and `end`.
std::optional<std::uint64_t> take_number(std::string_view& text, char end) {
  const std::size_t length = text.find(end);
  if (length == std::string_view::npos) return std::nullopt;
  const auto number = number_in(text.substr(0, length), std::numeric_limits<std::int64_t>::max());
  text.remove_prefix(length + 1);
  return number;
}

}  // namespace

bool is_header_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

Result<std::optional<std::pair<std::string, std::string>>> header_in(std::string_view line) {
  using Header = std::optional<std::pair<std::string, std::string>>;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Header();
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string_view value = line.substr(colon + 1);
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  if (!is_header_text(line)) return Error::input("it has a header that holds control characters");
  return Header(std::pair(std::move(name), std::string(value)));
}

std::optional<std::time_t> http_date(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return timegm(&parts);
}

std::optional<ContentRange> content_range(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  if (!text.starts_with(unit)) return std::nullopt;
  text.remove_prefix(unit.size());
  const auto first = take_number(text, '-');
  if (!first) return std::nullopt;
  const auto last = take_number(text, '/');
  if (!last || *last < *first) return std::nullopt;
  if (text == "*") return ContentRange{*first, *last, std::nullopt};
  const auto whole = number_in(text, std::numeric_limits<std::int64_t>::max());
  if (!whole || *whole <= *last) return std::nullopt;
  return ContentRange{*first, *last, whole};
}

std::optional<std::uint64_t> number_in(std::string_view text, std::uint64_t most) {
  const auto number = json::whole_number(text);
  return number && *number <= most ? number : std::nullopt;
}

}  // namespace gristmill::s3
