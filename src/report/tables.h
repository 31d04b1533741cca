// What a run prints: plain text with aligned columns, every line ended by a newline.
//
// Texts from the input are made visible (text/visible_text.h) and cut, so that they keep to their cells.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gristmill/report.h"
#include "text/text_table.h"

namespace gristmill::report {

// A table with its first culprits for every check that has its own, then one table of the others.
std::string validation_tables(const RunReport& report, const text::TableStyle& style);

// The end of a run: lines, rows, verdict, time, throughput and memory.
std::string summary(const RunReport& report, const text::TableStyle& style);

// The first `rows` lines of aggregated-json text, or of other objects, as a table; its columns are the keys of these
// lines, as they are met.
std::string head_of_sessions(std::string_view json_lines, std::size_t rows, const text::TableStyle& style);

}  // namespace gristmill::report
