// What the places answer, made into credentials or into words for a message. Whatever a server or a program says
// is taken for hostile: STS quotes the signed request with its session token when a signature is wrong, so only
// the first line of such words gets into a message, and no secret (text/redaction.h). Tested in
// credentials_test.cc.
#include <simdjson.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <pugixml.hpp>
#include <sstream>

#include "s3/credentials_places.h"

namespace gristmill::s3 {
namespace {

constexpr std::size_t longest_key_text = 12U << 10;  // bytes; tokens of AWS have up to four thousand

bool read_number(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  number = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool skip(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

void add_fields(const simdjson::dom::object& object, const std::string& before, JsonFields& fields) {
  for (const auto& [key, value] : object) {
    const std::string name = before + std::string(key);
    std::string_view text;
    std::int64_t number = 0;
    simdjson::dom::object inner;
    if (value.get(text) == simdjson::SUCCESS) {
      fields[name] = std::string(text);
    } else if (value.get(number) == simdjson::SUCCESS) {
      fields[name] = std::to_string(number);
    } else if (before.empty() && value.get(inner) == simdjson::SUCCESS) {
      add_fields(inner, name + ".", fields);
    }
  }
}

}  // namespace

std::optional<std::time_t> time_of(std::string_view text) {
  std::tm parts{};
  const bool read = read_number(text, 4, parts.tm_year) && skip(text, "-") && read_number(text, 2, parts.tm_mon) &&
                    skip(text, "-") && read_number(text, 2, parts.tm_mday) && (skip(text, "T") || skip(text, " ")) &&
                    read_number(text, 2, parts.tm_hour) && skip(text, ":") && read_number(text, 2, parts.tm_min) &&
                    skip(text, ":") && read_number(text, 2, parts.tm_sec);
  const bool possible = parts.tm_mon >= 1 && parts.tm_mon <= 12 && parts.tm_mday >= 1 && parts.tm_mday <= 31 &&
                        parts.tm_hour <= 24 && parts.tm_min <= 59 && parts.tm_sec <= 60;
  if (!read || !possible) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  if (skip(text, ".")) {
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
  }
  std::time_t time = timegm(&parts);
  if (text == "Z" || text == "UTC" || text == "z") return time;
  const int sign = text.starts_with('+') ? 1 : text.starts_with('-') ? -1 : 0;
  if (sign == 0) return std::nullopt;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!read_number(text, 2, hours)) return std::nullopt;
  skip(text, ":");
  if (!read_number(text, 2, minutes) || !text.empty()) return std::nullopt;
  return time - sign * (hours * 3600 + minutes * 60);
}

std::string text_of(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::optional<JsonFields> json_fields(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(text)).get(object) != simdjson::SUCCESS) return std::nullopt;
  JsonFields fields;
  add_fields(object, "", fields);
  return fields;
}

std::optional<JsonFields> sts_fields(std::string_view text) {
  pugi::xml_document document;
  if (document.load_buffer(text.data(), text.size()).status != pugi::status_ok) return std::nullopt;
  JsonFields fields;
  for (const char* name : {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "Code", "Message"}) {
    const pugi::xml_node found =
        document.find_node([name](const pugi::xml_node& node) { return std::string_view(node.name()) == name; });
    if (found) fields[name] = found.text().get();
  }
  return fields;
}

const std::string& field(const JsonFields& fields, const std::string& name) {
  static const std::string none;
  const auto found = fields.find(name);
  return found == fields.end() ? none : found->second;
}

Result<Credentials> credentials_in(const JsonFields& fields, const KeyFieldNames& names, const std::string& place) {
  Credentials credentials;
  credentials.keys = {field(fields, names.access_key), field(fields, names.secret_key),
                      field(fields, names.session_token)};
  credentials.source = place;
  for (const auto& [name, value] : {std::pair(&names.access_key, &credentials.keys.access_key),
                                    std::pair(&names.secret_key, &credentials.keys.secret_key)}) {
    if (!value->empty()) continue;
    return Error::input("the " + place + " gave no usable AWS credentials: the answer has no '" + *name + "'",
                        "check what answers there");
  }
  for (const std::string* value : {&credentials.keys.access_key, &credentials.keys.session_token}) {
    if (is_header_text(*value) && value->size() <= longest_key_text) continue;
    return Error::input(
        "the " + place + " gave no usable AWS credentials: they hold bytes that no header can have, or too many",
        "check what answers there");
  }
  const std::string& expires = field(fields, names.expires);
  if (expires.empty()) return credentials;
  credentials.expires = time_of(expires);
  if (!credentials.expires) {
    return Error::input("the " + place + " gave no usable AWS credentials: '" + names.expires +
                            "' is no time such as 2026-11-23T03:30:00Z",
                        "check what answers there");
  }
  return credentials;
}

Result<std::string> read_token_file(const std::string& path, const std::string& origin) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream read;
  if (file) read << file.rdbuf();
  std::string text = read.str();
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  if (!file || last == std::string::npos) {
    const std::string why = !file && errno != 0 ? std::strerror(errno) : "it is empty";
    return Error::input("cannot read the token file '" + path + "' that " + origin + " names: " + why,
                        "check that it is there and may be read")
        .in_file(path);
  }
  text.erase(last + 1);
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  if (!is_header_text(text)) {
    return Error::input("the token file '" + path + "' that " + origin + " names holds no token: it has several lines",
                        "check that it is the right file")
        .in_file(path);
  }
  return text;
}

}  // namespace gristmill::s3
