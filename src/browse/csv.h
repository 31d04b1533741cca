// Comma-separated values as RFC 4180 has them: lines end in CRLF; a field stands in quotes where it must.
#pragma once

#include <string>
#include <string_view>

namespace gristmill::browse {

// One record. A field that is absent is nothing at all, an empty text is "".
class CsvRecord {
 public:
  explicit CsvRecord(std::string& out) : out_(out) {}
  void add(std::string_view text);
  void add_absent();
  void end() { out_.append("\r\n"); }

 private:
  void separate();
  std::string& out_;
  bool first_ = true;
};

}  // namespace gristmill::browse
