// Numbers that look random and are a pure function of (seed, purpose, index): any line can be made alone,
// in any order, by any thread. The mixing step and the stream are those of SplitMix64.
#pragma once

#include <cstdint>

#include "json/splitmix64.h"

namespace gristmill::generate {

// What a number is for: the same index gives other numbers for another purpose.
enum class Purpose : std::uint8_t {
  profile,
  session,
  collection,
  session_start,
  order,
  collection_line,
  prediction_line,
  anomaly_of_collection,
  anomaly_of_prediction,
  flaw
};

class Random {
 public:
  Random(std::uint64_t seed, Purpose purpose, std::uint64_t index)
      : state_(json::splitmix64_mixed(
            json::splitmix64_mixed(seed + json::splitmix64_step * (static_cast<std::uint64_t>(purpose) + 1)) +
            json::splitmix64_step * index)) {}

  std::uint64_t next() { return json::splitmix64_mixed(state_ += json::splitmix64_step); }
  // From 0 to `bound` - 1. REQUIRES: 0 < bound < 2^32; the bias is below bound / 2^32.
  std::uint64_t below(std::uint64_t bound) { return (next() >> 32) * bound >> 32; }

 private:
  std::uint64_t state_;
};

}  // namespace gristmill::generate
