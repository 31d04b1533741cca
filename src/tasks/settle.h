// Settle: the third of the three pure steps. Joins the facts that grind left: session aggregates to the
// tables, session facts to what checks see of sessions, rejected lines to the quarantine.
//
// Each part reads one kind of fact, once, and tells what it came to; the parts may be settled in any order, at the same
// time or on several machines, and are merged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/session_findings.h"
#include "tasks/grind.h"

namespace gristmill::tasks {

using FactsOfWorkers = std::vector<GroundFacts*>;

struct Settled {
  SessionFindings sessions;
  Accounting accounting;                      // what checks found
  std::vector<storage::WrittenFile> written;  // tables and quarantine

  void merge(Settled other);
};

// Of all session ids, and of all profile ids.
[[nodiscard]] Result<Settled> settle_session_checks(Storage& storage, const GrindOptions& options,
                                                    const FactsOfWorkers& facts);
[[nodiscard]] Result<Settled> settle_repeated_lines(const FactsOfWorkers& facts);

// Writes the session tables, or only counts where options.output has no root. `rows_per_part`: 0 puts all in one part.
[[nodiscard]] Result<Settled> settle_aggregates(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                                                const FactsOfWorkers& facts, const std::string& version,
                                                std::uint64_t rows_per_part = 0);

// Likewise of what each model said of them.
[[nodiscard]] Result<Settled> settle_models(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                                            const FactsOfWorkers& facts, const std::string& version);

// Writes quarantine/<data set>.jsonl for each data set with rejected lines.
[[nodiscard]] Result<Settled> settle_quarantine(Storage& storage, const GrindOptions& options,
                                                const std::vector<source::InputFile>& files,
                                                const std::string& inputs_id, const FactsOfWorkers& facts);

}  // namespace gristmill::tasks
