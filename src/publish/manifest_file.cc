// The strict little JSON of a manifest's lines. A line has one spelling only, so the parser needs no general JSON: it
// takes the fields in their order, and refuses every other spelling of a path or a number. Tested in manifest_test.cc.
#include <algorithm>
#include <charconv>

#include "publish/manifest_file.h"

namespace gristmill::publish {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_hex(std::string_view digits) {
  return std::ranges::all_of(digits, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take_hex(std::string_view& text, std::size_t length, std::string& digits) {
  if (text.size() < length + 1 || text[length] != '"' || !is_hex(text.substr(0, length))) return false;
  digits.assign(text, 0, length);
  text.remove_prefix(length + 1);
  return true;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  if (text.starts_with('0') && !text.starts_with("0,")) return std::nullopt;  // a number has one spelling
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string manifest_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex_digits[byte >> 4];
      out += hex_digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::optional<std::string> take_manifest_string(std::string_view& text) {
  if (!take(text, "\"")) return std::nullopt;
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return out;
    if (c != '\\') {
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      out += c;
    } else if (take(text, "\"")) {
      out += '"';
    } else if (take(text, "\\")) {
      out += '\\';
    } else if (take(text, "u00") && text.size() >= 2) {
      const std::size_t high = hex_digits.find(text[0]);
      const std::size_t low = hex_digits.find(text[1]);
      if (high > 1 || low > 15) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      text.remove_prefix(2);
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string manifest_line(const ManifestFile& file) {
  std::string line = "{\"path\":" + manifest_string(file.path);
  line += ",\"size\":" + std::to_string(file.size);
  line += ",\"xxh3_128\":\"" + file.xxh3_128 + "\"";
  if (!file.sha256.empty()) line += ",\"sha256\":\"" + file.sha256 + "\"";
  return line += "}";
}

bool parse_manifest_line(std::string_view line, ManifestFile& file) {
  std::string_view rest = line;
  if (!take(rest, "{\"path\":")) return false;
  // Most paths have nothing to escape.
  const std::size_t end = rest.find('"', 1);
  const std::string_view plain = rest.substr(0, end == std::string_view::npos ? 0 : end + 1);
  const bool is_plain = plain.size() >= 2 && plain.front() == '"' && std::ranges::none_of(plain, [](char c) {
                          return c == '\\' || static_cast<unsigned char>(c) < 0x20;
                        });
  if (is_plain) {
    file.path.assign(plain, 1, plain.size() - 2);
    rest.remove_prefix(plain.size());
  } else {
    const std::string_view before = rest;
    std::optional<std::string> path = take_manifest_string(rest);
    if (!path || manifest_string(*path) != before.substr(0, before.size() - rest.size())) return false;
    file.path = std::move(*path);
  }
  if (!take(rest, ",\"size\":")) return false;
  const std::optional<std::uint64_t> size = take_number(rest);
  if (!size || !take(rest, ",\"xxh3_128\":\"") || !take_hex(rest, 32, file.xxh3_128)) return false;
  file.size = *size;
  file.sha256.clear();
  if (take(rest, ",\"sha256\":\"") && !take_hex(rest, 64, file.sha256)) return false;
  return rest == "}";
}

bool is_manifest_path(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  const std::string_view first = path.substr(0, path.find('/'));
  if (first == manifest_name || first == success_name || first == "_staging") return false;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view name = path.substr(start, end - start);
    if (name.empty() || name == "." || name == "..") return false;
    start = end + 1;
  }
  return true;
}

}  // namespace gristmill::publish
