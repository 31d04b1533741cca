// Three bytes are four digits of RFC 4648, with '=' at the end. Tested in base64_test.cc.
#include "json/base64.h"

namespace gristmill::json {

void append_base64(std::string_view bytes, std::string& out) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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

}  // namespace gristmill::json
