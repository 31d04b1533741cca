// What changed since the runs before: the measures of check 13, each with its trend.
#pragma once

#include <string>

#include "json/json_value.h"

namespace gristmill::report {

// A section, from report.json's `run.drift`; empty where there is none. `columns`: of names from the input.
std::string changes_html(const json::JsonValue& report, std::size_t columns);

}  // namespace gristmill::report
