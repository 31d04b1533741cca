// How a memory budget is shared out among the parts of a run. The shares add up to less than the whole;
// what is not in the plan (code, libraries, read and write buffers) is the 64 MiB beside the budget.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "shuffle/bucket_set.h"

namespace gristmill::scheduling {

struct MemoryPlan {
  std::uint64_t bucket_quota;  // of each worker's buckets
  std::uint32_t bucket_bits;
  std::uint32_t chunk_bytes;
  std::uint64_t load_limit;      // of each worker's spilled bucket in memory
  std::uint64_t profile_memory;  // of each worker, for sessions and for repeated lines
  std::uint64_t sorter_memory;   // of each of a worker's eight sorters
  std::uint64_t inflate_ahead;   // of all workers, while nothing is loaded or sorted yet
  std::uint64_t read_block;      // beside the budget: of each worker's reads, and
  std::size_t output_buffer;     // of each file that it writes
};

// `input_bytes`: decompressed, as far as can be told.
inline MemoryPlan plan_memory(std::uint64_t budget, std::uint32_t workers, std::uint64_t input_bytes) {
  MemoryPlan plan{};
  const std::uint64_t share = budget / workers;
  plan.bucket_quota = share / 2;
  plan.load_limit = std::max<std::uint64_t>(share / 8, 256U << 10);
  plan.profile_memory = std::max<std::uint64_t>(share / 32, 64U << 10);
  plan.sorter_memory = std::max<std::uint64_t>(share / 32, 64U << 10);
  plan.inflate_ahead = budget / 4;
  // A block is gone over several times: one of 1 MiB leaves the nearer caches in between.
  plan.read_block = std::bit_floor(std::clamp<std::uint64_t>(share / 8, 64U << 10, 128U << 10));
  plan.output_buffer = std::bit_floor(std::clamp<std::uint64_t>(share / 32, 16U << 10, 64U << 10));
  // Enough buckets that a spilled one can be loaded, not so many that their chunks fill the quota.
  const std::uint64_t wanted = std::max<std::uint64_t>(256, input_bytes / (plan.load_limit / 2));
  const std::uint64_t affordable = std::max<std::uint64_t>(16, plan.bucket_quota / (16U << 10));
  plan.bucket_bits =
      static_cast<std::uint32_t>(std::bit_width(std::min({wanted, affordable, std::uint64_t{4096}})) - 1);
  const std::uint64_t chunk = plan.bucket_quota / (std::uint64_t{4} << plan.bucket_bits);
  plan.chunk_bytes = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(chunk, 4U << 10, 64U << 10));
  return plan;
}

}  // namespace gristmill::scheduling
