// Integer arithmetic throughout: a limit must not depend on the rounding of doubles. "0.1GiB" is
// floor(2^30 / 10). Tested in byte_size_test.cc.
#include "text/byte_size.h"

#include <array>
#include <limits>

namespace gristmill::text {
namespace {

struct SizeUnit {
  std::string_view name;  // lower case
  std::uint64_t bytes;
};

constexpr std::array<SizeUnit, 14> units = {{{"", 1},
                                             {"b", 1},
                                             {"k", 1ULL << 10},
                                             {"m", 1ULL << 20},
                                             {"g", 1ULL << 30},
                                             {"t", 1ULL << 40},
                                             {"kib", 1ULL << 10},
                                             {"mib", 1ULL << 20},
                                             {"gib", 1ULL << 30},
                                             {"tib", 1ULL << 40},
                                             {"kb", 1000},
                                             {"mb", 1000000},
                                             {"gb", 1000000000},
                                             {"tb", 1000000000000}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error not_a_size() {
  return Error::usage("is not a size", "write bytes or a number with a unit, such as 64MiB, 1GiB or 512KB");
}

Error too_large() { return Error::usage("is too large a size", "the largest is 16777215TiB"); }

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::size_t at = 0;
  std::uint64_t whole = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    const auto digit = static_cast<std::uint64_t>(text[at] - '0');
    if (whole > (most - digit) / 10) return too_large();
    whole = whole * 10 + digit;
  }
  if (at == 0) return not_a_size();
  std::string_view fraction;
  if (at < text.size() && text[at] == '.') {
    const std::size_t begin = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    fraction = text.substr(begin, at - begin);
    if (fraction.empty()) return not_a_size();
  }
  while (at < text.size() && text[at] == ' ') ++at;

  std::string name;
  for (const char c : text.substr(at)) name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  for (const SizeUnit& unit : units) {
    if (unit.name != name) continue;
    if (!fraction.empty() && unit.bytes == 1) return not_a_size();
    if (whole > most / unit.bytes) return too_large();
    // Digits beyond the eighteenth weigh less than a millionth of a byte, whatever the unit.
    if (fraction.size() > 18) fraction = fraction.substr(0, 18);
    std::uint64_t numerator = 0;
    std::uint64_t denominator = 1;
    for (const char c : fraction) {
      numerator = numerator * 10 + static_cast<std::uint64_t>(c - '0');
      denominator *= 10;
    }
    __extension__ using Wide = unsigned __int128;
    const auto part = static_cast<std::uint64_t>(static_cast<Wide>(numerator) * unit.bytes / denominator);
    const std::uint64_t base = whole * unit.bytes;
    if (part > most - base) return too_large();
    return base + part;
  }
  return not_a_size();
}

std::string format_byte_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> names = {"TiB", "GiB", "MiB", "KiB"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::uint64_t unit = 1ULL << (40 - 10 * i);
    if (bytes >= unit && bytes % unit == 0) return std::to_string(bytes / unit) + std::string(names[i]);
  }
  return std::to_string(bytes);
}

}  // namespace gristmill::text
