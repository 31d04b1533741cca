// The member `distributions` of report.json.
#pragma once

#include "gristmill/report.h"
#include "json/json_writer.h"

namespace gristmill::report {

void write_distributions(const RunReport& report, json::JsonWriter& json);

}  // namespace gristmill::report
