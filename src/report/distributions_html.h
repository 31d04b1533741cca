// Parts of the page that are made of report.json: how sessions, models and partitions are spread.
#pragma once

#include <cstddef>
#include <string>

#include "json/json_value.h"

namespace gristmill::report {

// The section on the columns of the session rows.
std::string sessions_html(const json::JsonValue& report);

// That, models over time, and sizes of partitions. `columns`: of texts from the input.
std::string distributions_html(const json::JsonValue& report, std::size_t columns);

}  // namespace gristmill::report
