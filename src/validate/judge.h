// From counts to verdicts: each check's findings against its severity and threshold.
#pragma once

#include "gristmill/report.h"

namespace gristmill::validation {

// Fills report.checks and report.passed from the rest of the report.
void judge_checks(const Recipe& recipe, RunReport& report);

}  // namespace gristmill::validation
