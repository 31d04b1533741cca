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
  // A field in pieces, which its owner may take out of `out` meanwhile: in quotes or not, then its text.
  void begin(bool in_quotes);
  void append(std::string_view piece);
  void finish();
  void end() { out_.append("\r\n"); }

 private:
  void separate();
  std::string& out_;
  bool first_ = true;
  bool in_quotes_ = false;
};

// Whether a field that has this piece must stand in quotes. Spaces at the ends of a field ask for them too: some
// readers trim what is not in quotes.
bool needs_quotes(std::string_view piece);

}  // namespace gristmill::browse
