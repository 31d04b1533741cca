// What a pattern takes for an entry like the one it learned, and what it must not.
#include "record/entry_pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "json/padded_text_testing.h"

namespace gristmill::record {
namespace {

using testing::PaddedText;

EntryPattern learned(const std::string& entry, const EntryTraits& traits = {}) {
  EntryPattern pattern;
  const PaddedText padded(entry);
  pattern.missed(padded, traits);
  pattern.missed(padded, traits);
  return pattern;
}

// Does the text, with more behind it, match?
bool matches(const EntryPattern& pattern, const std::string& text, unsigned* high_bits = nullptr) {
  const PaddedText padded(text);
  const std::string_view view = padded;
  unsigned high = 0;
  const bool found = pattern.matches(view.data(), view.data() + view.size(), high);
  if (high_bits != nullptr) *high_bits = high;
  return found;
}

#ifdef __SSE2__

TEST(EntryPattern, IsLearnedFromTwoEntriesOfOneLength) {
  const PaddedText one(R"({"a":1})");
  const PaddedText longer(R"({"a":10})");
  EntryPattern pattern;
  EXPECT_FALSE(matches(pattern, R"({"a":1})"));
  pattern.missed(one, {});
  pattern.missed(longer, {});
  EXPECT_EQ(pattern.length(), 0U);
  pattern.missed(longer, {true, 5, 2});
  EXPECT_EQ(pattern.length(), 8U);
  EXPECT_TRUE(pattern.traits().plain);
  EXPECT_EQ(pattern.traits().timestamp_at, 5U);
  EXPECT_TRUE(matches(pattern, R"({"a":10},)"));
}

TEST(EntryPattern, DigitsAndCharactersOfValuesMayDiffer) {
  const EntryPattern pattern = learned(R"({"t":1700000000000,"k":"ab","x":-1.50e3,"n":null,"s":[1,"x"]})");
  for (const char* like : {R"({"t":1700000000000,"k":"ab","x":-1.50e3,"n":null,"s":[1,"x"]})",
                           R"({"t":2999999999999,"k":"}]","x":-0.00e0,"n":null,"s":[1,"x"]},)",
                           R"({"t":1700000000000,"k":"{,","x":-9.99e9,"n":null,"s":[1,"x"]}])"}) {
    EXPECT_TRUE(matches(pattern, like)) << like;
  }
}

TEST(EntryPattern, WhatCouldBeAFaultOrAnotherFieldDoesNotMatch) {
  const std::string entry = R"({"t":1700000000000,"k":"ab","x":-1.50e3,"n":null,"s":[1,"x"]})";
  const EntryPattern pattern = learned(entry);
  for (const char* unlike : {R"({"u":1700000000000,"k":"ab","x":-1.50e3,"n":null,"s":[1,"x"]})",
                             R"({"t":0700000000000,"k":"ab","x":-1.50e3,"n":null,"s":[1,"x"]})",
                             R"({"t":170000000000x,"k":"ab","x":-1.50e3,"n":null,"s":[1,"x"]})",
                             R"({"t":1700000000000,"k":"a\","x":-1.50e3,"n":null,"s":[1,"x"]})",
                             R"({"t":1700000000000,"k":"a"","x":-1.50e3,"n":null,"s":[1,"x"]})",
                             "{\"t\":1700000000000,\"k\":\"a\x1F\",\"x\":-1.50e3,\"n\":null,\"s\":[1,\"x\"]}",
                             R"({"t":1700000000000,"k":"ab","x":+1.50e3,"n":null,"s":[1,"x"]})",
                             R"({"t":1700000000000,"k":"ab","x":-1x50e3,"n":null,"s":[1,"x"]})",
                             R"({"t":1700000000000,"k":"ab","x":-1.50e3,"n":true,"s":[1,"x"]})",
                             R"({"t":1700000000000,"k":"ab","x":-1.50e3,"n":null,"s":[2,"x"]})",
                             R"({"t":1700000000000,"k":"ab","x":-1.50e3,"n":null,"s":[1,"x"],)"}) {
    EXPECT_FALSE(matches(pattern, unlike)) << unlike;
  }
  for (std::size_t size = 0; size < entry.size(); ++size) EXPECT_FALSE(matches(pattern, entry.substr(0, size))) << size;
}

TEST(EntryPattern, AnyOtherByteInAFixedPlaceIsNoticed) {
  const std::string entry = R"({"timestamp":1700000000000,"key":"0123456789abcdef0123456789"})";
  const EntryPattern pattern = learned(entry);
  const std::size_t key = entry.find("\"key\"");
  for (std::size_t i = 0; i < entry.size(); ++i) {
    if (i > 12 && i < 26) continue;
    if (i > key + 6 && i < entry.size() - 2) continue;
    std::string changed = entry;
    changed[i] = changed[i] == '_' ? '-' : '_';
    EXPECT_FALSE(matches(pattern, changed)) << changed;
  }
}

TEST(EntryPattern, StringsWithEscapesMustBeTheSame) {
  const EntryPattern pattern = learned(R"({"k":"a\n"})");
  EXPECT_TRUE(matches(pattern, R"({"k":"a\n"})"));
  EXPECT_FALSE(matches(pattern, R"({"k":"b\n"})"));
  EXPECT_FALSE(matches(pattern, R"({"k":"a\x"})"));
}

TEST(EntryPattern, TellsOfBytesBeyondAscii) {
  unsigned high = 0;
  EXPECT_TRUE(matches(learned(R"({"k":"ab"})"), R"({"k":"ab"})", &high));
  EXPECT_EQ(high, 0U);
  EXPECT_TRUE(matches(learned(R"({"k":"ab"})"), "{\"k\":\"\xC3\xA9\"}", &high));
  EXPECT_NE(high, 0U);
  const std::string name = "{\"\xC3\xA9\":1}";
  EXPECT_TRUE(matches(learned(name), name, &high));
  EXPECT_NE(high, 0U);
}

TEST(EntryPattern, AnEntryThatIsTooLongIsNotLearned) {
  std::string entry = R"({"k":")" + std::string(EntryPattern::longest - 8, 'x') + "\"}";
  ASSERT_EQ(entry.size(), EntryPattern::longest);
  EXPECT_EQ(learned(entry).length(), EntryPattern::longest);
  EXPECT_TRUE(matches(learned(entry), entry));
  entry.insert(6, "x");
  EXPECT_EQ(learned(entry).length(), 0U);
}

TEST(EntryPattern, IsDroppedWhenItMostlyFailsAndLearnsAgainLater) {
  EntryPattern pattern = learned(R"({"a":1})");
  const PaddedText other(R"({"b":10})");
  int entries = 0;
  while (pattern.length() == 7) {
    pattern.missed(other, {});
    ASSERT_LT(++entries, 10);
  }
  EXPECT_GT(entries, 1);
  while (pattern.length() == 0) {
    pattern.missed(other, {});
    ASSERT_LT(++entries, 100);
  }
  EXPECT_TRUE(matches(pattern, R"({"b":11})"));
  // One in four that fails is borne.
  for (int i = 0; i < 1000; ++i) {
    if (i % 5 == 0) {
      pattern.missed(other, {});
    } else {
      pattern.matched();
    }
  }
  EXPECT_EQ(pattern.length(), 8U);
}

#endif

}  // namespace
}  // namespace gristmill::record
