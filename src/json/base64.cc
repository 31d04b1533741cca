// Three bytes are four digits of RFC 4648, with '=' at the end. Tested in base64_test.cc.
#include "json/base64.h"

namespace gristmill::json {

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

}  // namespace gristmill::json
