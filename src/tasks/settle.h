// Settle: the third of the three pure steps. Joins the facts that grind left: session aggregates to the
// tables, session facts to checks 2 and 3, rejected lines to the quarantine.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/session_findings.h"
#include "tasks/grind.h"

namespace gristmill::tasks {

using FactsOfWorkers = std::vector<GroundFacts*>;

Status settle_session_checks(const FactsOfWorkers& facts, SettledSessions& settled);

// Writes the session tables, or only counts where options.output has no root. `rows_per_part`: 0 puts all in one part.
Status settle_aggregates(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                         const std::string& version, const FactsOfWorkers& facts, SettledSessions& settled,
                         std::vector<storage::WrittenFile>& written, std::uint64_t rows_per_part = 0);

// Writes quarantine/<data set>.jsonl for each data set with rejected lines.
Status settle_quarantine(Storage& storage, const GrindOptions& options, const std::vector<source::InputFile>& files,
                         const std::string& inputs_id, const FactsOfWorkers& facts,
                         std::vector<storage::WrittenFile>& written);

}  // namespace gristmill::tasks
