// What a rejected line looks like in quarantine.
#include "validate/quarantine.h"

#include <gtest/gtest.h>

#include <random>

namespace gristmill::validation {
namespace {

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
  EXPECT_TRUE(told(line).ends_with(R"("raw":"{\"a\":\tx}","truncated":true,"length":5000000000})"
                                   "\n"))
      << told(line);
  line.raw = "\xC3";  // cut in the middle of a character
  EXPECT_TRUE(told(line).ends_with(R"("raw_base64":"ww==","truncated":true,"length":5000000000})"
                                   "\n"))
      << told(line);
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
  line.raw = std::string_view("\0abc", 4);
  EXPECT_NE(told(line).find(R"("raw_base64":"AGFiYw==")"), std::string::npos);
  line.raw = "\x01";
  EXPECT_NE(told(line).find(R"("raw_base64":"AQ==")"), std::string::npos);
}

}  // namespace
}  // namespace gristmill::validation
