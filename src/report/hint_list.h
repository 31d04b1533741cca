// Hints as JSON and in a run's tables (gristmill/hints.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gristmill/report.h"
#include "json/json_writer.h"
#include "text/text_table.h"

namespace gristmill::report {

// A place where something is odd; of a name in `carry` there is none.
struct HintPlace {
  Dataset dataset = Dataset::collections;
  std::string_view file;   // a view into the report; empty: no place
  std::uint64_t line = 0;  // from 1
  std::string what;        // comes from the input in part: it may hold anything
};

std::uint64_t count_of(const RunReport& report, Hint hint, Dataset dataset);
// The first ones.
std::vector<HintPlace> places_of(const RunReport& report, Hint hint);

void write_hints(const RunReport& report, json::JsonWriter& json);

// For people: a table of the hints that there are, and what to do about them; empty where there are none.
std::string hint_table_of(const RunReport& report, const text::TableStyle& style);

}  // namespace gristmill::report
