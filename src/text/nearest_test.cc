#include "text/nearest.h"

#include <gtest/gtest.h>

namespace gristmill::text {
namespace {

TEST(Nearest, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("threads", "thraeds"), 1U);  // a swap is one edit
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);           // restricted: nothing is edited twice
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string> words = {"collections", "predictions", "output",
                                          "threads",     "memory",      "spill_directory"};
  EXPECT_EQ(nearest_match("colections", words), "collections");
  EXPECT_EQ(nearest_match("outptu", words), "output");
  EXPECT_EQ(nearest_match("mem", words), "memory");
  EXPECT_EQ(nearest_match("spill-dir", words), "spill_directory");
  EXPECT_EQ(nearest_match("Threads", words), "threads");
  EXPECT_EQ(nearest_match("thread", words), "threads");
}

TEST(Nearest, SaysNothingRatherThanNonsense) {
  const std::vector<std::string> words = {"output", "memory", "log"};
  EXPECT_EQ(nearest_match("banana", words), std::nullopt);
  EXPECT_EQ(nearest_match("", words), std::nullopt);
  EXPECT_EQ(nearest_match("x", words), std::nullopt);
  EXPECT_EQ(nearest_match("o", {"p"}), std::nullopt);
  EXPECT_EQ(nearest_match("output", {}), std::nullopt);
  EXPECT_EQ(nearest_match(std::string(1000000, 'o'), words), std::nullopt);
}

TEST(Nearest, TakesTheFirstOfEquallyNearOnes) {
  EXPECT_EQ(nearest_match("warp", {"wart", "ward"}), "wart");
  EXPECT_EQ(nearest_match("ward", {"wart", "ward"}), "ward");
}

}  // namespace
}  // namespace gristmill::text
