// Numbers and times in the spellings that metadata and scores arrive in.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace gristmill::json {

// The double nearest to a JSON number; too small gives 0, too large an infinity. REQUIRES: is_json_number.
double to_double(std::string_view number);

// The end of the JSON number at `p`, its double, and whether it is written without fraction and exponent. REQUIRES: a
// JSON number stands there, behind it a byte that is none of its, and text_padding bytes that may be read.
const char* read_number(const char* p, double& value, bool& whole);

// The number of eight digits. REQUIRES: are_8_digits(p).
inline std::uint64_t number_of_8_digits(const char* p) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, p, sizeof bytes);
  if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
  // Neighbours are put together: two digits in a byte pair, four in a quarter, eight in all.
  bytes = (bytes & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8;
  bytes = (bytes & 0x00FF00FF00FF00FF) * 6553601 >> 16;
  return (bytes & 0x0000FFFF0000FFFF) * 42949672960001 >> 32;
}

// The number that the text is, whole; nullopt if it is none, or does not fit. Without sign.
std::optional<std::uint64_t> whole_number(std::string_view text);
// With sign and exponent, as std::from_chars reads it.
std::optional<double> real_number(std::string_view text);

// Milliseconds since 1970 of a number of seconds: the double times 1000.0, rounded half to even.
// REQUIRES: |seconds| < 1e11.
std::int64_t milliseconds_from_seconds(double seconds);

// Milliseconds since 1970 UTC of an ISO 8601 date and time in the forms of docs/guide/data-contract.md,
// the fraction rounded half to even; nullopt if it is none.
std::optional<std::int64_t> milliseconds_from_iso8601(std::string_view text);

// A double as Python's repr writes it: shortest digits, plain from 1e-4 up to below 1e16. REQUIRES: finite.
void append_double(double value, std::string& out);

}  // namespace gristmill::json
