// What the accepted lines of one profile came to, as an output that grows keeps it: those of all profiles together are
// what the state counted of accepted lines, so that a profile can be taken out of it exactly.
//
// Facts: key = profile, batch; value = ProfileCounts. Not in them is what is found by comparing lines (check 7), and
// the findings themselves: those have their owner where they are kept (Culprits).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/accounting.h"
#include "gristmill/result.h"
#include "source/input_files.h"

namespace gristmill::tasks {

// The number of collections among files, which come before predictions.
std::uint32_t first_prediction_of(const std::vector<source::InputFile>& files);

// Where a place is kept for a later run, the file of a prediction is its number among the predictions, with the highest
// bit set: collections may still be added before them.
Place kept_place(Place place, std::uint32_t first_prediction);
Place place_of_kept(Place kept, std::uint32_t first_prediction);
// Of the file of a kept place.
Dataset dataset_of_kept(std::uint32_t file);

struct ProfileCounts {
  std::map<std::uint32_t, std::uint64_t> lines;     // accepted ones by file, as kept_place() has it
  std::map<std::uint32_t, std::uint64_t> repaired;  // of these
  Accounting counts;                                // of rows, repairs, names, checks, hints and models

  void merge(const ProfileCounts& other);
};

std::string encode(const ProfileCounts& profile);
// An internal error if the bytes are none.
Result<ProfileCounts> decode_profile_counts(std::string_view bytes);

void append_profile_key(std::string_view profile, std::string& key);
// Appends the rest of the key.
void append_batch(std::uint32_t batch, std::string& key);

}  // namespace gristmill::tasks
