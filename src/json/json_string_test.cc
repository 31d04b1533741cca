#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "json/json_text.h"
#include "json/padded_text_testing.h"

namespace gristmill::json {
namespace {

TEST(AppendJsonString, EscapesAsLittleAsPossible) {
  const auto written = [](std::string_view text) {
    std::string out;
    append_json_string(text, out);
    return out;
  };
  EXPECT_EQ(written(""), "\"\"");
  EXPECT_EQ(written("a/b<>&'\x7f"), "\"a/b<>&'\x7f\"");
  EXPECT_EQ(written("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(written(std::string_view("\0\x01\x1f", 3)), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(written("\xC3\xA9\xF0\x9F\x98\x80\xED\x9F\xBF"), "\"\xC3\xA9\xF0\x9F\x98\x80\xED\x9F\xBF\"");
  EXPECT_EQ(written("\xED\xA0\x80x\xED\xBF\xBF"), R"("\ud800x\udfff")");
}

TEST(AppendJsonString, IsUndoneByUnescape) {
  std::string text;
  for (int c = 0; c < 128; ++c) text.push_back(static_cast<char>(c));
  text.append("\xC3\xA9\xED\xA0\x80\xEE\x80\x80\xF4\x8F\xBF\xBF");
  std::string token;
  append_json_string(text, token);
  const testing::PaddedText padded(token);
  EXPECT_TRUE(static_cast<bool>(check_json(padded, 8)));
  std::string back;
  unescape(token, back);
  EXPECT_EQ(back, text);
}

TEST(AppendJsonString, EscapesAtAnyPlaceOfAText) {
  const std::pair<std::string, std::string> parts[] = {{"\"", "\\\""},
                                                       {"\n", "\\n"},
                                                       {"\x01", "\\u0001"},
                                                       {"\xED\xA0\x80", "\\ud800"},
                                                       {"\xED\x9F\xBF", "\xED\x9F\xBF"}};
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 40U, 600U}) {
    for (std::size_t place = 0; place <= std::min<std::size_t>(size, 140); ++place) {
      for (const auto& [part, written] : parts) {
        const std::string before(place, 'x');
        const std::string after(size - place, 'y');
        std::string out = "kept";
        append_json_string(before + part + part + after, out);
        ASSERT_EQ(out, "kept\"" + before + written + written + after + '"');
      }
    }
  }
}

TEST(AppendJsonString, TakesNoMoreThanItMay) {
  for (const std::size_t size : {0U, 10U, 100U, 1000U, 5000U}) {
    for (const char c : {'x', '"', '\x01'}) {
      const std::string text(size, c);
      std::string whole;
      append_json_string(text, whole);
      std::string out = "kept";
      EXPECT_TRUE(append_json_string(text, out, whole.size()));
      EXPECT_EQ(out, "kept" + whole);
      EXPECT_FALSE(append_json_string(text, out, whole.size() - 1));
      EXPECT_EQ(out, "kept" + whole);
      EXPECT_FALSE(append_json_string(text, out, 0));
      EXPECT_EQ(out, "kept" + whole);
    }
  }
}

}  // namespace
}  // namespace gristmill::json
