#include "generate/order.h"

#include <gtest/gtest.h>

#include <vector>

namespace gristmill::generate {
namespace {

TEST(Order, HoldsEveryNumberOnce) {
  for (const std::uint64_t size : {1U, 2U, 3U, 4U, 5U, 15U, 16U, 17U, 100U, 1000U, 4096U, 4097U}) {
    const Order order(size, 7, 0);
    std::vector<bool> seen(size);
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint64_t number = order.at(i);
      ASSERT_LT(number, size);
      EXPECT_FALSE(seen[number]) << number << " twice of " << size;
      seen[number] = true;
    }
  }
}

TEST(Order, IsShuffled) {
  const Order order(10'000, 1, 0);
  std::uint64_t neighbours = 0;
  for (std::uint64_t i = 1; i < 10'000; ++i) {
    const std::uint64_t a = order.at(i - 1);
    const std::uint64_t b = order.at(i);
    if ((a > b ? a - b : b - a) < 50) ++neighbours;
  }
  EXPECT_LT(neighbours, 200U);  // 100 expected of a fair shuffle
}

TEST(Order, DependsOnSeedAndWhich) {
  const Order order(1000, 1, 0);
  const Order other_seed(1000, 2, 0);
  const Order other_which(1000, 1, 1);
  int same_seed = 0;
  int same_which = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    if (order.at(i) == other_seed.at(i)) ++same_seed;
    if (order.at(i) == other_which.at(i)) ++same_which;
  }
  EXPECT_LT(same_seed, 20);
  EXPECT_LT(same_which, 20);
}

TEST(Order, OfMoreLinesThanAnyDiskHolds) {
  const Order order(1'000'000'000'000, 1, 0);
  EXPECT_LT(order.at(999'999'999'999), 1'000'000'000'000U);
  EXPECT_NE(order.at(0), order.at(1));
}

}  // namespace
}  // namespace gristmill::generate
