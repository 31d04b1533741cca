// The door of the report: a RunReport as JSON for programs, as a page for browsers and as tables for
// terminals.
//
// All are pure functions and thread-safe. Whatever a line brought in (ids, file names, field names, raw
// text) is data: no id can break the JSON, run in the page or move the terminal's cursor.
#pragma once

#include <string>

#include "gristmill/report.h"
#include "report/tables.h"

namespace gristmill::report {

// validation/report.json, in the form of docs/guide/report.md. All but its last member, `run`, depends on the
// input bytes, their names and the recipe alone. The result is UTF-8 and ends with a newline.
std::string report_json(const RunReport& report);

// validation/report.html: one file that loads nothing, of less than 1 MB. Depends on the input bytes, their names and
// the recipe alone: report.run is not read.
std::string report_html(const RunReport& report);

// The same page made of a report.json; `with_run` adds what differs from run to run: settings with their origins,
// times, memory. An output error if it is none.
Result<std::string> report_page(std::string_view json, bool with_run);

// A small page of the same pieces, for a notebook's cell: verdict, accounting, checks, sessions.
Result<std::string> report_glance(std::string_view json);

}  // namespace gristmill::report
