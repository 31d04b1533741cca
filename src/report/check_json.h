// One check of report.json.
#pragma once

#include "gristmill/report.h"
#include "json/json_writer.h"

namespace gristmill {

// Writes the element of `checks` that is about `check`: its policy, status, counts, examples, culprits.
void write_check(const RunReport& report, Check check, JsonWriter& json);

}  // namespace gristmill
