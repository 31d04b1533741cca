// The first findings, whatever the order in which they come.
#include "gristmill/culprits.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

namespace gristmill::validation {
namespace {

using Told = std::vector<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, std::string>>;

Told told(const Culprits& culprits) {
  Told result;
  for (const Culprit& culprit : culprits.sorted()) {
    result.emplace_back(culprit.place.file, culprit.place.offset, culprit.line, culprit.what);
  }
  return result;
}

// Several findings at one place too.
std::vector<Culprit> random_culprits(std::mt19937& random, std::size_t count) {
  std::vector<Culprit> culprits;
  for (std::size_t i = 0; i < count; ++i) {
    Culprit culprit;
    culprit.place = {static_cast<std::uint32_t>(random() % 3), random() % 50};
    culprit.line = culprit.place.offset * 2 + 1;
    culprit.what = "finding " + std::to_string(random() % 5);
    culprits.push_back(std::move(culprit));
  }
  return culprits;
}

TEST(Culprits, ComeInTheOrderOfTheirPlaces) {
  Culprits culprits;
  EXPECT_TRUE(culprits.sorted().empty());
  culprits.add({1, 0}, 1, "d");
  culprits.add({0, 300}, 7, "c");
  culprits.add({0, 20}, 2, "b");
  culprits.add({0, 20}, 2, "a");
  EXPECT_EQ(told(culprits), (Told{{0, 20, 2, "a"}, {0, 20, 2, "b"}, {0, 300, 7, "c"}, {1, 0, 1, "d"}}));
}

TEST(Culprits, AHundredAreKeptUnlessToldOtherwise) {
  Culprits culprits;
  Culprits few(2);
  Culprits one(1);
  for (std::uint64_t i = 300; i-- > 0;) {
    culprits.add({0, i}, i + 1, "x");
    few.add({0, i}, i + 1, "x");
    one.add({0, i}, i + 1, "x");
  }
  ASSERT_EQ(culprits.sorted().size(), 100U);
  EXPECT_EQ(culprits.sorted().front().line, 1U);
  EXPECT_EQ(culprits.sorted().back().line, 100U);
  EXPECT_EQ(told(few), (Told{{0, 0, 1, "x"}, {0, 1, 2, "x"}}));
  EXPECT_EQ(told(one), (Told{{0, 0, 1, "x"}}));
}

TEST(Culprits, WhichAreKeptDoesNotDependOnTheOrder) {
  std::mt19937 random(11);
  for (const std::size_t limit : {std::size_t{1}, std::size_t{5}, std::size_t{100}}) {
    std::vector<Culprit> offered = random_culprits(random, 400);
    Told first;
    for (int round = 0; round < 8; ++round) {
      std::shuffle(offered.begin(), offered.end(), random);
      Culprits culprits(limit);
      for (const Culprit& culprit : offered) culprits.add(culprit.place, culprit.line, culprit.what);
      if (round == 0) first = told(culprits);
      ASSERT_EQ(told(culprits), first);
    }
    ASSERT_EQ(first.size(), limit);
    // They are the smallest of all.
    Told all;
    for (const Culprit& culprit : offered) {
      all.emplace_back(culprit.place.file, culprit.place.offset, culprit.line, culprit.what);
    }
    std::sort(all.begin(), all.end());
    all.resize(limit);
    EXPECT_EQ(first, all);
  }
}

TEST(Culprits, WhichAreKeptDoesNotDependOnTheGrouping) {
  std::mt19937 random(12);
  for (int round = 0; round < 20; ++round) {
    const std::vector<Culprit> offered = random_culprits(random, 60);
    Culprits whole(7);
    std::vector<Culprits> parts(3, Culprits(7));
    for (const Culprit& culprit : offered) {
      whole.add(culprit.place, culprit.line, culprit.what);
      parts[random() % 3].add(culprit.place, culprit.line, culprit.what);
    }
    Culprits left = parts[0];
    left.merge(parts[1]);
    left.merge(parts[2]);
    Culprits right = parts[2];
    right.merge(parts[1]);
    right.merge(parts[0]);
    ASSERT_EQ(told(left), told(whole));
    ASSERT_EQ(told(right), told(whole));
  }
}

// Who asks first and makes no text for what is not wanted must get the same.
TEST(Culprits, AskingFirstChangesNothing) {
  std::mt19937 random(13);
  for (int round = 0; round < 20; ++round) {
    Culprits asked(6);
    Culprits unasked(6);
    for (const Culprit& culprit : random_culprits(random, 80)) {
      if (asked.wants(culprit.place)) asked.add(culprit.place, culprit.line, culprit.what);
      unasked.add(culprit.place, culprit.line, culprit.what);
    }
    ASSERT_EQ(told(asked), told(unasked));
  }
}

TEST(Culprits, WantsWhatCouldStillBeKept) {
  Culprits culprits(2);
  EXPECT_TRUE(culprits.wants({9, 9}));
  culprits.add({0, 10}, 1, "b");
  EXPECT_TRUE(culprits.wants({9, 9}));
  culprits.add({0, 20}, 2, "b");
  EXPECT_FALSE(culprits.wants({0, 21}));
  EXPECT_FALSE(culprits.wants({1, 0}));
  EXPECT_TRUE(culprits.wants({0, 20}));  // its text may be the smaller
  EXPECT_TRUE(culprits.wants({0, 0}));
  culprits.add({0, 20}, 2, "a");
  EXPECT_EQ(told(culprits), (Told{{0, 10, 1, "b"}, {0, 20, 2, "a"}}));
  culprits.add({0, 20}, 2, "c");
  EXPECT_EQ(told(culprits), (Told{{0, 10, 1, "b"}, {0, 20, 2, "a"}}));
}

TEST(Culprits, SpareOnesAreKeptAndNotShown) {
  Culprits spare(2);
  spare.keep_spare();
  for (std::uint64_t i = 30; i > 0; --i) spare.add({0, i}, i, "a");
  EXPECT_EQ(spare.kept().size(), 20U);
  EXPECT_EQ(spare.kept().back().line, 20U);
  EXPECT_EQ(told(spare), (Told{{0, 1, 1, "a"}, {0, 2, 2, "a"}}));
  // Merged into a list of none, in whatever order, they stay.
  Culprits plain(2);
  plain.add({0, 0}, 0, "a");
  Culprits other = spare;
  other.merge(plain);
  plain.merge(spare);
  EXPECT_EQ(plain.kept().size(), 20U);
  EXPECT_EQ(told(plain), told(other));
  EXPECT_EQ(plain.kept().back().line, other.kept().back().line);
}

TEST(Culprits, OwnersAndPlacesAreThoseOfAll) {
  Culprits culprits(3);
  for (std::uint64_t i = 1; i <= 3; ++i) culprits.add({0, i}, i, "a");
  culprits.own({1, 2});
  culprits.map_places([](Place place) { return Place{place.file, 100 - place.offset}; });
  EXPECT_EQ(told(culprits), (Told{{0, 97, 3, "a"}, {0, 98, 2, "a"}, {0, 99, 1, "a"}}));
  EXPECT_EQ(culprits.kept().front().owner, (Owner{1, 2}));
  culprits.add({0, 1}, 4, "a");  // the last one goes, as the places are now
  EXPECT_EQ(told(culprits), (Told{{0, 1, 4, "a"}, {0, 97, 3, "a"}, {0, 98, 2, "a"}}));
  EXPECT_EQ(culprits.kept().front().owner, Owner{});
}

}  // namespace
}  // namespace gristmill::validation
