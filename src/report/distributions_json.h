// The member `distributions` of report.json.
#pragma once

#include "gristmill/report.h"
#include "json/json_writer.h"

namespace gristmill {

void write_distributions(const RunReport& report, JsonWriter& json);

}  // namespace gristmill
