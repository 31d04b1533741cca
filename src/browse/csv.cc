// Tested in csv_test.cc and against Python's csv by tests/programs/test_show.py.
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
