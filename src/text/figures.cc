// Three digits are enough for a person; the exact numbers stand in report.json. Tested in figures_test.cc.
#include "text/figures.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace gristmill::text {
namespace {

std::string printed(const char* format, double value) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, format, value);
  return {text, static_cast<std::size_t>(length)};
}

std::string scaled(std::uint64_t bytes, double step, const std::array<const char*, 6>& units) {
  if (static_cast<double>(bytes) < step) return std::to_string(bytes) + " " + units[0];
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= step - 0.5 && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  return printed(value < 10 ? "%.2f " : value < 100 ? "%.1f " : "%.0f ", value) + units[unit];
}

}  // namespace

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at > 0 && (digits.size() - at) % 3 == 0) text += ',';
    text += digits[at];
  }
  return text;
}

std::string bytes_text(std::uint64_t bytes) { return scaled(bytes, 1000, {"bytes", "kB", "MB", "GB", "TB", "PB"}); }

std::string memory_text(std::uint64_t bytes) {
  return scaled(bytes, 1024, {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"});
}

std::string megabytes_a_second(double bytes_a_second) {
  const double megabytes = bytes_a_second / 1e6;
  return printed(megabytes < 10 ? "%.2f MB/s" : megabytes < 100 ? "%.1f MB/s" : "%.0f MB/s", megabytes);
}

std::string seconds_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e15) return "?";
  if (seconds < 1) return printed("%.3f s", seconds);
  if (seconds < 10) return printed("%.2f s", seconds);
  if (seconds < 59.95) return printed("%.1f s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string counted(std::uint64_t number, const char* noun) {
  return grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string_view noun_for(std::uint64_t number, std::string_view one, std::string_view more) {
  return number == 1 ? one : more;
}

}  // namespace gristmill::text
