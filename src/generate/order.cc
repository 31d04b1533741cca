// A Feistel network permutes the numbers of an even count of bits, whatever its round function is; walking
// its cycle until a number is below `size` makes that a permutation of any size (Black and Rogaway,
// "Ciphers with arbitrary finite domains", 2002). The domain is less than four times as large as the size,
// so the walk takes fewer than four steps on average. Tested in order_test.cc.
#include "generate/order.h"

#include <algorithm>
#include <bit>

#include "generate/random.h"

namespace gristmill::generate {

Order::Order(std::uint64_t size, std::uint64_t seed, std::uint64_t which)
    : size_(size), half_bits_((static_cast<unsigned>(std::bit_width(std::max<std::uint64_t>(size, 4) - 1)) + 1) / 2) {
  half_mask_ = (std::uint64_t{1} << half_bits_) - 1;
  Random random(seed, Purpose::order, which);
  for (std::uint64_t& key : keys_) key = random.next();
}

std::uint64_t Order::at(std::uint64_t position) const {
  std::uint64_t number = position;
  do {
    std::uint64_t left = number >> half_bits_;
    std::uint64_t right = number & half_mask_;
    for (const std::uint64_t key : keys_) {
      const std::uint64_t next = left ^ (json::splitmix64_mixed(right ^ key) & half_mask_);
      left = right;
      right = next;
    }
    number = left << half_bits_ | right;
  } while (number >= size_);
  return number;
}

}  // namespace gristmill::generate
