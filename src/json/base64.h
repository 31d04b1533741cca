// Bytes in base64 (RFC 4648, section 4, with padding): how JSON holds what is not text.
#pragma once

#include <string>
#include <string_view>

namespace gristmill::json {

void append_base64(std::string_view bytes, std::string& out);
// Appends the bytes. False, and nothing is appended, where the text is no such Base64.
[[nodiscard]] bool append_bytes_of_base64(std::string_view text, std::string& out);

}  // namespace gristmill::json
