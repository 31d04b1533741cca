#include "wire/wire.h"

#include <gtest/gtest.h>

#include <limits>

namespace gristmill::wire {
namespace {

using Numbers = std::vector<std::uint64_t>;

TEST(Wire, NumbersComeBackAndSmallOnesAreShort) {
  Numbers numbers = {0, 1, 127, 128, 16383, 16384, std::numeric_limits<std::uint64_t>::max()};
  for (unsigned bit = 0; bit < 64; ++bit) numbers.push_back(std::uint64_t{1} << bit);
  const auto again = from_wire<Numbers>(to_wire(numbers));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, numbers);
  EXPECT_EQ(to_wire(std::uint64_t{127}).size(), 1U);
  EXPECT_EQ(to_wire(std::uint64_t{128}).size(), 2U);
  EXPECT_EQ(to_wire(std::numeric_limits<std::uint64_t>::max()).size(), 10U);
}

TEST(Wire, SignedNumbersAndFractionsComeBack) {
  const std::map<std::int32_t, double> values = {
      {-1, -0.0}, {std::numeric_limits<std::int32_t>::min(), 1e300}, {7, 0.1}};
  const auto again = from_wire<std::map<std::int32_t, double>>(to_wire(values));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, values);
}

TEST(Wire, WhatEndsTooEarlyOrLateOrNeverIsRefused) {
  const std::string bytes = to_wire(Numbers{1, 1000, 1'000'000'000'000});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(from_wire<Numbers>(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(from_wire<Numbers>(bytes + "x").ok());
  EXPECT_FALSE(from_wire<std::uint64_t>(std::string(20, '\xFF')).ok());
  EXPECT_FALSE(from_wire<std::uint64_t>(std::string(10, '\xFF') + '\1').ok());
  EXPECT_FALSE(from_wire<std::uint64_t>(std::string(9, '\x80') + '\2').ok());
  EXPECT_FALSE(from_wire<std::uint32_t>(to_wire(std::uint64_t{1} << 32)).ok());
}

TEST(Wire, ATruthIsZeroOrOne) {
  for (const bool value : {false, true}) {
    const auto again = from_wire<bool>(to_wire(value));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, value);
  }
  for (const char* byte : {"\x02", "\xCC"}) EXPECT_FALSE(from_wire<bool>(byte).ok());
  EXPECT_FALSE(from_wire<bool>("").ok());
}

}  // namespace
}  // namespace gristmill::wire
