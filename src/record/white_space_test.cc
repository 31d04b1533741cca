#include "record/white_space.h"

#include <gtest/gtest.h>

namespace gristmill::record {
namespace {

TEST(WhiteSpace, IsCutOffTexts) {
  EXPECT_EQ(trimmed(" \t\n\v\f\ra b\r "), "a b");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\xC2\xA0x\xC2\xA0"), "\xC2\xA0x\xC2\xA0");
  EXPECT_EQ(trimmed(std::string_view("\0 x", 3)), std::string_view("\0 x", 3));
}

TEST(WhiteSpace, IsCutOffSpellingsEscapedOrNot) {
  EXPECT_EQ(trimmed_spelling(R"( \t\n\r\f\u0020\u0009\u000b a b\u000D)"), "a b");
  EXPECT_EQ(trimmed_spelling(R"( \u0020)"), "");
  EXPECT_EQ(trimmed_spelling(""), "");
  EXPECT_EQ(trimmed_spelling("  a b "), "a b");
  EXPECT_EQ(trimmed_spelling("   "), "");
  EXPECT_EQ(trimmed_spelling(R"(\\n )"), R"(\\n)");
  EXPECT_EQ(trimmed_spelling(R"(\u00a0x\b)"), R"(\u00a0x\b)");
}

}  // namespace
}  // namespace gristmill::record
