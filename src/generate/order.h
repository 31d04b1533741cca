// The order of lines: a shuffle of 0 ... n-1 that is computed, not stored, so that it takes no memory
// however many lines there are.
#pragma once

#include <array>
#include <cstdint>

namespace gristmill::generate {

class Order {
 public:
  // A shuffle of the numbers below `size`; another one for another seed or `which`.
  Order(std::uint64_t size, std::uint64_t seed, std::uint64_t which);

  // REQUIRES: position < size. Every number below size is at exactly one position.
  std::uint64_t at(std::uint64_t position) const;

 private:
  static constexpr int rounds = 4;
  std::uint64_t size_;
  unsigned half_bits_;
  std::uint64_t half_mask_;
  std::array<std::uint64_t, rounds> keys_;
};

}  // namespace gristmill::generate
