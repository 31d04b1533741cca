#include "source/line_numbers.h"

#include <gtest/gtest.h>

namespace gristmill::source {
namespace {

TEST(LineNumbers, CountFromOneThroughTheChunks) {
  std::vector<FileTally> tallies(3);
  tallies[0].lines_of_chunk = {3, 0, 2};
  tallies[2].lines_of_chunk = {1};
  const LineNumbers numbers(tallies);
  EXPECT_EQ(numbers.number_of(Place{0, 0}, 0), 1U);
  EXPECT_EQ(numbers.number_of(Place{0, chunk_size - 1}, 2), 3U);
  EXPECT_EQ(numbers.number_of(Place{0, 2 * chunk_size}, 0), 4U);
  EXPECT_EQ(numbers.number_of(Place{0, 3 * chunk_size - 1}, 1), 5U);
  EXPECT_EQ(numbers.number_of(Place{2, 17}, 0), 1U);
}

TEST(LineNumbers, GoBeyond32Bits) {
  std::vector<FileTally> tallies(1);
  tallies[0].lines_of_chunk.assign(5000, 1U << 20);
  const LineNumbers numbers(tallies);
  EXPECT_EQ(numbers.number_of(Place{0, 4999 * chunk_size}, 5), 4999ULL * (1U << 20) + 6);
}

TEST(LineNumbers, OfOtherUnits) {
  const LineNumbers numbers({{3, 4}, {7}}, 4 * chunk_size);
  EXPECT_EQ(numbers.number_of(Place{0, 4 * chunk_size - 1}, 2), 3U);
  EXPECT_EQ(numbers.number_of(Place{0, 4 * chunk_size}, 0), 4U);
  // Counted whole, though it is longer than a unit.
  EXPECT_EQ(numbers.number_of(Place{1, 9 * chunk_size}, 6), 7U);
}

}  // namespace
}  // namespace gristmill::source
