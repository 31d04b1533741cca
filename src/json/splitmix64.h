// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): each of its numbers is
// its mixing step of the seed plus so many steps, so any of them can be had alone.
#pragma once

#include <cstdint>

namespace gristmill::json {

inline constexpr std::uint64_t splitmix64_step = 0x9E3779B97F4A7C15ULL;

inline std::uint64_t splitmix64_mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// The first number that follows the seed.
inline std::uint64_t splitmix64(std::uint64_t seed) { return splitmix64_mixed(seed + splitmix64_step); }

}  // namespace gristmill::json
