// Three bytes are four digits of RFC 4648, with '=' at the end. Tested in base64_test.cc.
#include "json/base64.h"

namespace gristmill::json {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

void append_base64(std::string_view bytes, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + (bytes.size() + 2) / 3 * 4, '=');
  char* p = out.data() + begin;
  const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
  const auto append_group = [&](std::size_t i, std::size_t count) {
    const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (std::size_t k = 0; k < count; ++k) *p++ = digits[group >> (18 - 6 * k) & 63];
  };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) append_group(i, 4);
  if (i < bytes.size()) append_group(i, bytes.size() - i + 1);
}

bool append_bytes_of_base64(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bool is_base64 = text.size() % 4 == 0;
  unsigned group = 0;
  for (std::size_t i = 0; is_base64 && i < text.size(); ++i) {
    const std::size_t digit = i + padding < text.size() ? digits.find(text[i]) : 0;
    is_base64 = digit != std::string_view::npos;
    group = group << 6 | static_cast<unsigned>(digit & 63);
    if (i % 4 != 3) continue;
    for (const int shift : {16, 8, 0}) out.push_back(static_cast<char>(group >> shift & 0xFF));
    group = 0;
  }
  out.resize(is_base64 ? out.size() - padding : before);
  return is_base64;
}

}  // namespace gristmill::json
