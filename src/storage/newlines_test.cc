#include "storage/newlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace gristmill {
namespace {

// Every length around the 64 bytes of a turn, every alignment, with no, one and only line ends.
TEST(Newlines, CountsAtEveryLengthAndAlignment) {
  for (const std::string pattern : {"a", "\n", "ab\n", "\n\x80\x0b\x09"}) {
    std::string text;
    while (text.size() < 400) text += pattern;
    for (std::size_t begin = 0; begin < 17; ++begin) {
      for (std::size_t length = 0; length < 300; length += begin == 0 ? 1 : 13) {
        const std::string_view part = std::string_view(text).substr(begin, length);
        EXPECT_EQ(count_newlines(part), static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n')));
      }
    }
  }
}

// More than 255 in one lane: the byte sums must be folded before they overflow.
TEST(Newlines, ManyInARow) { EXPECT_EQ(count_newlines(std::string(1'000'003, '\n')), 1'000'003U); }

}  // namespace
}  // namespace gristmill
