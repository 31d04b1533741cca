// A value is quoted where RFC 4180 says so, where it is empty, which a missing one is not, and where a space is at an
// end. Tested in csv_test.cc and against Python's csv by tests/programs/test_show.py.
#include "browse/csv.h"

namespace gristmill::browse {

void CsvRecord::separate() {
  if (!first_) out_.push_back(',');
  first_ = false;
}

void CsvRecord::add_absent() { separate(); }

void CsvRecord::add(std::string_view text) {
  separate();
  // Spaces at the ends as well: some readers trim what is not in quotes.
  const bool quoted = text.empty() || text.find_first_of(",\"\r\n") != std::string_view::npos || text.front() == ' ' ||
                      text.back() == ' ';
  if (!quoted) {
    out_.append(text);
    return;
  }
  out_.push_back('"');
  for (const char c : text) {
    if (c == '"') out_.push_back('"');
    out_.push_back(c);
  }
  out_.push_back('"');
}

}  // namespace gristmill::browse
