#include "json/bracket_scanner.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace gristmill::json {
namespace {

// Where the value that `text` begins ends, by pieces of `size` bytes; 0: nowhere.
std::size_t end_of(std::string_view text, std::size_t size = 1000) {
  BracketScanner scanner(text[0]);
  for (std::size_t i = 1; i < text.size(); i += size) {
    if (const std::size_t end = scanner.scan(text.substr(i, size)); end != 0) return i + end;
  }
  return 0;
}

// The same, a byte at a time, in the plainest way.
std::size_t plain_end_of(std::string_view text) {
  const char closing = text[0] == '{' ? '}' : ']';
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        in_string = false;
      }
    } else if (text[i] == '"') {
      in_string = true;
    } else if (text[i] == text[0]) {
      ++depth;
    } else if (text[i] == closing && --depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

TEST(BracketScannerTest, OnlyBracketsOfItsKindOutsideStringsCount) {
  EXPECT_EQ(end_of("{}"), 2U);
  EXPECT_EQ(end_of("{[}]"), 3U);
  EXPECT_EQ(end_of("[{]}"), 3U);
  EXPECT_EQ(end_of(R"({"}":{"a\"}":1}} )"), 16U);
  EXPECT_EQ(end_of(R"({"\\"})"), 6U);
  EXPECT_EQ(end_of("{\"\n}\"}"), 6U);
  EXPECT_EQ(end_of("{{}"), 0U);
  EXPECT_EQ(end_of(R"({"})"), 0U);
  EXPECT_EQ(end_of(R"({\"}"})"), 6U) << "a backslash outside a string escapes nothing";
}

TEST(BracketScannerTest, FindsWhatThePlainestWayFinds) {
  std::mt19937_64 random(1);
  constexpr std::string_view bytes = "{{}}[]\"\"\\\\ax";
  std::size_t ended = 0;
  for (int i = 0; i < 20'000; ++i) {
    // Of some texts most bytes are plain, so that values end blocks later; of some all quotes are escaped.
    const std::size_t plain = random() % 3 == 0 ? 0 : random() % 60;
    std::string text(1, random() % 2 == 0 ? '{' : '[');
    for (std::size_t length = random() % 400; length > 0; --length) {
      text.push_back(random() % 61 < plain ? 'x' : bytes[random() % bytes.size()]);
    }
    const std::size_t end = plain_end_of(text);
    ended += end > 65 ? 1 : 0;
    for (const std::size_t size : {std::size_t{1}, 1 + random() % 200, std::size_t{1000}}) {
      ASSERT_EQ(end_of(text, size), end) << text << " by " << size;
    }
  }
  EXPECT_GT(ended, 1000U);
}

}  // namespace
}  // namespace gristmill::json
