// A line is kept as text where JSON can hold it at no more than twice its size, else as Base64. Tested in
// quarantine_test.cc and by the cases in tests/cases.
#include "validate/quarantine.h"

#include "json/base64.h"
#include "json/json_text.h"
#include "shuffle/sorter.h"

namespace gristmill::validation {

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

}  // namespace gristmill::validation
