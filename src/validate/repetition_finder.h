// Finds byte-identical lines of one data set by a 128-bit hash (check 7).
//
// Identical lines have the same profile, so they are looked for among one profile's lines, which come
// in input order. Beyond the memory limit the rest of the profile's hashes go to a sorter, and
// settle_repeated_lines finds the repetitions among them.
// Facts: key = hash of the profile id, data set, hash, place; value = line number, 0 for a line that was seen before
// the limit. Of a line of an earlier run all before the place is enough: it comes before all others.
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
  // `accumulates`: lines of a later run will be held against these, so that all hashes are handed on.
  RepetitionFinder(shuffle::Sorter& facts, std::uint64_t memory_limit, bool accumulates = false);
  void begin_profile(storage::Hash128 profile);
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
  bool accumulates_;
  HashSet sets_[dataset_count];
  bool handed_on_[dataset_count] = {};
  storage::Hash128 profile_;
  std::string key_;
};

// The part of a fact's key that is kept for a later run.
std::string_view identity_of_line(std::string_view key);

// Counts the repetitions that only sorting finds, each culprit with its owner.
Status settle_repeated_lines(shuffle::SortedFacts& facts, CheckSet& checks);

}  // namespace gristmill::validation
