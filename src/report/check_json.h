// One check of report.json.
#pragma once

#include "gristmill/report.h"
#include "json/json_writer.h"

namespace gristmill::report {

// Writes the element of `checks` that is about `check`: its policy, status, counts, examples, culprits.
void write_check(const RunReport& report, Check check, json::JsonWriter& json);

}  // namespace gristmill::report
