#include "text/visible_message.h"

#include <gtest/gtest.h>

namespace gristmill::text {
namespace {

TEST(VisibleMessage, HoldsNothingThatATerminalObeys) {
  EXPECT_EQ(visible_message("cannot read 'a\x1b]0;x\x07' at\nline 2"), "cannot read 'a\\x1b]0;x\\x07' at\\x0aline 2");
  EXPECT_EQ(visible_message("'\xE2\x80\xAEtxt.exe'"), "'\\u{202e}txt.exe'");
  EXPECT_EQ(visible_message("\xC2\x9B"
                            "31m\x7F"),
            "\\u{9b}31m\\x7f");
  EXPECT_EQ(visible_message("ä 漢 fits"), "ä 漢 fits");
}

TEST(VisibleMessage, HoldsNoPasswordOfAUrl) {
  EXPECT_EQ(visible_message("'http://me:pass@host:1' is no URL"), "'http://***@host:1' is no URL");
  EXPECT_EQ(visible_message("cannot read 's3://bucket/me@here'"), "cannot read 's3://bucket/me@here'");
}

TEST(VisibleMessage, IsNotTooLongAndIsTheSameWhenMadeAgain) {
  const std::string once = visible_message(std::string(100000, 'x') + "\x1b");
  EXPECT_LT(once.size(), 4100U);
  EXPECT_EQ(visible_message(once), once);
}

}  // namespace
}  // namespace gristmill::text
