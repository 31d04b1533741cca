// Parts of the page that are made of report.json: places of findings, and hints.
#pragma once

#include <cstddef>
#include <string>

#include "json/json_value.h"

namespace gristmill::report {

// "name:12", with a link to the file where the page lists it. `files`: all of the report; `listed`: how many the page
// lists; `columns`: of texts from the input.
std::string place_html(const json::JsonValue& files, std::size_t listed, const json::JsonValue& finding,
                       std::size_t columns);

// The section with the hints that there are, their places, and what to do.
std::string hints_html(const json::JsonValue& report, std::size_t files_listed, std::size_t columns);
// The same without places; empty where there are no hints.
std::string hints_at_a_glance(const json::JsonValue& report);

}  // namespace gristmill::report
