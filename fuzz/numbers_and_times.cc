// Numbers and times against other ways to the same answer: strtod for what a number is worth, printf for the
// shortest digits, a count of days by hand for ISO 8601.
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "json/json_text.h"
#include "json/number.h"
#include "require.h"

namespace gristmill::fuzz {
namespace {

bool is_grammatical(const std::string& text, bool& integer) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - begin;
  };
  integer = true;
  if (i < text.size() && text[i] == '-') ++i;
  const bool zero = i < text.size() && text[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    integer = false;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    integer = false;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

void check_number(const std::string& text) {
  bool integer = false;
  const bool good = is_grammatical(text, integer);
  require(json::is_json_number(text) == good, "a number is JSON's", text);
  require(json::is_json_integer(text) == (good && integer), "an integer is a number without '.' and exponent", text);
  if (!good) return;
  require(same_bits(json::to_double(text), std::strtod(text.c_str(), nullptr)), "a number is worth what strtod says",
          text);
}

// The digits of a number, without sign, point, exponent and the zeros at both ends.
std::string digits_of(std::string text) {
  text = text.substr(0, text.find('e'));
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits += c;
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return digits;
}

void check_double(double value) {
  if (!std::isfinite(value)) return;
  std::string text;
  json::append_double(value, text);
  require(same_bits(std::strtod(text.c_str(), nullptr), value), "a written double is read as itself", text);
  bool integer = false;
  require(is_grammatical(text, integer) && !integer, "a written double is a JSON number with '.' or exponent", text);
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  require(plain == (text.find('e') == std::string::npos), "an exponent stands where Python writes one", text);
  char shortest[40];
  for (int precision = 0; precision < 17; ++precision) {
    std::snprintf(shortest, sizeof shortest, "%.*e", precision, value);
    if (same_bits(std::strtod(shortest, nullptr), value)) break;
  }
  // A text that is as short may round to the same double without being the nearest one of its length;
  // printf writes the nearest, and misses a shorter one that is not.
  const std::string digits = digits_of(text), expected = digits_of(shortest);
  require(digits.size() < expected.size() || digits == expected, "the digits are the shortest", text + " " + shortest);
  if (plain) return;
  const std::string exponent = text.substr(text.find('e') + 1);
  require((exponent[0] == '+' || exponent[0] == '-') &&
              (exponent.size() == 3 || (exponent.size() == 4 && exponent[1] != '0')),
          "an exponent has a sign and two digits at least", text);
  require(text.find(".0e") == std::string::npos, "no empty fraction before an exponent", text);
}

// Days since 1970 by counting, for years 1 to 9999.
std::optional<long> days_since_1970(int year, int month, int day) {
  const auto leap = [](int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
  const int lengths[] = {31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1]) return std::nullopt;
  const long before = year - 1;
  long days = before * 365 + before / 4 - before / 100 + before / 400;
  for (int m = 0; m < month - 1; ++m) days += lengths[m];
  return days + day - 1 - 719162;  // 1970-01-01 is day 719162 of this count
}

std::optional<std::int64_t> expected_time(const std::string& text) {
  const bool has_seconds = text.size() > 16 && text[16] == ':';
  const std::string_view shape = has_seconds ? "dddd-dd-ddTdd:dd:dd" : "dddd-dd-ddTdd:dd";
  if (text.size() < shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool good = shape[i] == 'd'   ? text[i] >= '0' && text[i] <= '9'
                      : shape[i] == 'T' ? text[i] == 'T' || text[i] == 't' || text[i] == ' '
                                        : text[i] == shape[i];
    if (!good) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t n) { return std::stoi(text.substr(at, n)); };
  const auto days = days_since_1970(number(0, 4), number(5, 2), number(8, 2));
  const int hour = number(11, 2), minute = number(14, 2), second = has_seconds ? number(17, 2) : 0;
  if (!days || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  std::size_t i = shape.size();
  std::string fraction;
  if (has_seconds && i < text.size() && (text[i] == '.' || text[i] == ',')) {
    for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) fraction += text[i];
    if (fraction.empty()) return std::nullopt;
  }
  // Half to even, digit by digit: above, at or below half a millisecond.
  std::string padded = fraction + "000";
  std::int64_t milliseconds = std::stoi(padded.substr(0, 3));
  if (fraction.size() > 3) {
    const std::string rest = fraction.substr(3);
    const std::string half = "5" + std::string(rest.size() - 1, '0');
    if (rest > half || (rest == half && milliseconds % 2 == 1)) ++milliseconds;
  }
  const std::string zone = text.substr(i);
  long offset = 0;
  if (!zone.empty() && zone != "Z" && zone != "z" && zone != " UTC" && zone != " GMT") {
    std::string digits = zone.substr(1);
    if (digits.size() == 5 && digits[2] == ':') digits.erase(2, 1);
    if (digits.size() == 2) digits += "00";
    if ((zone[0] != '+' && zone[0] != '-') || digits.size() != 4 ||
        digits.find_first_not_of("0123456789") != std::string::npos) {
      return std::nullopt;
    }
    const int hours = std::stoi(digits.substr(0, 2)), minutes = std::stoi(digits.substr(2));
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset = (hours * 60 + minutes) * (zone[0] == '-' ? -1 : 1);
  }
  return (((*days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + milliseconds;
}

void check_time(const std::string& text) {
  require(json::milliseconds_from_iso8601(text) == expected_time(text), "a time is what the calendar says", text);
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill::fuzz;
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_number(text);
  check_time(text);
  if (size >= sizeof(double)) {
    double value = 0;
    std::memcpy(&value, data, sizeof value);
    check_double(value);
  }
  bool integer = false;
  if (is_grammatical(text, integer)) check_double(std::strtod(text.c_str(), nullptr));
  return 0;
}
