// `gristmill diff A B`: in what two outputs differ. Their manifests are compared first, and only what differs there is
// read.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::diff {

// How many of a kind are the same, changed, or in one output alone, and the first names of those that are not the same.
struct Differences {
  std::uint64_t same = 0;
  std::uint64_t changed = 0;
  std::uint64_t only_first = 0;
  std::uint64_t only_second = 0;
  struct Name {
    char sign = '~';   // changed; '-': in the first alone; '+': in the second alone
    std::string name;  // the folder, or the profile
    std::string session = {};
  };
  std::vector<Name> names;

  std::uint64_t differing() const { return changed + only_first + only_second; }
};

struct OutputDiff {
  std::pair<std::string, std::string> run_ids;
  bool same_inputs = false;  // inputs_id
  bool of_runs = false;      // two runs of one output: counts alone are compared
  struct Count {
    std::string name;  // "collections.accepted"
    std::uint64_t first = 0;
    std::uint64_t second = 0;
  };
  std::vector<Count> counts;
  Differences labels;       // partitions, by their folder
  Differences predictions;  // likewise
  Differences sessions;
};

// Of two complete outputs, each a folder that is not written meanwhile. `limit`: names of each kind; 0: all.
[[nodiscard]] Result<OutputDiff> compare_outputs(Storage& storage, const std::string& first, const std::string& second,
                                                 std::uint64_t limit);

// Two lines of validation/batches.jsonl or history.jsonl of one output, by the number of a batch or the id of a run:
// the counts alone.
[[nodiscard]] Result<OutputDiff> compare_runs(Storage& storage, const std::string& folder, const std::string& first,
                                              const std::string& second);

std::string diff_json(const OutputDiff& diff);

}  // namespace gristmill::diff
