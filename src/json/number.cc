// Conversions lean on <charconv>, which rounds correctly both ways; the calendar is Howard Hinnant's
// days_from_civil by way of std::chrono. Tested in number_test.cc.
#include "json/number.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include "json/json_text.h"

namespace gristmill::json {
namespace {

bool two_digits(std::string_view text, std::size_t at, int& value) {
  if (at + 2 > text.size()) return false;
  const auto tens = static_cast<unsigned>(text[at] - '0');
  const auto ones = static_cast<unsigned>(text[at + 1] - '0');
  if (tens > 9 || ones > 9) return false;
  value = static_cast<int>(tens * 10 + ones);
  return true;
}

// Whole milliseconds of the decimal fraction 0.`digits`, rounded half to even (may be 1000).
int milliseconds_of_fraction(std::string_view digits) {
  int value = 0;
  for (std::size_t i = 0; i < 3; ++i) value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  if (digits.size() <= 3) return value;
  const char next = digits[3];
  const bool more = digits.find_first_not_of('0', 4) != std::string_view::npos;
  if (next > '5' || (next == '5' && (more || value % 2 == 1))) ++value;
  return value;
}

// The offset from UTC in minutes of "Z", "z", "+hh:mm", "-hhmm" or nothing.
std::optional<int> offset_minutes(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z" || text == " UTC" || text == " GMT") return 0;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  int hours = 0;
  int minutes = 0;
  const bool colon = text.size() == 6 && text[3] == ':';
  if (!colon && text.size() != 5 && text.size() != 3) return std::nullopt;
  if (!two_digits(text, 1, hours)) return std::nullopt;
  if (text.size() > 3 && !two_digits(text, colon ? 4 : 3, minutes)) return std::nullopt;
  if (hours > 23 || minutes > 59) return std::nullopt;
  const int total = hours * 60 + minutes;
  return text[0] == '-' ? -total : total;
}

}  // namespace

double to_double(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // Out of range either way: the exponent of the first digit that is not 0 tells which.
  const bool negative = number[0] == '-';
  std::string_view digits = number.substr(negative ? 1 : 0);
  long exponent = 0;
  if (const auto e = digits.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view text = digits.substr(e + 1);
    if (text[0] == '+') text.remove_prefix(1);
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (parsed.ec != std::errc{}) {
      exponent = text[0] == '-' ? std::numeric_limits<long>::min() / 2 : std::numeric_limits<long>::max() / 2;
    }
    digits = digits.substr(0, e);
  }
  const auto point = std::min(digits.find('.'), digits.size());
  const auto leading = digits.find_first_of("123456789");
  if (leading == std::string_view::npos) return negative ? -0.0 : 0.0;
  const long place = leading < point ? static_cast<long>(point - leading) - 1 : -static_cast<long>(leading - point);
  const double magnitude = exponent + place > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  return negative ? -magnitude : magnitude;
}

// A double that is a whole number below
// 2^53 divided by a power of ten up to 22 is rounded once, which is right (Clinger 1990).
const char* read_number(const char* p, double& value, bool& whole) {
  static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* const begin = p;
  const bool negative = *p == '-';
  if (negative) ++p;
  std::uint64_t digits = 0;
  std::ptrdiff_t count = 0;
  const char* start = p;
  for (; is_digit(*p); ++p) digits = digits * 10 + static_cast<unsigned>(*p - '0');
  count = p - start;
  std::ptrdiff_t fraction = 0;
  whole = true;
  if (*p == '.') {
    whole = false;
    start = ++p;
    for (; is_digit(*p); ++p) digits = digits * 10 + static_cast<unsigned>(*p - '0');
    fraction = p - start;
    count += fraction;
  }
  const bool exponent = *p == 'e' || *p == 'E';
  if (exponent || count > 18 || digits >> 53 != 0 || fraction > 22) {
    whole = whole && !exponent;
    p = scan_number(begin);
    value = to_double({begin, static_cast<std::size_t>(p - begin)});
    return p;
  }
  value = static_cast<double>(digits) / powers[fraction];
  if (negative) value = -value;
  return p;
}

template <typename Number>
static std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> whole_number(std::string_view text) { return number_of<std::uint64_t>(text); }

std::optional<double> real_number(std::string_view text) { return number_of<double>(text); }

std::int64_t milliseconds_from_seconds(double seconds) {
  return static_cast<std::int64_t>(std::nearbyint(seconds * 1000.0));
}

std::optional<std::int64_t> milliseconds_from_iso8601(std::string_view text) {
  // 2025-05-15T08:51 or 2025-05-15T08:51:59
  if (text.size() < 16) return std::nullopt;
  int century = 0, year_of_century = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!two_digits(text, 0, century) || !two_digits(text, 2, year_of_century) || text[4] != '-' ||
      !two_digits(text, 5, month) || text[7] != '-' || !two_digits(text, 8, day) ||
      (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || !two_digits(text, 11, hour) || text[13] != ':' ||
      !two_digits(text, 14, minute)) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(16);
  const bool has_seconds = rest.starts_with(':');
  if (has_seconds) {
    if (rest.size() < 3 || !two_digits(rest, 1, second)) return std::nullopt;
    rest.remove_prefix(3);
  }
  const int year = century * 100 + year_of_century;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (year == 0 || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;

  int fraction = 0;
  if (has_seconds && (rest.starts_with('.') || rest.starts_with(','))) {
    const auto end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return std::nullopt;
    fraction = milliseconds_of_fraction(rest.substr(1, end - 1));
    rest = rest.substr(end);
  }
  const auto offset = offset_minutes(rest);
  if (!offset) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute - *offset) * 60 + second;
  return seconds * 1000 + fraction;
}

void append_double(double value, std::string& out) {
  char buffer[32];
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  if (plain) {
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
    const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
    out.append(text);
    if (text.find('.') == std::string_view::npos) out.append(".0");
    return;
  }
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  out.append(buffer, end);  // "1e+16", "1.5e-07": two exponent digits at least, as Python's
}

}  // namespace gristmill::json
