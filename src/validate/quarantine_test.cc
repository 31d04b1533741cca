// What a rejected line looks like in quarantine.
#include "validate/quarantine.h"

#include <gtest/gtest.h>

#include <random>

namespace gristmill {
namespace {

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

std::string json_name(std::string_view name) {
  std::string text;
  append_json_name(name, text);
  return text;
}

QuarantineLine a_line() {
  QuarantineLine line;
  line.dataset = Dataset::predictions;
  line.file = "2025/part 1.jsonl.gz";
  line.line = 18;
  line.offset = 4096;
  line.reason = "invalid_json";
  line.message = "at byte 3: a \"quote\"";
  line.raw = "{\"a\":\tx}";
  return line;
}

std::string told(const QuarantineLine& line) {
  std::string text = beginning_of_quarantine_lines("0123456789abcdef0123456789abcdef");
  append_quarantine_line(line, text);
  return text;
}

TEST(Base64, VectorsOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, EveryDigitAndEveryByte) {
  EXPECT_EQ(base64(std::string_view("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71"
                                    "\xd7\x9f\x82\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e"
                                    "\xbb\xf3\xdf\xbf",
                                    48)),
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  EXPECT_EQ(base64(std::string_view("\0", 1)), "AA==");
  EXPECT_EQ(base64("\xFF"), "/w==");
  EXPECT_EQ(base64("\xFF\xFF\xFF"), "////");
}

TEST(Base64, IsAppendedAndDecodesToTheSame) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::mt19937 random(3);
  for (std::size_t length = 0; length < 200; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) bytes.push_back(static_cast<char>(random() % 256));
    std::string text = "before:";
    append_base64(bytes, text);
    ASSERT_EQ(text.substr(0, 7), "before:");
    text.erase(0, 7);
    ASSERT_EQ(text.size(), (length + 2) / 3 * 4);
    std::string decoded;
    unsigned bits = 0;
    int known = 0;
    for (const char c : text.substr(0, text.find('='))) {
      bits = bits << 6 | static_cast<unsigned>(digits.find(c));
      known += 6;
      if (known >= 8) decoded.push_back(static_cast<char>(bits >> (known -= 8) & 255U));
    }
    ASSERT_EQ(decoded, bytes);
  }
}

TEST(JsonName, Utf8StaysAsItIs) {
  EXPECT_EQ(json_name(""), "\"\"");
  EXPECT_EQ(json_name("a/b.jsonl"), "\"a/b.jsonl\"");
  EXPECT_EQ(json_name("caf\xC3\xA9 \xF0\x9F\x98\x80"), "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_name("a\"b\\c\n\x1f"), R"("a\"b\\c\n\u001f")");
}

TEST(JsonName, WhatIsNoUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(json_name("\xFF"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_name("a\xE9" "b\"\xFF"), "\"a\xEF\xBF\xBD" "b\\\"\xEF\xBF\xBD\"");
  // What is good beside the fault stays.
  EXPECT_EQ(json_name("\xC3\xA9\x80\xC3\xA9"), "\"\xC3\xA9\xEF\xBF\xBD\xC3\xA9\"");
  const std::string cut = json_name("x\xF0\x9F\x98");
  EXPECT_EQ(cut.substr(0, 5), "\"x\xEF\xBF\xBD");
  EXPECT_EQ(cut.find('\xF0'), std::string::npos);
}

TEST(QuarantineLineTest, OfALineThatIsUtf8) {
  EXPECT_EQ(told(a_line()),
            R"({"inputs_id":"0123456789abcdef0123456789abcdef","dataset":"predictions","file":"2025/part 1.jsonl.gz",)"
            R"("line":18,"offset":4096,"reason":"invalid_json","message":"at byte 3: a \"quote\"","raw":"{\"a\":\tx}"})"
            "\n");
}

TEST(QuarantineLineTest, OfALineThatIsNot) {
  QuarantineLine line = a_line();
  line.dataset = Dataset::collections;
  line.raw = "{\"a\":\"\xFF\"}";
  line.file = "caf\xE9.jsonl";
  const std::string text = told(line);
  EXPECT_NE(text.find("\"dataset\":\"collections\",\"file\":\"caf\xEF\xBF\xBD.jsonl\""), std::string::npos) << text;
  EXPECT_NE(text.find(",\"raw_base64\":\"eyJhIjoi/yJ9\"}\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("\"raw\":"), std::string::npos);
  EXPECT_EQ(text.find("truncated"), std::string::npos);
}

TEST(QuarantineLineTest, OfALineThatIsTruncated) {
  QuarantineLine line = a_line();
  line.truncated = true;
  line.length = 5'000'000'000;
  EXPECT_TRUE(told(line).ends_with(R"("raw":"{\"a\":\tx}","truncated":true,"length":5000000000})" "\n")) << told(line);
  line.raw = "\xC3";  // cut in the middle of a character
  EXPECT_TRUE(told(line).ends_with(R"("raw_base64":"ww==","truncated":true,"length":5000000000})" "\n")) << told(line);
}

TEST(QuarantineLineTest, OneFollowsAnother) {
  std::string text;
  append_quarantine_line(a_line(), text);
  const std::string one = text;
  append_quarantine_line(a_line(), text);
  EXPECT_EQ(text, one + one);
}

// The spelling of n control characters is 6 n bytes.
TEST(Quarantine, ALineThatIsMostlyEscapesIsBase64) {
  QuarantineLine line = a_line();
  for (const std::string_view raw : {std::string_view("\0abcd", 5), std::string_view("\n\"\\\t"), std::string_view()}) {
    line.raw = raw;
    EXPECT_NE(told(line).find("\"raw\":"), std::string::npos) << raw;
  }
  for (const std::string_view raw : {std::string_view("\0abc", 4), std::string_view("\x01")}) {
    line.raw = raw;
    EXPECT_NE(told(line).find("\"raw_base64\":\"" + base64(raw) + "\""), std::string::npos) << raw;
  }
}

}  // namespace
}  // namespace gristmill
