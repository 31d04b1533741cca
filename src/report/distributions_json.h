// The member `distributions` of report.json.
#pragma once

#include "gristmill/report.h"
#include "json/json_writer.h"

namespace gristmill::report {

// Members on the rows of a model: their number, those without score or confidence, and quartiles.
void write_use(const ModelUse::Use& use, json::JsonWriter& json);

void write_distributions(const RunReport& report, json::JsonWriter& json);

}  // namespace gristmill::report
