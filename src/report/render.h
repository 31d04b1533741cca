// The door of the report: as JSON for programs and as a page for browsers, which gristmill/report.h has, and as tables
// for terminals.
//
// All are pure functions and thread-safe. Whatever a line brought in (ids, file names, field names, raw
// text) is data: no id can break the JSON, run in the page or move the terminal's cursor.
#pragma once

#include <string>
#include <vector>

#include "gristmill/report.h"
#include "report/tables.h"

namespace gristmill::report {

// The page of report_html() made of a report.json; `with_run` adds what differs from run to run: settings with their
// origins, times, memory. An output error if it is none.
Result<std::string> report_page(std::string_view json, bool with_run);

// An output on a front page over several.
struct IndexedOutput {
  std::string name;  // as its user writes it
  std::string link;  // where its page lies, for an href; empty: nowhere that a page can link to
  std::string json;  // its report.json; empty: there is none
  std::string why;   // there is none
};
// The front page: a row for each output, the worst first.
Result<std::string> index_page(const std::vector<IndexedOutput>& outputs);

// A small page of the same pieces, for a notebook's cell: verdict, accounting, checks, sessions.
Result<std::string> report_glance(std::string_view json);

}  // namespace gristmill::report
