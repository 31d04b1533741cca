// A line is kept as text where JSON can hold it at no more than twice its size, else as Base64. Tested in
// quarantine_test.cc and by the cases in tests/cases.
#include "validate/quarantine.h"

#include <charconv>

#include "json/base64.h"
#include "json/json_text.h"
#include "shuffle/sorter.h"
#include "validate/checks/rejected_lines.h"

namespace gristmill::validation {
namespace {

constexpr std::uint32_t deepest_entry = 128;  // brackets, of members that gristmill does not write

bool take_number(std::string_view spelling, std::uint64_t& number) {
  const auto parsed = std::from_chars(spelling.data(), spelling.data() + spelling.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == spelling.data() + spelling.size();
}

}  // namespace

void encode_rejected_key(Place place, std::string& key) {
  key.clear();
  shuffle::append_key_number(place.file, key);
  shuffle::append_key_number(place.offset, key);
}

Place decode_rejected_key(std::string_view key) {
  Place place;
  place.file = static_cast<std::uint32_t>(shuffle::take_key_number(key));
  place.offset = shuffle::take_key_number(key);
  return place;
}

std::string beginning_of_quarantine_lines(std::string_view inputs_id) {
  return std::string("{\"inputs_id\":\"").append(inputs_id).append("\",");
}

void append_quarantine_line(const QuarantineLine& line, std::string& out) {
  out.append("\"dataset\":\"").append(name_of(line.dataset));
  out.append("\",\"file\":");
  json::append_json_name(line.file, out);
  out.append(",\"line\":").append(std::to_string(line.line));
  out.append(",\"offset\":").append(std::to_string(line.offset));
  out.append(",\"reason\":\"").append(line.reason);
  out.append("\",\"message\":");
  json::append_json_string(line.message, out);
  if (line.is_withheld) {
    out.append(",\"withheld\":true,\"length\":").append(std::to_string(line.length)).append("}\n");
    return;
  }
  constexpr std::string_view name = ",\"raw\":";
  out.reserve(out.size() + 2 * line.raw.size() + 128);
  out.append(name);
  if (!json::is_utf8(line.raw) || !json::append_json_string(line.raw, out, 2 * line.raw.size() + 2)) {
    out.resize(out.size() - name.size());
    out.append(",\"raw_base64\":\"");
    json::append_base64(line.raw, out);
    out.push_back('"');
  }
  if (line.truncated) out.append(",\"truncated\":true,\"length\":").append(std::to_string(line.length));
  out.append("}\n");
}

std::string name_in_quarantine(std::string_view name) {
  std::string spelling;
  json::append_json_name(name, spelling);
  std::string text;
  json::unescape(spelling, text);
  return text;
}

std::string read_quarantine_line(std::string_view text, QuarantineEntry& entry) {
  entry = {};
  if (const json::JsonCheck check = json::check_json(text, deepest_entry); !check) return "it is no JSON";
  const char* begin = text.data();
  begin = json::skip_space(begin);
  if (*begin != '{') return "it is no JSON object";
  std::string name;
  std::string base64;
  bool has_file = false;
  bool has_offset = false;
  bool has_base64 = false;
  for (json::ObjectWalk walk(begin); walk.next();) {
    name.clear();
    json::unescape(walk.key, name);
    const std::string_view value = walk.value_text();
    const std::pair<std::string_view, std::string*> texts[] = {{"dataset", &entry.dataset}, {"file", &entry.file},
                                                               {"reason", &entry.reason},   {"message", &entry.message},
                                                               {"raw", &entry.raw},         {"raw_base64", &base64}};
    for (const auto& [member, into] : texts) {
      if (name != member) continue;
      if (!value.starts_with('"')) return "its '" + name + "' is no text";
      into->clear();
      json::unescape(value, *into);
    }
    const std::pair<std::string_view, std::uint64_t*> numbers[] = {
        {"offset", &entry.offset}, {"line", &entry.line}, {"length", &entry.length}, {"batch", &entry.batch}};
    for (const auto& [member, into] : numbers) {
      if (name == member && !take_number(value, *into)) return "its '" + name + "' is no whole number";
    }
    entry.is_truncated |= name == "truncated" && value == "true";
    entry.is_withheld |= name == "withheld" && value == "true";
    has_file |= name == "file";
    has_offset |= name == "offset";
    entry.has_raw |= name == "raw";
    has_base64 |= name == "raw_base64";
  }
  if (!has_file) return "it has no 'file'";
  if (!has_offset) return "it has no 'offset'";
  if (!entry.has_raw && has_base64) {
    if (!json::append_bytes_of_base64(base64, entry.raw)) return "its 'raw_base64' is no Base64";
    entry.has_raw = true;
  }
  if (entry.length == 0) entry.length = entry.raw.size();
  return {};
}

bool see_rejected_again(const QuarantineEntry& entry, Dataset dataset, std::uint32_t file, Accounting& accounting) {
  for (std::size_t i = 0; i < reason_count; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (name_of(reason) != entry.reason) continue;
    checks::RejectedLines().see(
        RejectedLine{{dataset, {file, entry.offset}, entry.line}, reason, entry.message, entry.raw, entry.length},
        accounting);
    return true;
  }
  return false;
}

}  // namespace gristmill::validation
