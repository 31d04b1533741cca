// What is read from the texts of the system.
#include "run/machine.h"

#include <gtest/gtest.h>

namespace gristmill::scheduling {
namespace {

constexpr std::uint64_t mib = 1U << 20;

TEST(Machine, HasSomethingToOffer) {
  EXPECT_GE(usable_processors(), 1U);
  EXPECT_GT(machine_memory(), 64 * mib);
  EXPECT_GT(available_memory(), 0U);
  EXPECT_LE(available_memory(), machine_memory());
  EXPECT_GT(peak_memory(), mib);
  EXPECT_GE(open_files_limit(), 3U);
}

TEST(Machine, WithoutALimitTheSystemSaysWhatIsAvailable) {
  const std::string meminfo = "MemTotal:       8192 kB\nMemFree:  1024 kB\nMemAvailable:    4096 kB\n";
  EXPECT_EQ(available_memory_in(meminfo, "", "", ""), 4 * mib);
  EXPECT_EQ(available_memory_in(meminfo, "max\n", "1048576\n", ""), 4 * mib);
}

TEST(Machine, AControlGroupsLimitCountsWithoutItsPageCache) {
  const std::string meminfo = "MemAvailable:    8192 kB\n";
  const std::string statistics = "anon 1048576\nfile 3145728\ninactive_file 1048576\nactive_file 1048576\n";
  // 6 MiB allowed, 4 used, 2 of them cache.
  EXPECT_EQ(available_memory_in(meminfo, "6291456\n", "4194304\n", statistics), 4 * mib);
  EXPECT_EQ(available_memory_in(meminfo, "1048576\n", "4194304\n", statistics), 0U);
  EXPECT_EQ(available_memory_in(meminfo, "1073741824\n", "0\n", ""), 8 * mib);
}

}  // namespace
}  // namespace gristmill::scheduling
