// `gristmill history OUT --accept`.
#pragma once

#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/publish.h"

namespace gristmill::history {

struct Accepted {
  std::vector<std::string> measures;  // whose last values are the new level
  std::vector<std::string> notes;     // sentences for the user
};

// Takes what the last run was flagged for as the new level, and publishes the output so. A usage error if there is
// nothing of the kind.
[[nodiscard]] Result<Accepted> accept_drift(Storage& storage, const std::string& output, const std::string& run_id,
                                            bool fsync, const publish::InterruptCheck& interrupted);

}  // namespace gristmill::history
