// From counts to verdicts: each check's findings against its severity and threshold.
#pragma once

#include "gristmill/report.h"

namespace gristmill::validation {

// Fills report.checks and report.passed from the rest of the report.
void judge_checks(const Recipe& recipe, RunReport& report);

// What to say of a data set that has so many accepted lines, and had `before`, which is not 0.
CheckStatus judge_volume(const VolumePolicy& policy, std::uint64_t lines, std::uint64_t before);

}  // namespace gristmill::validation
