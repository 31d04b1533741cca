// Finds where a bracketed value ends in text that nobody has checked and that may come in pieces.
//
// Only brackets of the kind that opened it count, outside strings: what lies between may be no JSON at all. Written for
// files of many values, where each byte is looked at once before the value is parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gristmill::json {

class BracketScanner {
 public:
  // `opening`: '{' or '['. The text begins behind it.
  explicit BracketScanner(char opening) : opening_(opening), closing_(opening == '{' ? '}' : ']') {}

  // Bytes of `piece`, the next of the text, up to and with the closing bracket; 0 if it is not among them.
  std::size_t scan(std::string_view piece);

 private:
  std::size_t scan_block(const char* block, std::size_t size);  // of 64 readable bytes
  std::size_t scan_bytes(std::string_view bytes);

  char opening_;
  char closing_;
  std::uint64_t depth_ = 1;
  bool in_string_ = false;
  bool escaped_ = false;  // the next byte: a backslash in a string stands before it
};

}  // namespace gristmill::json
