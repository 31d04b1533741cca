#include "source/value_assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "source/plain_values_testing.h"

namespace gristmill::source {
namespace {

using Values = std::vector<std::string>;

// "offset#line:text", "(length)" for a value that is too long; by pieces of `size` bytes.
class ValueAssemblerTest : public ::testing::Test {
 protected:
  Values values_of(std::string_view text, std::size_t size = 1U << 20, std::uint64_t limit = 1U << 20) {
    tally_ = std::make_unique<FileTally>();
    Values values;
    const LineCallback callback = [&](const SourceLine& line) -> Status {
      EXPECT_EQ(line.text.data()[line.text.size()], '\0');
      EXPECT_TRUE(line.is_value);
      std::uint64_t number = line.line_in_chunk + 1U;
      for (std::size_t i = 0; i < line.offset / chunk_size; ++i) number += tally_->lines_of_chunk[i];
      values.push_back(std::to_string(line.offset) + "#" + std::to_string(number) + ":" + std::string(line.text) +
                       (line.too_long ? "(" + std::to_string(line.length) + ")" : "") +
                       (line.is_marked ? " marked" : ""));
      EXPECT_TRUE(line.too_long || line.length == line.text.size());
      return {};
    };
    ValueAssembler assembler(*tally_, limit, gate_, callback);
    for (std::size_t i = 0; i < text.size(); i += size) EXPECT_TRUE(assembler.feed(text.substr(i, size)).ok());
    EXPECT_TRUE(assembler.finish().ok());
    EXPECT_EQ(tally_->lines, values.size());
    EXPECT_EQ(tally_->bytes, text.size());
    EXPECT_EQ(tally_->covered, text.size());
    EXPECT_TRUE(gate_.is_free());
    return values;
  }

