#include "text/figures.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace gristmill::text {
namespace {

TEST(Figures, Grouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Figures, Bytes) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(999), "999 bytes");
  EXPECT_EQ(bytes_text(1000), "1.00 kB");
  EXPECT_EQ(bytes_text(12345678), "12.3 MB");
  EXPECT_EQ(bytes_text(999999), "1.00 MB");
  EXPECT_EQ(memory_text(1024), "1.00 KiB");
  EXPECT_EQ(memory_text(64U << 20), "64.0 MiB");
  EXPECT_EQ(memory_text(1ULL << 30), "1.00 GiB");
  EXPECT_EQ(megabytes_a_second(412345678), "412 MB/s");
  EXPECT_EQ(megabytes_a_second(2345678901), "2346 MB/s");
  EXPECT_EQ(megabytes_a_second(4938271), "4.94 MB/s");
}

TEST(Figures, Seconds) {
  EXPECT_EQ(seconds_text(0.0123), "0.012 s");
  EXPECT_EQ(seconds_text(2.5), "2.50 s");
  EXPECT_EQ(seconds_text(59.9), "59.9 s");
  EXPECT_EQ(seconds_text(59.97), "1 min 0 s");
  EXPECT_EQ(seconds_text(125), "2 min 5 s");
  EXPECT_EQ(seconds_text(3720), "1 h 2 min");
  EXPECT_EQ(seconds_text(std::numeric_limits<double>::quiet_NaN()), "?");
  EXPECT_EQ(seconds_text(-1), "?");
}

TEST(Figures, Counted) {
  EXPECT_EQ(counted(0, "line"), "0 lines");
  EXPECT_EQ(counted(1, "line"), "1 line");
  EXPECT_EQ(counted(2000, "line"), "2,000 lines");
  EXPECT_EQ(noun_for(1, "entry is", "entries are"), "entry is");
  EXPECT_EQ(noun_for(0, "entry is", "entries are"), "entries are");
}

}  // namespace
}  // namespace gristmill::text
