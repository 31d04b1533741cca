// The thousand smallest names and the rest: exact whatever the order and the grouping.
#include "gristmill/smallest_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "storage/hash.h"

namespace gristmill::validation {
namespace {

using Names = std::vector<std::pair<std::string, std::uint64_t>>;

std::uint64_t total(const SmallestNames& names) {
  std::uint64_t sum = names.other();
  for (const auto& [name, count] : names.counts()) sum += count;
  return sum;
}

// Told in another way: count all, sort, keep the first.
void expect_like_a_plain_count(const SmallestNames& names, const Names& added) {
  std::map<std::string, std::uint64_t> all;
  for (const auto& [name, count] : added) all[name] += count;
  std::uint64_t other = 0;
  std::size_t i = 0;
  auto kept = names.counts().begin();
  for (const auto& [name, count] : all) {
    if (i++ >= SmallestNames::limit) {
      other += count;
      continue;
    }
    ASSERT_NE(kept, names.counts().end());
    EXPECT_EQ(kept->first, name);
    EXPECT_EQ(kept->second, count) << name;
    ++kept;
  }
  EXPECT_EQ(kept, names.counts().end());
  EXPECT_EQ(names.other(), other);
}

Names random_names(std::mt19937& random, std::size_t count, unsigned distinct) {
  Names names;
  for (std::size_t i = 0; i < count; ++i) {
    // Names whose order as numbers, as signed bytes and as bytes differ.
    std::string name = std::to_string(random() % distinct);
    if (random() % 4 == 0) name.insert(0, "\xC3\xA9");
    names.emplace_back(std::move(name), 1 + random() % 3);
  }
  return names;
}

TEST(SmallestNames, NothingIsCountedAtFirst) {
  const SmallestNames names;
  EXPECT_TRUE(names.counts().empty());
  EXPECT_EQ(names.other(), 0U);
}

TEST(SmallestNames, UpToTheLimitEveryNameIsKept) {
  SmallestNames names;
  for (std::size_t i = 0; i < SmallestNames::limit; ++i) names.add(std::to_string(i), i + 1);
  EXPECT_EQ(names.counts().size(), SmallestNames::limit);
  EXPECT_EQ(names.other(), 0U);
  EXPECT_EQ(names.counts().at("999"), 1000U);
}

TEST(SmallestNames, ASmallerNamePushesTheLargestOut) {
  SmallestNames names;
  for (std::size_t i = 0; i < SmallestNames::limit; ++i) names.add("n" + std::to_string(1000 + i), 2);
  names.add("o");
  EXPECT_EQ(names.other(), 1U);
  names.add("a", 5);
  EXPECT_EQ(names.counts().begin()->first, "a");
  EXPECT_FALSE(names.counts().contains("n1999"));
  EXPECT_EQ(names.other(), 3U);
  names.add("n1999", 4);  // pushed out for good
  EXPECT_FALSE(names.counts().contains("n1999"));
  EXPECT_EQ(names.other(), 7U);
  names.add("n1998", 4);  // the largest that is kept now
  EXPECT_EQ(names.counts().at("n1998"), 6U);
}

TEST(SmallestNames, TheEmptyNameAndANulAreNames) {
  SmallestNames names;
  names.add("");
  names.add(std::string_view("\0", 1));
  names.add("");
  EXPECT_EQ(names.counts().size(), 2U);
  EXPECT_EQ(names.counts().at(""), 2U);
}

TEST(SmallestNames, OrderDoesNotMatter) {
  std::mt19937 random(5);
  Names added = random_names(random, 6000, 2000);
  for (int round = 0; round < 3; ++round) {
    SmallestNames names;
    for (const auto& [name, count] : added) names.add(name, count);
    expect_like_a_plain_count(names, added);
    std::shuffle(added.begin(), added.end(), random);
  }
}

TEST(SmallestNames, GroupingDoesNotMatter) {
  std::mt19937 random(6);
  for (const unsigned distinct : {10U, 900U, 1100U, 5000U}) {
    const Names added = random_names(random, 4000, distinct);
    SmallestNames parts[3];
    for (const auto& [name, count] : added) parts[random() % 3].add(name, count);
    SmallestNames left = parts[0];  // (0 + 1) + 2
    left.merge(parts[1]);
    left.merge(parts[2]);
    SmallestNames tail = parts[2];  // (2 + 1), then into it 0
    tail.merge(parts[1]);
    tail.merge(parts[0]);
    expect_like_a_plain_count(left, added);
    EXPECT_EQ(left.counts(), tail.counts());
    EXPECT_EQ(left.other(), tail.other());
    left.merge(SmallestNames{});
    EXPECT_EQ(left.counts(), tail.counts());
  }
}

TEST(SmallestNames, AVeryLongNameGoesByItsBeginningAndItsHash) {
  const std::string beginning(SmallestNames::longest_name, 'x');
  SmallestNames names;
  names.add(beginning);  // the longest that is kept whole
  names.add(beginning + "1");
  names.add(beginning + "2");
  names.add(beginning + "1" + std::string(1 << 20, 'y'));
  names.add(beginning + "1");
  ASSERT_EQ(names.counts().size(), 4U);
  EXPECT_EQ(names.counts().at(beginning), 1U);
  EXPECT_EQ(names.counts().at(beginning + "... " + storage::hash128(beginning + "1").hex()), 2U);
  for (const auto& [name, count] : names.counts()) EXPECT_LE(name.size(), beginning.size() + 40);
  SmallestNames merged;
  merged.merge(names);  // what was shortened is not shortened again
  EXPECT_EQ(merged.counts(), names.counts());
  EXPECT_EQ(total(merged), 5U);
}

}  // namespace
}  // namespace gristmill::validation
