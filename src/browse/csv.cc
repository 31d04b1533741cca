// A value is quoted where RFC 4180 says so, where it is empty, which a missing one is not, and where a space is at an
// end. Tested in csv_test.cc and against Python's csv by tests/programs/test_show.py.
#include "browse/csv.h"

namespace gristmill::browse {

void CsvRecord::separate() {
  if (!first_) out_.push_back(',');
  first_ = false;
}

void CsvRecord::add_absent() { separate(); }

void CsvRecord::begin(bool in_quotes) {
  separate();
  in_quotes_ = in_quotes;
  if (in_quotes_) out_.push_back('"');
}

void CsvRecord::append(std::string_view piece) {
  if (!in_quotes_) {
    out_.append(piece);
    return;
  }
  for (const char c : piece) {
    if (c == '"') out_.push_back('"');
    out_.push_back(c);
  }
}

void CsvRecord::finish() {
  if (in_quotes_) out_.push_back('"');
}

void CsvRecord::add(std::string_view text) {
  begin(text.empty() || needs_quotes(text) || text.front() == ' ' || text.back() == ' ');
  append(text);
  finish();
}

bool needs_quotes(std::string_view piece) { return piece.find_first_of(",\"\r\n") != std::string_view::npos; }

}  // namespace gristmill::browse
