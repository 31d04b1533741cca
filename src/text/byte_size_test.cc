#include "text/byte_size.h"

#include <gtest/gtest.h>

namespace gristmill::text {
namespace {

std::uint64_t parsed(std::string_view text) {
  const Result<std::uint64_t> result = parse_byte_size(text);
  EXPECT_TRUE(result.ok()) << text;
  return result.ok() ? *result : 0;
}

TEST(ByteSize, ReadsUnits) {
  EXPECT_EQ(parsed("0"), 0U);
  EXPECT_EQ(parsed("1048576"), 1048576U);
  EXPECT_EQ(parsed("10B"), 10U);
  EXPECT_EQ(parsed("64MiB"), 67108864U);
  EXPECT_EQ(parsed("64mib"), 67108864U);
  EXPECT_EQ(parsed("1GiB"), 1073741824U);
  EXPECT_EQ(parsed("512KB"), 512000U);
  EXPECT_EQ(parsed("4g"), 4294967296U);
  EXPECT_EQ(parsed("2 TB"), 2000000000000U);
}

TEST(ByteSize, RoundsFractionsDownToWholeBytes) {
  EXPECT_EQ(parsed("1.5GiB"), 1610612736U);
  EXPECT_EQ(parsed("0.1GiB"), 107374182U);
  EXPECT_EQ(parsed("0.000000000000000000000000001TiB"), 0U);
}

TEST(ByteSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", " ", "MiB", "-1", "+1", "1.MiB", ".5MiB", "1.5", "1.5B", "1e3", "1XB", "1 MiB x", "0x10",
                           "1,5MiB", "1MiB "}) {
    EXPECT_FALSE(parse_byte_size(text).ok()) << text;
  }
}

TEST(ByteSize, RefusesWhatDoesNotFit64Bits) {
  EXPECT_EQ(parsed("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(parsed("16777215TiB"), 16777215ULL << 40);
  EXPECT_EQ(parsed("16777215.999TiB"), (16777215ULL << 40) + 1098412116148U);
  for (const char* text : {"18446744073709551616", "16777216TiB", "99999999999999999999999", "18446744073.8GB"}) {
    const Result<std::uint64_t> result = parse_byte_size(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().message, "is too large a size");
  }
}

TEST(ByteSize, FormatsExactly) {
  EXPECT_EQ(format_byte_size(0), "0");
  EXPECT_EQ(format_byte_size(1000), "1000");
  EXPECT_EQ(format_byte_size(1024), "1KiB");
  EXPECT_EQ(format_byte_size(64ULL << 20), "64MiB");
  EXPECT_EQ(format_byte_size(1536ULL << 20), "1536MiB");
  for (const std::uint64_t bytes : {1ULL, 1023ULL, 1025ULL, 3ULL << 40, ~0ULL}) {
    EXPECT_EQ(parsed(format_byte_size(bytes)), bytes);
  }
}

}  // namespace
}  // namespace gristmill::text
