// Finds byte-identical lines of one data set by a 128-bit hash (check 7).
//
// Identical lines have the same profile, so they are looked for among one profile's lines, which come
// in input order. Beyond the memory limit the rest of the profile's hashes go to a sorter, and
// settle_repeated_lines finds the repetitions among them.
// Facts: key = data set, hash, place; value = line number, 0 for a line that was seen before the limit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "shuffle/sorter.h"
#include "storage/hash.h"
#include "validate/check_set.h"

namespace gristmill::validation {

class RepetitionFinder {
 public:
  RepetitionFinder(shuffle::Sorter& facts, std::uint64_t memory_limit);
  void begin_profile();
  // `hash`: of the line, without its end. True if it is known now to repeat an earlier one.
  [[nodiscard]] Result<bool> add(Dataset dataset, storage::Hash128 hash, Place place, std::uint64_t line);

 private:
  struct HashSet {
    std::vector<storage::Hash128> slots;  // {0, 0} is free
    std::size_t count = 0;
    bool insert(storage::Hash128 hash);  // false if it is there
    void clear();

   private:
    void grow();
  };
  [[nodiscard]] Status hand_on(Dataset dataset, storage::Hash128 hash, Place place, std::uint64_t line);

  shuffle::Sorter& facts_;
  std::size_t most_hashes_;
  HashSet sets_[dataset_count];
  bool handed_on_[dataset_count] = {};
  std::string key_;
};

// Counts the repetitions that only sorting finds. REQUIRES: nothing is added to the sorters any more.
Status settle_repeated_lines(const std::vector<shuffle::Sorter*>& sorters, CheckSet& checks);

}  // namespace gristmill::validation
