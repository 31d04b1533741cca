#include "inspect/distinct_counter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "storage/hash.h"

namespace gristmill::inspect {
namespace {

std::uint64_t hash_of(std::uint64_t number) {
  return storage::hash64({reinterpret_cast<const char*>(&number), sizeof number});
}

std::string bytes_of(const DistinctCounter& counter) {
  std::string bytes;
  counter.append_to(bytes);
  return bytes;
}

TEST(DistinctCounter, IsExactForAFew) {
  DistinctCounter counter;
  EXPECT_EQ(counter.estimate(), 0U);
  for (std::uint64_t i = 0; i < DistinctCounter::most_exact; ++i) {
    EXPECT_TRUE(counter.add(hash_of(i)));
    EXPECT_FALSE(counter.add(hash_of(i)));
  }
  EXPECT_TRUE(counter.exact());
  EXPECT_EQ(counter.estimate(), DistinctCounter::most_exact);
  EXPECT_FALSE(counter.add(hash_of(12345678)));
  EXPECT_FALSE(counter.exact());
}

TEST(DistinctCounter, TakesTheHashZero) {
  DistinctCounter counter;
  EXPECT_TRUE(counter.add(0));
  EXPECT_FALSE(counter.add(0));
  EXPECT_EQ(counter.estimate(), 1U);
}

TEST(DistinctCounter, IsNearForMany) {
  DistinctCounter counter;
  std::uint64_t added = 0;
  for (const std::uint64_t count : {300U, 1000U, 5000U, 20000U, 100000U, 1000000U}) {
    for (; added < count; ++added) counter.add(hash_of(added));
    const double error = static_cast<double>(counter.estimate()) / static_cast<double>(count) - 1;
    EXPECT_LT(std::abs(error), 4 * 1.04 / 64) << count;
  }
}

// In whatever order and parts the hashes come.
TEST(DistinctCounter, MergesToWhatOneWouldHaveCounted) {
  for (const std::uint64_t count : {10U, 255U, 256U, 257U, 700U, 30000U}) {
    DistinctCounter whole;
    for (std::uint64_t i = 0; i < count; ++i) whole.add(hash_of(i));
    for (const std::uint64_t cut : {std::uint64_t{0}, count / 10, count / 2, count}) {
      DistinctCounter first;
      DistinctCounter second;
      for (std::uint64_t i = 0; i < cut; ++i) first.add(hash_of(i));
      for (std::uint64_t i = count; i-- > cut / 2;) second.add(hash_of(i));
      first.merge(second);
      EXPECT_EQ(first.exact(), whole.exact()) << count;
      EXPECT_EQ(first.estimate(), whole.estimate()) << count;
      EXPECT_TRUE(whole.exact() || bytes_of(first) == bytes_of(whole)) << count;
    }
  }
}

TEST(DistinctCounter, IsReadBack) {
  for (const std::uint64_t count : {0U, 3U, 256U, 1000U}) {
    DistinctCounter counter;
    for (std::uint64_t i = 0; i < count; ++i) counter.add(hash_of(i));
    const std::string bytes = bytes_of(counter) + "rest";
    std::string_view left = bytes;
    DistinctCounter read;
    read.add(1);
    read.read_from(left);
    EXPECT_EQ(left, "rest");
    EXPECT_EQ(read.estimate(), counter.estimate());
    EXPECT_EQ(read.exact(), counter.exact());
  }
}

}  // namespace
}  // namespace gristmill::inspect
