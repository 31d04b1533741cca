// What settling the facts by session id and the session aggregates finds (checks 2 and 3).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/data.h"
#include "gristmill/distributions.h"

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
    std::uint64_t sessions = 0;            // distinct session ids
    std::uint64_t duplicate_ids = 0;       // session ids with more than one profile
    std::uint64_t unmatched_sessions = 0;  // session ids that the other data set does not have
    std::uint64_t unmatched_rows = 0;
  };
  std::array<DatasetSessions, dataset_count> datasets;
  std::vector<SessionCulprit> duplicates;  // the first 100 by session id
  std::vector<SessionCulprit> unmatched;
  std::uint64_t rows = 0;                             // of the aggregates
  SessionDistributions distributions;                 // of the aggregates
  std::uint64_t predictions_of_unknown_sessions = 0;  // rows of a (profile, session) that no collection has
};

}  // namespace gristmill
