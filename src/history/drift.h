// Check 13: what a run counted, held against the runs before it.
//
// Each measure is compared with its median over earlier runs, in units of their median absolute deviation: neither is
// moved by a few odd days. Runs that failed, and repetitions of a run over the same inputs, do not count; a value that
// was flagged counts once seven in a row were, or once somebody accepted it: then it is the new level.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/report.h"

namespace gristmill::history {

inline constexpr std::size_t least_runs = 7;  // fewer say nothing

// `past`: the lines of earlier runs, oldest first (run_line.h); one that cannot be read is passed over. `line`: of the
// run that is judged, which nothing is flagged in yet.
DriftOutcome judge_drift(const DriftPolicy& policy, const std::vector<std::string>& past, std::string_view line);

// The first flagged measures in words.
std::string sentence_of(const DriftOutcome& outcome);

}  // namespace gristmill::history
