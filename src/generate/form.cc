// Nothing is parsed, since a record may be none: an anomaly. Tested in form_test.cc and
// tests/programs/test_generate.py.
#include "generate/form.h"

#include <algorithm>

namespace gristmill::generate {
namespace {

// A field a line, as with an indent of 1.
void append_pretty(std::string_view record, std::string& file) {
  std::size_t depth = 0;
  bool in_string = false;
  const auto new_line = [&] { (file += '\n').append(depth, ' '); };
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (in_string) {
      file += c;
      if (c == '\\' && i + 1 < record.size()) file += record[++i];
      in_string = c != '"';
      continue;
    }
    if (c == '}' || c == ']') {
      depth -= depth > 0 ? 1 : 0;
      new_line();
    }
    file += c;
    in_string = c == '"';
    if (c == '{' || c == '[') ++depth;
    if (c == '{' || c == '[' || c == ',') new_line();
  }
}

// In the order of bytes of most machines. Bytes that are no UTF-8 become U+FFFD.
void append_utf16(std::string_view text, std::string& file) {
  const auto unit = [&](std::uint32_t code) {
    file += static_cast<char>(code & 0xFFU);
    file += static_cast<char>(code >> 8 & 0xFFU);
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    std::uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    bool good = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; good && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      good = (next & 0xC0U) == 0x80U;
      code = code << 6 | (next & 0x3FU);
    }
    i += good ? length : 1;
    if (!good) code = 0xFFFD;
    if (code >= 0x10000) {
      unit(0xD800 + ((code - 0x10000) >> 10));
      code = 0xDC00 + ((code - 0x10000) & 0x3FFU);
    }
    unit(code);
  }
}

}  // namespace

std::optional<Form> form_named(std::string_view name) {
  const auto found = std::find(form_names.begin(), form_names.end(), name);
  if (found == form_names.end()) return std::nullopt;
  return static_cast<Form>(found - form_names.begin());
}

void append_record(Form form, std::string_view record, bool first, bool last, std::string& file) {
  switch (form) {
    case Form::lines: (file += record) += '\n'; return;
    case Form::array: ((file += first ? "[" : "") += record) += last ? "]\n" : ",\n"; return;
    case Form::glued: file += record; return;
    case Form::sequence: ((file += '\x1E') += record) += '\n'; return;
    case Form::pretty:
      append_pretty(record, file);
      file += '\n';
      return;
    case Form::wrapped: ((file += R"({"topic":"app","payload":)") += record) += "}\n"; return;
    case Form::utf16:
      if (first) file += "\xFF\xFE";
      append_utf16(record, file);
      append_utf16("\n", file);
      return;
  }
}

}  // namespace gristmill::generate
