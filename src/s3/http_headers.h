// Header lines and what stands in them.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gristmill/result.h"

namespace gristmill::s3 {

// Whether it may stand in a header: no control character, which could end the line and begin another one.
bool is_header_text(std::string_view text);

// Name, in lower case, and value of a line that a server sent, with or without its line end; nullopt: it has no
// colon, as the last one. An error, whose message begins with "it", where the value is none that a header can have.
Result<std::optional<std::pair<std::string, std::string>>> header_in(std::string_view line);

// The time of a header such as Date (RFC 9110); nullopt if it is none.
std::optional<std::time_t> http_date(const std::string& text);

// The bytes [first, last] of `whole` that a Content-Range header says it has; nullopt if it is none.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> whole;  // nullopt: not known ("*")
};
std::optional<ContentRange> content_range(std::string_view text);

// A whole number in digits alone, at most `most`; nullopt if it is none.
std::optional<std::uint64_t> number_in(std::string_view text, std::uint64_t most);

}  // namespace gristmill::s3
