// Tested in quarantine_test.cc and by the cases in tests/cases.
#include "validate/quarantine.h"

#include "record/json_text.h"

namespace gristmill {
namespace {

// Bytes of the text as a JSON string, without its quotes. REQUIRES: UTF-8.
std::uint64_t spelled_size(std::string_view text) {
  std::uint64_t size = text.size();
  for (const char c : text) {
    if (c == '"' || c == '\\' || (c >= '\b' && c <= '\r' && c != '\v')) {
      size += 1;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      size += 5;
    }
  }
  return size;
}

}  // namespace

void append_base64(std::string_view bytes, std::string& out) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0U; };
    const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out.push_back(digits[group >> 18]);
    out.push_back(digits[group >> 12 & 63]);
    out.push_back(i + 1 < bytes.size() ? digits[group >> 6 & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? digits[group & 63] : '=');
  }
}

void append_json_name(std::string_view name, std::string& out) {
  if (is_utf8(name)) {
    append_json_string(name, out);
    return;
  }
  std::string repaired;
  while (!name.empty()) {
    const std::size_t good = utf8_fault(name);
    repaired.append(name.substr(0, good));
    name.remove_prefix(good);
    if (name.empty()) break;
    repaired.append("\xEF\xBF\xBD");
    name.remove_prefix(1);
  }
  append_json_string(repaired, out);
}

std::string beginning_of_quarantine_lines(std::string_view inputs_id) {
  return std::string("{\"inputs_id\":\"").append(inputs_id).append("\",");
}

void append_quarantine_line(const QuarantineLine& line, std::string& out) {
  out.append("\"dataset\":\"").append(name_of(line.dataset));
  out.append("\",\"file\":");
  append_json_name(line.file, out);
  out.append(",\"line\":").append(std::to_string(line.line));
  out.append(",\"offset\":").append(std::to_string(line.offset));
  out.append(",\"reason\":\"").append(line.reason);
  out.append("\",\"message\":");
  append_json_string(line.message, out);
  if (is_utf8(line.raw) && spelled_size(line.raw) <= 2 * line.raw.size()) {
    out.reserve(out.size() + 2 * line.raw.size() + 128);
    out.append(",\"raw\":");
    append_json_string(line.raw, out);
  } else {
    out.append(",\"raw_base64\":\"");
    append_base64(line.raw, out);
    out.push_back('"');
  }
  if (line.truncated) out.append(",\"truncated\":true,\"length\":").append(std::to_string(line.length));
  out.append("}\n");
}

}  // namespace gristmill
