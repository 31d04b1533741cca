#include "record/name_table.h"

#include <gtest/gtest.h>

#include <set>

#include "json/padded_text_testing.h"

namespace gristmill::record {
namespace {

using testing::PaddedText;

TEST(NameTable, FindsNamesUnescaped) {
  const PaddedText text(R"({"a":1,"b\u0062":{"c":2},"":3,"q\"":4,"back\\slash":5,"a":6})");
  json::StopCheck never;
  NameTable table;
  EXPECT_EQ(*table.read(text.data(), never), '\0');
  for (const char* name : {"a", "bb", "", "q\"", "back\\slash"}) EXPECT_TRUE(table.contains(name)) << name;
  for (const char* name : {"c", "b", "b\\u0062", "q\\\"", "back\\\\slash", "A", "a\""}) {
    EXPECT_FALSE(table.contains(name)) << name;
  }
}

TEST(NameTable, KeepsANumberForEachName) {
  const PaddedText text(R"({"a":1,"b":2})");
  json::StopCheck never;
  NameTable table;
  table.read(text.data(), never);
  EXPECT_EQ(table.number(table.find("a")), 0U);
  table.set_number(table.find("a"), 7);
  EXPECT_EQ(table.number(table.find("a")), 7U);
  EXPECT_EQ(table.number(table.find("b")), 0U);
  table.read(text.data(), never);
  EXPECT_EQ(table.number(table.find("a")), 0U);
}

// All names of one and two bytes that JSON can spell, and as many of three as make the bound on their number matter.
TEST(NameTable, HoldsEveryShortName) {
  std::set<std::string> names = {""};
  for (char a = ' '; a < 0x7F; ++a) {
    if (a == '"' || a == '\\') continue;
    names.insert(std::string{a});
    for (char b = ' '; b < 0x7F; ++b) {
      if (b == '"' || b == '\\') continue;
      names.insert(std::string{a, b});
      for (char c = 'a'; c < 'g'; ++c) names.insert(std::string{a, b, c});
    }
  }
  std::string object = "{";
  for (const std::string& name : names) object.append(object.size() > 1 ? ",\"" : "\"").append(name).append("\":0");
  object.append("}");
  const PaddedText text(object);
  json::StopCheck never;
  NameTable table;
  table.read(text.data(), never);
  std::set<std::size_t> places;
  for (const std::string& name : names) places.insert(table.find(name));
  EXPECT_EQ(places.size(), names.size());
  EXPECT_FALSE(places.contains(NameTable::none));
  EXPECT_FALSE(table.contains("zzz"));
}

TEST(NameTable, IsEmptyAtFirst) {
  NameTable table;
  EXPECT_FALSE(table.contains(""));
  json::StopCheck never;
  const PaddedText text("{}");
  table.read(text.data(), never);
  EXPECT_FALSE(table.contains(""));
}

}  // namespace
}  // namespace gristmill::record
