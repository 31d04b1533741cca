#include "source/contents.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "json/json_text.h"

namespace gristmill::source {
namespace {

using namespace std::string_view_literals;

std::optional<Framing> framing(std::string text, bool ends = true, std::uint32_t depth = 128) {
  const std::size_t size = text.size();
  text.append(json::text_padding, '\0');
  return framing_of({text.data(), size}, ends, depth);
}

constexpr auto lines = Framing::lines;
constexpr auto values = Framing::values;

TEST(ContentsTest, FramingByTheFirstByte) {
  for (const char* text : {"[", " \r\n\t[{}", "\x1E{}", "\xEF\xBB\xBF[1]", "\xEF\xBB\xBF\n\x1E"}) {
    EXPECT_EQ(framing(text), values) << text;
    EXPECT_EQ(framing(text, false), values) << text;
  }
  for (const char* text : {"", "\n \n", "7 8", "\"[\"", ",[", "\xEF\xBB\xBF", "\xEF\xBB\xBF\xEF\xBB\xBF["}) {
    EXPECT_EQ(framing(text), lines) << text;
  }
}

TEST(ContentsTest, FramingByTheFirstValue) {
  EXPECT_EQ(framing("{\n}"), values);
  EXPECT_EQ(framing("{\"a\":\n1}\nnot any more"), values);
  EXPECT_EQ(framing("{\"a\":\r1}"), lines) << "that is no line end";
  EXPECT_EQ(framing("{\"a\":1}\n{\n}"), lines);
  EXPECT_EQ(framing("{\"a\"\n1}"), lines) << "not valid";
  EXPECT_EQ(framing("{\"a\n\":1}"), lines) << "not between tokens";
  EXPECT_EQ(framing("{\n\"a\":NaN}"), values);
  EXPECT_EQ(framing("{\n\"a\":[[1]]}", true, 3), values);
  EXPECT_EQ(framing("{\n\"a\":[[1]]}", true, 2), lines) << "too deep";
  EXPECT_EQ(framing("{\n\"a\":\"\xFF\"}"), lines) << "no UTF-8";
  EXPECT_EQ(framing("{\n\"a\":1"), lines) << "never closed";
  EXPECT_EQ(framing(",{\"a\":\n1}"), values);
  EXPECT_EQ(framing("\t\xEF\xBB\xBF{\"a\":\n1}"), values);
}

TEST(ContentsTest, FramingByLinesOfSeveralValues) {
  EXPECT_EQ(framing("{}{}"), values);
  EXPECT_EQ(framing("{} , \x1E{}\r\n\n \n{}{}{}\n"), values);
  EXPECT_EQ(framing("{}{}\n{}\n"), lines);
  EXPECT_EQ(framing("{}{}\n\xEF\xBB\xBF"), values) << "the second line is blank";
  EXPECT_EQ(framing("{}\xEF\xBB\xBF{}"), values);
  EXPECT_EQ(framing("{}\n{}{}\n"), lines);
  EXPECT_EQ(framing("{}[]\n"), lines) << "an array is no object";
  EXPECT_EQ(framing("{}7\n"), lines);
  EXPECT_EQ(framing("{}{\"a\"}\n"), lines) << "not valid";
  EXPECT_EQ(framing("{}{}\n{}{"), lines) << "the last line is complete";
}

TEST(ContentsTest, OneLineThatNeverEnds) {
  std::string glued;
  while (glued.size() < framing_window) glued += "{\"a\":1}";
  EXPECT_EQ(framing(glued.substr(0, framing_window), false), values) << "the last is cut off";
  EXPECT_EQ(framing("\n" + glued.substr(0, framing_window - 1), false), values);
  EXPECT_EQ(framing("{}{}\n" + glued.substr(0, framing_window - 5), false), values);
  EXPECT_EQ(framing("{}\n" + glued.substr(0, framing_window - 3), false), lines);
  std::string one = "{\"a\":\"" + std::string(framing_window, 'x');
  EXPECT_EQ(framing(one.substr(0, framing_window), false), lines);
  one = "{}" + one;
  EXPECT_EQ(framing(one.substr(0, framing_window), false), lines) << "one value, and one that is cut off";
  one = "{}" + one;
  EXPECT_EQ(framing(one.substr(0, framing_window), false), values);
  for (const char* cut : {"\xEF", "\xEF\xBB", "\xEF\xBB\xBF"}) {
    const std::string text = std::string(framing_window - 4 - std::strlen(cut), ' ') + "{}{}" + cut;
    EXPECT_EQ(framing(text, false), values) << "a byte-order mark, of which a part is seen";
  }
}

TEST(ContentsTest, FramingIsToldAsSoonAsItCanBe) {
  EXPECT_EQ(framing("", false), std::nullopt);
  EXPECT_EQ(framing("\xEF\xBB", false), std::nullopt);
  EXPECT_EQ(framing("{\"a\":1}", false), std::nullopt);
  EXPECT_EQ(framing("{\"a\":1}\n", false), lines);
  EXPECT_EQ(framing("{\"a\":\n", false), std::nullopt);
  EXPECT_EQ(framing("{}{}\n{}", false), std::nullopt);
  EXPECT_EQ(framing("{}{}\n{}\n", false), lines);
  EXPECT_EQ(framing("not JSON\n", false), lines);
}

TEST(ContentsTest, Magic) {
  EXPECT_EQ(compression_of("\x1F\x8B\x08"sv), Compression::gzip);
  EXPECT_EQ(compression_of("\x28\xB5\x2F\xFD"sv), Compression::zstandard);
  EXPECT_EQ(compression_of("\x50\x2A\x4D\x18"sv), Compression::zstandard);
  EXPECT_EQ(compression_of("\x5F\x2A\x4D\x18"sv), Compression::zstandard);
  EXPECT_EQ(compression_of("\x60\x2A\x4D\x18"sv), Compression::none);
  EXPECT_EQ(compression_of("\x1F"sv), Compression::none);
  EXPECT_EQ(compression_of("{}"), Compression::none);
  for (const auto& [bytes, name] : {std::pair{"BZh9"sv, "compressed with bzip2"sv},
                                    {"PAR1\x15"sv, "a Parquet file"sv},
                                    {"ORC"sv, "an ORC file"sv},
                                    {"\xFD"
                                     "7zXZ\0\0"sv,
                                     "compressed with xz"sv},
                                    {"PK\3\4"sv, "a zip archive"sv}}) {
    ASSERT_NE(foreign_format_of(bytes), nullptr) << name;
    EXPECT_EQ(foreign_format_of(bytes)->name, name);
  }
  EXPECT_EQ(foreign_format_of("{\"PAR1\":1}"), nullptr);
  std::string tar = "a.jsonl" + std::string(250, '\0') + "ustar";
  ASSERT_NE(foreign_format_of(tar), nullptr);
  EXPECT_EQ(foreign_format_of(tar)->name, "a tar archive");
  std::ranges::replace(tar, '\0', ' ');
  EXPECT_EQ(foreign_format_of(tar), nullptr) << "a text that has the word there";
}

}  // namespace
}  // namespace gristmill::source
