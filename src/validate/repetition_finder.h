// Finds byte-identical lines of one data set by a 128-bit hash (check 7).
//
// Identical lines have the same profile, so they are looked for among one profile's lines, which come
// in input order. Beyond the memory limit the rest of the profile's hashes go to a sorter, and
// settle_repeated_lines finds the repetitions among them.
// Facts: key = hash of the profile id, that of the session id, data set, hash, place; value = line number, 0 for a line
// that was seen before the limit. Of a line of an earlier run all before the place is kept. The session is there so
// that the lines of one lie together, and only where state is kept; else it is 0.
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

struct LineFingerprint {
  std::uint64_t session = 0;  // the hash of its session id, where state is kept
  Dataset dataset = Dataset::collections;
  storage::Hash128 hash;  // of the line, without its end
};

class RepetitionFinder {
 public:
  // `accumulates`: lines of a later run will be held against these, so that all hashes are handed on.
  RepetitionFinder(shuffle::Sorter& facts, std::uint64_t memory_limit, bool accumulates = false);
  void begin_profile(storage::Hash128 profile);
  // True if it is known now to repeat an earlier one.
  [[nodiscard]] Result<bool> add(const LineFingerprint& fingerprint, Place place, std::uint64_t line);

 private:
  struct HashSet {
    std::vector<storage::Hash128> slots;  // {0, 0} is free
    std::size_t count = 0;
    bool insert(storage::Hash128 hash);  // false if it is there
    void clear();

   private:
    void grow();
  };
  [[nodiscard]] Status hand_on(const LineFingerprint& fingerprint, Place place, std::uint64_t line);

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
Dataset dataset_of_line(std::string_view key);

// Counts the repetitions that only sorting finds, each culprit with its owner. `earlier`: what was kept of lines of
// earlier runs.
Status settle_repeated_lines(shuffle::SortedFacts& facts, shuffle::FactLookup& earlier, CheckSet& checks);

}  // namespace gristmill::validation
