// The shares of a memory budget never exceed the whole.
#include "run/memory_plan.h"

#include <gtest/gtest.h>

#include <random>

namespace gristmill::scheduling {
namespace {

constexpr std::uint64_t kib = 1U << 10;
constexpr std::uint64_t mebibyte = 1U << 20;
constexpr std::uint64_t gib = 1U << 30;

// From here on, for each worker, every share is a fraction; below it some are at their least size.
constexpr std::uint64_t least_share = 2 * mebibyte;

// What one worker may hold: its buckets, one of them loaded, a profile's sessions, the repeated lines of either
// data set, eight sorters.
std::uint64_t held_by_a_worker(const MemoryPlan& plan) {
  return plan.bucket_quota + plan.load_limit + 3 * plan.profile_memory + 8 * plan.sorter_memory;
}

template <typename Visitor>
void for_each_plan(Visitor visit) {
  std::mt19937_64 random(31);
  std::vector<std::uint64_t> budgets;
  for (std::uint64_t budget = mebibyte; budget <= 64 * gib; budget *= 2) {
    for (const std::uint64_t more : {std::uint64_t{0}, std::uint64_t{1}, random() % budget}) {
      budgets.push_back(std::min(budget + more, 64 * gib));
    }
    budgets.push_back(budget - 1 + (budget == mebibyte ? 1 : 0));
  }
  for (const std::uint64_t budget : budgets) {
    for (std::uint32_t workers = 1; workers <= 64; ++workers) {
      for (const std::uint64_t input : {std::uint64_t{0}, std::uint64_t{1}, 100 * mebibyte, budget * 3, 1000 * gib}) {
        SCOPED_TRACE(std::to_string(budget) + " bytes, " + std::to_string(workers) + " workers, input " +
                     std::to_string(input));
        visit(budget, workers, plan_memory(budget, workers, input));
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(MemoryPlan, TheSharesNeverExceedTheBudget) {
  std::uint64_t plans = 0;
  for_each_plan([&](std::uint64_t budget, std::uint32_t workers, const MemoryPlan& plan) {
    if (budget / workers < least_share) return;
    ++plans;
    ASSERT_LE(held_by_a_worker(plan) * workers, budget);
    // Nor is much of it left unused.
    ASSERT_GE(held_by_a_worker(plan) * workers, budget / 10 * 9 - 16 * workers);
  });
  EXPECT_GT(plans, 1000U);
}

TEST(MemoryPlan, BelowTheLeastShareEveryPartIsAtMostItsLeastSize) {
  const MemoryPlan least = plan_memory(least_share, 1, gib);
  for_each_plan([&](std::uint64_t budget, std::uint32_t workers, const MemoryPlan& plan) {
    if (budget / workers >= least_share) return;
    ASSERT_LE(plan.bucket_quota * 2 * workers, budget);
    ASSERT_EQ(plan.load_limit, 256 * kib);
    ASSERT_EQ(plan.profile_memory, 64 * kib);
    ASSERT_GE(plan.sorter_memory, 64 * kib);
    ASSERT_LE(held_by_a_worker(plan), held_by_a_worker(least));
  });
}

TEST(MemoryPlan, BucketsFitTheirQuota) {
  for_each_plan([&](std::uint64_t budget, std::uint32_t workers, const MemoryPlan& plan) {
    ASSERT_GE(plan.bucket_bits, 4U);
    ASSERT_LE(plan.bucket_bits, 12U);
    ASSERT_GE(plan.chunk_bytes, 4 * kib);
    ASSERT_LE(plan.chunk_bytes, 64 * kib);
    // With a chunk in every bucket, half of the quota at least is left for more.
    if (budget / workers < mebibyte) return;
    ASSERT_LE((std::uint64_t{plan.chunk_bytes} << plan.bucket_bits) * 2, plan.bucket_quota);
  });
}

TEST(MemoryPlan, BuffersArePowersOfTwoWithinBounds) {
  for_each_plan([&](std::uint64_t, std::uint32_t, const MemoryPlan& plan) {
    ASSERT_TRUE(std::has_single_bit(plan.read_block) && std::has_single_bit(plan.output_buffer));
    ASSERT_GE(plan.read_block, 64 * kib);
    ASSERT_LE(plan.read_block, 128 * kib);
    ASSERT_GE(plan.output_buffer, 16 * kib);
    ASSERT_LE(plan.output_buffer, 256 * kib);
  });
}

TEST(MemoryPlan, MoreInputGetsMoreBucketsUntilTheyWouldBeTooMany) {
  std::uint32_t last = 0;
  for (std::uint64_t input = 1; input < 4096 * gib; input *= 2) {
    const std::uint32_t bits = plan_memory(gib, 4, input).bucket_bits;
    EXPECT_GE(bits, last);
    last = bits;
  }
  EXPECT_EQ(last, 12U);
  EXPECT_EQ(plan_memory(gib, 4, 0).bucket_bits, 8U);
  // A bucket of an input that is spread evenly can be loaded, as long as that many are affordable.
  const MemoryPlan plan = plan_memory(gib, 4, 40 * gib);
  EXPECT_LE((40 * gib) >> plan.bucket_bits, plan.load_limit);
  EXPECT_EQ(plan_memory(mebibyte, 4, 1000 * gib).bucket_bits, 4U);
}

TEST(MemoryPlan, MoreMemoryShrinksNothing) {
  for (std::uint32_t workers = 1; workers <= 64; workers += 9) {
    for (std::uint64_t budget = mebibyte; budget <= 32 * gib; budget *= 2) {
      const MemoryPlan less = plan_memory(budget, workers, gib);
      const MemoryPlan more = plan_memory(budget * 2, workers, gib);
      EXPECT_LT(less.bucket_quota, more.bucket_quota);
      EXPECT_LE(less.load_limit, more.load_limit);
      EXPECT_LE(less.profile_memory, more.profile_memory);
      EXPECT_LE(less.sorter_memory, more.sorter_memory);
      EXPECT_LE(less.read_block, more.read_block);
      EXPECT_LE(less.output_buffer, more.output_buffer);
    }
  }
}

}  // namespace
}  // namespace gristmill::scheduling
