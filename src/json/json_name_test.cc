// Names of files as JSON strings, whatever bytes they are of.
#include <gtest/gtest.h>

#include "json/json_text.h"

namespace gristmill::json {
namespace {

std::string json_name(std::string_view name) {
  std::string text;
  append_json_name(name, text);
  return text;
}

TEST(JsonName, Utf8StaysAsItIs) {
  EXPECT_EQ(json_name(""), "\"\"");
  EXPECT_EQ(json_name("a/b.jsonl"), "\"a/b.jsonl\"");
  EXPECT_EQ(json_name("caf\xC3\xA9 \xF0\x9F\x98\x80"), "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_name("a\"b\\c\n\x1f"), R"("a\"b\\c\n\u001f")");
}

TEST(JsonName, WhatIsNoUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(json_name("\xFF"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_name("a\xE9"
                      "b\"\xFF"),
            "\"a\xEF\xBF\xBD"
            "b\\\"\xEF\xBF\xBD\"");
  // What is good beside the fault stays.
  EXPECT_EQ(json_name("\xC3\xA9\x80\xC3\xA9"), "\"\xC3\xA9\xEF\xBF\xBD\xC3\xA9\"");
  const std::string cut = json_name("x\xF0\x9F\x98");
  EXPECT_EQ(cut.substr(0, 5), "\"x\xEF\xBF\xBD");
  EXPECT_EQ(cut.find('\xF0'), std::string::npos);
}

}  // namespace
}  // namespace gristmill::json
