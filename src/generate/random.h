// Numbers that look random and are a pure function of (seed, purpose, index): any line can be made alone,
// in any order, by any thread. The mixing step and the stream are SplitMix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", 2014).
#pragma once

#include <cstdint>

namespace gristmill::generate {

inline std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

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
      : state_(mixed(mixed(seed + step * (static_cast<std::uint64_t>(purpose) + 1)) + step * index)) {}

  std::uint64_t next() { return mixed(state_ += step); }
  // From 0 to `bound` - 1. REQUIRES: 0 < bound < 2^32; the bias is below bound / 2^32.
  std::uint64_t below(std::uint64_t bound) { return (next() >> 32) * bound >> 32; }

 private:
  static constexpr std::uint64_t step = 0x9E3779B97F4A7C15ULL;
  std::uint64_t state_;
};

}  // namespace gristmill::generate
