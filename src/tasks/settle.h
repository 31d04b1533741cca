// Settle: the third of the three pure steps. Joins the facts that grind left: session aggregates to the
// tables, session facts to checks 2 and 3, rejected lines to the quarantine.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "tasks/grind.h"

namespace gristmill {

// A finding about a session id, with the place where the session first occurs in its data set.
struct SessionCulprit {
  std::string session;  // unescaped
  Dataset dataset = Dataset::collections;
  std::uint64_t profiles = 0;  // distinct profile ids
  std::uint64_t rows = 0;
  Place first;
  std::uint64_t first_line = 0;
};

struct SettledSessions {
  struct DatasetSessions {
    std::uint64_t sessions = 0;          // distinct session ids
    std::uint64_t duplicate_ids = 0;     // session ids with more than one profile
    std::uint64_t unmatched_sessions = 0;  // session ids that the other data set does not have
    std::uint64_t unmatched_rows = 0;
  };
  std::array<DatasetSessions, dataset_count> datasets;
  std::vector<SessionCulprit> duplicates;  // the first 100 by session id
  std::vector<SessionCulprit> unmatched;
  std::uint64_t rows = 0;  // of the aggregates
  std::uint64_t predictions_of_unknown_sessions = 0;  // rows of a (profile, session) that no collection has
};

using FactsOfWorkers = std::vector<GroundFacts*>;

Status settle_session_checks(const FactsOfWorkers& facts, SettledSessions& settled);

// Writes the session tables, or only counts where options.output has no root.
Status settle_aggregates(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                         const std::string& version, const FactsOfWorkers& facts, SettledSessions& settled,
                         std::vector<WrittenFile>& written);

// Writes quarantine/<data set>.jsonl for each data set with rejected lines.
Status settle_quarantine(Storage& storage, const GrindOptions& options, const std::vector<InputFile>& files,
                         const FactsOfWorkers& facts, std::vector<WrittenFile>& written);

}  // namespace gristmill
