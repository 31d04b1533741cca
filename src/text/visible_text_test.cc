#include "text/visible_text.h"

#include <gtest/gtest.h>

#include "text/code_points.h"

namespace gristmill::text {
namespace {

TEST(VisibleText, LeavesWhatCanBeSeen) {
  EXPECT_EQ(visible_text("abc \\ é 日本 😀", 100, true), "abc \\ é 日本 😀");
  EXPECT_EQ(visible_text("", 100, true), "");
}

TEST(VisibleText, EscapesWhatATerminalObeys) {
  EXPECT_EQ(visible_text("\x1b[2J\n\t\x7f", 100, true), "\\x1b[2J\\x0a\\x09\\x7f");
  EXPECT_EQ(visible_text(std::string("\0", 1), 100, true), "\\x00");
  EXPECT_EQ(visible_text("\xc2\x9b", 100, true), "\\u{9b}");  // C1: a one-character CSI
  EXPECT_EQ(visible_text("a\xe2\x80\xae"
                         "b",
                         100, true),
            "a\\u{202e}b");  // right-to-left override
  EXPECT_EQ(visible_text("\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf", 100, true), "\\u{2066}\\u{200b}\\u{feff}");
  EXPECT_EQ(visible_text("\xf3\xa0\x81\x81", 100, true), "\\u{e0041}");  // a tag: invisible text
}

TEST(VisibleText, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(visible_text("a\xff"
                         "b\xc3",
                         100, true),
            "a\\xffb\\xc3");
  EXPECT_EQ(visible_text("\xed\xa0\x80", 100, true), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(visible_text("\xf0\x9f\x98", 100, true), "\\xf0\\x9f\\x98");  // an emoji cut short
}

TEST(VisibleText, WithoutUnicodeEverythingIsAscii) {
  EXPECT_EQ(visible_text("é😀x", 100, false), "\\u{e9}\\u{1f600}x");
  EXPECT_EQ(visible_text("abcdefgh", 6, false), "abc...");
}

TEST(VisibleText, CutsByColumns) {
  EXPECT_EQ(visible_text("abcdef", 6, true), "abcdef");
  EXPECT_EQ(visible_text("abcdefg", 6, true), "abcde…");
  EXPECT_EQ(visible_text("日本語", 6, true), "日本語");
  EXPECT_EQ(visible_text("日本語だ", 6, true), "日本…");  // a wide character is not halved
  EXPECT_EQ(visible_text("日本語だ", 7, true), "日本語…");
  EXPECT_EQ(visible_text("abc\x1b", 6, true), "abc…");  // nor an escape
  EXPECT_EQ(visible_text("abc", 0, true), "");
}

TEST(VisibleText, NeverTakesMoreThanItsRoom) {
  const std::string hostile = "<b>\x1b[31m\xe2\x80\xae日本e\xcc\x81\xff😀" + std::string(10000, 'x');
  for (const bool unicode : {false, true}) {
    for (std::size_t columns = 0; columns < 60; ++columns) {
      EXPECT_LE(display_width(visible_text(hostile, columns, unicode)), columns);
    }
  }
}

TEST(VisibleText, LimitsMarksThatTakeNoColumn) {
  std::string tower = "a";
  for (int i = 0; i < 100000; ++i) tower += "\xcc\x81";
  EXPECT_LT(visible_text(tower, 100, true).size(), 30U);
}

TEST(CodePoints, Widths) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("😀"), 2U);
  EXPECT_EQ(display_width("─…✓"), 3U);
  EXPECT_EQ(width_of(0x10FFFD), 1U);
  EXPECT_EQ(display_width("\u1112\u1161\u11ab"), 2U);  // a Korean syllable in three letters
  EXPECT_EQ(width_of(0x903), 1U);                      // a mark that stands beside its letter
  EXPECT_EQ(width_of(0xFE0F), 0U);
}

TEST(CodePoints, HideWhatIsOrWillBeInvisible) {
  for (const std::uint32_t hidden :
       {0x0U, 0x1BU, 0x9BU, 0xADU, 0x34FU, 0x115FU, 0x17B4U, 0x200DU, 0x2028U, 0x202EU, 0x2065U, 0x3164U, 0xD800U,
        0xFDD0U, 0xFEFFU, 0xFFF0U, 0x1FFFFU, 0xE0041U, 0xE0FFFU}) {
    EXPECT_TRUE(is_hidden(hidden)) << std::hex << hidden;
  }
  // A space, a letter, an accent, a sign that numbers are written over, a selector of variants, no character yet.
  for (const std::uint32_t seen : {0x20U, 0x61U, 0x301U, 0x600U, 0xFE0FU, 0x378U, 0x1F600U, 0xE0100U}) {
    EXPECT_FALSE(is_hidden(seen)) << std::hex << seen;
  }
}

TEST(CodePoints, AreTakenOneByOne) {
  const CodePoint emoji = first_code_point("😀x");
  EXPECT_EQ(emoji.value, 0x1F600U);
  EXPECT_EQ(emoji.bytes, 4U);
  EXPECT_TRUE(emoji.valid);
  for (const char* broken : {"\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    const CodePoint byte = first_code_point(broken);
    EXPECT_FALSE(byte.valid);
    EXPECT_EQ(byte.bytes, 1U);
    EXPECT_EQ(byte.value, static_cast<unsigned char>(broken[0]));
  }
}

}  // namespace
}  // namespace gristmill::text