  std::unique_ptr<FileTally> tally_;
  LongLineGate gate_;
};

TEST_F(ValueAssemblerTest, ValuesWithAnythingBetween) {
  EXPECT_EQ(values_of(""), Values{});
  EXPECT_EQ(values_of(" \n,\x1E\r\n"), Values{});
  EXPECT_EQ(values_of(R"({"a":1}{"b":2} {"c":3},{"d":4}{})"),
            (Values{R"(0#1:{"a":1})", R"(7#1:{"b":2})", R"(15#1:{"c":3})", R"(23#1:{"d":4})", "30#1:{}"}));
  EXPECT_EQ(values_of("\x1E{}\n\x1E{\n}\n"), (Values{"1#1:{}", "5#2:{\n}"}));
  EXPECT_EQ(values_of("7 -1.5e3,true{}null\"a b\"NaN"),
            (Values{"0#1:7", "2#1:-1.5e3", "9#1:true", "13#1:{}", "15#1:null", "19#1:\"a b\"", "24#1:NaN"}));
}

TEST_F(ValueAssemblerTest, AnArrayAtTheTopIsReplacedByItsElements) {
  EXPECT_EQ(values_of("[]"), Values{});
  EXPECT_EQ(values_of("[{},\n[1,[2]], {\"]\":[}]\n{} []"),
            (Values{"1#1:{}", "5#2:[1,[2]]", "14#2:{\"]\":[}", "23#3:{}"}));
  EXPECT_EQ(values_of("[{}"), (Values{"1#1:{}", "3#1:"})) << "the missing bracket";
  EXPECT_EQ(values_of("[\n{"), (Values{"2#2:{", "3#2:"}));
  EXPECT_EQ(values_of("{}]\n{}"), (Values{"0#1:{}", "2#1:]", "4#2:{}"}));
  EXPECT_EQ(values_of("[]]"), Values{"2#1:]"});
}

TEST_F(ValueAssemblerTest, WhatIsNoTokenEndsWithItsLine) {
  EXPECT_EQ(values_of("rotated {\"a\":1}\r\n{}"), (Values{"0#1:rotated {\"a\":1}", "17#2:{}"}));
  EXPECT_EQ(values_of("} {}\n{}"), (Values{"0#1:} {}", "5#2:{}"}));
  EXPECT_EQ(values_of("1x {}\n01 2\n- 3\n"), (Values{"0#1:1x {}", "6#2:01 2", "11#3:- 3"}));
  EXPECT_EQ(values_of("\"a\\\"\n{}\n\"\\"), (Values{"0#1:\"a\\\"", "5#2:{}", "8#3:\"\\"}))
      << "a string ends on its line";
  EXPECT_EQ(values_of("{\n{}\n"), Values{"0#1:{\n{}\n"}) << "never closed";
}

TEST_F(ValueAssemblerTest, ByteOrderMarks) {
  EXPECT_EQ(values_of("\xEF\xBB\xBF{}"), Values{"3#1:{}"});
  EXPECT_EQ(values_of("\xEF\xBB\xBF"), Values{});
  EXPECT_EQ(values_of("{}\xEF\xBB\xBF{}\n\xEF\xBB\xBF[1]"), (Values{"0#1:{}", "5#1:{} marked", "12#2:1"}));
  EXPECT_EQ(values_of("[\xEF\xBB\xBF[1]]\xEF\xBB\xBF 1\n"), (Values{"4#1:[1] marked", "8#1:\xEF\xBB\xBF 1"}));
  EXPECT_EQ(values_of("\n\xEF\xBB\xBF"
                      "7\n\xEF\xBB\xBF\t{}"),
            (Values{"4#2:7 marked", "6#3:\xEF\xBB\xBF\t{}"}));
}

TEST_F(ValueAssemblerTest, ValuesBeyondTheLimitAreNotHeld) {
  const std::string longer = "{\"a\":\"" + std::string(9000, '}') + "\"}";
  const std::string kept = longer.substr(0, long_line_head);
  const std::string text = "[{}," + longer + ",8]";
  for (const std::size_t size : {1U, 7U, 5000U, 100000U}) {
    EXPECT_EQ(values_of(text, size, 100), (Values{"1#1:{}", "4#1:" + kept + "(9008)", "9013#1:8"})) << size;
    EXPECT_EQ(values_of(longer.substr(0, 5000), size, 100), Values{"0#1:" + kept + "(5000)"}) << size;
    EXPECT_EQ(values_of(std::string(6000, '7') + "\r\n1", size, 100),
              (Values{"0#1:" + std::string(4096, '7') + "(6000)", "6002#2:1"}))
        << size;
    EXPECT_EQ(values_of(std::string(6000, 'x') + "\r\n1", size, 100),
              (Values{"0#1:" + std::string(4096, 'x') + "(6000)", "6002#2:1"}))
        << size;
    EXPECT_EQ(values_of(std::string(101, '7') + " 1", size, 100),
              (Values{"0#1:" + std::string(101, '7') + "(101)", "102#1:1"}))
        << size;
  }
}

TEST_F(ValueAssemblerTest, ALongValueHasTheNumberOfItsFirstLine) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += std::string(99, 'x') + "\n";
  EXPECT_EQ(values_of("7\n{\n" + lines, 500, 1000).back().substr(0, 6), "2#2:{\n");
}

TEST_F(ValueAssemblerTest, NumbersOfLinesGoOnOverChunks) {
  const std::string lines(chunk_size + 5, '\n');
  EXPECT_EQ(values_of(lines + "{" + lines + "}{}", 100'000, 4U << 20).back(), "2097164#2097163:{}");
}

TEST_F(ValueAssemblerTest, PiecesOfAnySizeGiveWhatTheWholeTextGives) {
  std::mt19937_64 random(3);
  constexpr std::string_view pieces[] = {"{",    "}",           "[",         "]", "\"",    "\\",           "\n",
                                         "\r\n", "\r",          " ",         ",", "\x1E",  "\xEF\xBB\xBF", "\xEF",
                                         "{}",   "{\"a\":[1]}", "[1,2]",     "1", "-",     "1.5e+3",       "true",
                                         "nul",  "NaN",         "-Infinity", "x", "\"a\"", "\"}\\\"\""};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t parts = random() % 30; parts > 0; --parts) text += pieces[random() % std::size(pieces)];
    Values wanted;
    for (const PlainValue& value : plainly_cut(text)) {
      const auto newlines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(value.offset), '\n');
      wanted.push_back(std::to_string(value.offset) + "#" + std::to_string(newlines + 1) + ":" +
                       std::string(value.text) + (value.marked ? " marked" : ""));
    }
    for (const std::size_t size : {std::size_t{1}, 1 + random() % 20, std::size_t{1000}}) {
      ASSERT_EQ(values_of(text, size), wanted) << text << " by " << size;
    }
  }
}

}  // namespace
}  // namespace gristmill::source
