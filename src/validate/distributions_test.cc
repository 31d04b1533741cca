#include "gristmill/distributions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

namespace gristmill::validation {
namespace {

constexpr double day = 86'400'000.0;
constexpr double may = 1747267200000.0;  // 2025-05-15T00:00:00Z

std::string told(const ModelUse& use) {
  std::ostringstream out;
  const auto tell = [&](const std::string& name, const ModelUse::Model& model) {
    out << name << ":";
    for (const auto& [time, cell] : model) {
      out << " " << (time == ModelUse::no_time ? "none" : std::to_string(time)) << "=" << cell.rows << "/"
          << cell.score.count() << "/" << cell.confidence.count();
      for (const ScoreSpread* spread : {&cell.score, &cell.confidence}) {
        for (const unsigned quarters : {1U, 2U, 3U}) out << "/" << spread->quartile(quarters).value_or(-1);
      }
    }
    out << "\n";
  };
  for (const auto& [name, model] : use.models()) tell(name, model);
  tell("(others)", use.others());
  out << static_cast<int>(use.unit());
  return out.str();
}

TEST(CountDistribution, BinsDouble) {
  CountDistribution counts;
  for (const std::uint64_t value : {0, 1, 2, 3, 4, 7, 8}) counts.add(value);
  counts.add(~std::uint64_t{0});
  EXPECT_EQ(counts.bins[0], 1U);
  EXPECT_EQ(counts.bins[1], 1U);
  EXPECT_EQ(counts.bins[2], 2U);
  EXPECT_EQ(counts.bins[3], 2U);
  EXPECT_EQ(counts.bins[4], 1U);
  EXPECT_EQ(counts.bins[64], 1U);
  EXPECT_EQ(CountDistribution::begin_of(4), 8U);
  EXPECT_EQ(counts.count, 8U);
  EXPECT_EQ(counts.least, 0U);
}

TEST(ScoreDistribution, OneLiesInTheLastBin) {
  ScoreDistribution scores;
  for (const double value : {0.0, 0.0499, 0.05, 1.0, -0.1, 1.1}) scores.add(value);
  scores.add(std::nullopt);
  EXPECT_EQ(scores.bins[0], 2U);
  EXPECT_EQ(scores.bins[1], 1U);
  EXPECT_EQ(scores.bins[19], 1U);
  EXPECT_EQ(scores.below, 1U);
  EXPECT_EQ(scores.above, 1U);
  EXPECT_EQ(scores.missing, 1U);
  EXPECT_EQ(scores.least, -0.1);
  EXPECT_EQ(scores.most, 1.1);
}

TEST(PartitionDistribution, KeepsTheLargestInAnyOrder) {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (std::uint64_t i = 0; i < 50; ++i) all.emplace_back("p" + std::to_string(i), i / 5);
  PartitionDistribution whole;
  for (const auto& [path, bytes] : all) whole.add(path, bytes);
  std::shuffle(all.begin(), all.end(), std::mt19937(4));
  PartitionDistribution halves[2];
  for (std::size_t i = 0; i < all.size(); ++i) halves[i % 2].add(all[i].first, all[i].second);
  halves[0].merge(halves[1]);
  ASSERT_EQ(whole.largest().size(), 10U);
  EXPECT_EQ(whole.largest()[0].path, "p45");
  EXPECT_EQ(whole.largest()[5].path, "p40");
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(halves[0].largest()[i].path, whole.largest()[i].path);
  EXPECT_EQ(halves[0].sizes().bins, whole.sizes().bins);
}

ScoreSpread spread_of(const std::vector<double>& values) {
  ScoreSpread spread;
  for (const double value : values) spread.add(value);
  return spread;
}

TEST(ScoreSpread, AQuartileIsTheSmallestThatHasSoManyBelow) {
  EXPECT_FALSE(spread_of({}).quartile(2));
  const ScoreSpread one = spread_of({0.93});
  for (const unsigned quarters : {1U, 2U, 3U}) EXPECT_EQ(one.quartile(quarters), 0.93);
  const ScoreSpread four = spread_of({0.0, 0.1, 0.294, 1.0});
  EXPECT_EQ(four.quartile(1), 0.0);
  EXPECT_EQ(four.quartile(2), 0.1);
  EXPECT_EQ(four.quartile(3), 0.29);
  const ScoreSpread five = spread_of({0.0, 0.1, 0.296, 1.0, 1.0});
  EXPECT_EQ(five.quartile(1), 0.1);
  EXPECT_EQ(five.quartile(2), 0.3);
  EXPECT_EQ(five.quartile(3), 1.0);
}

TEST(ScoreSpread, AQuartileOutsideOfTheScaleIsNone) {
  const ScoreSpread spread = spread_of({-3.0, -0.1, 0.5, 1.5, 100.0});
  EXPECT_FALSE(spread.quartile(1));
  EXPECT_EQ(spread.quartile(2), 0.5);
  EXPECT_FALSE(spread.quartile(3));
  EXPECT_EQ(spread.count(), 5U);
}

TEST(ModelUse, CountsByDay) {
  ModelUse use;
  use.add("a", may, 0.5, 1.0);
  use.add("a", may + day - 1, std::nullopt, 0.5);
  use.add("a", may + day, 0.25, std::nullopt);
  use.add("b", std::nullopt, 0.5, 0.5);
  use.add("b", 1.0, 0.5, 0.5);  // 1970
  EXPECT_EQ(told(use),
            "a: 20223=2/1/2/0.5/0.5/0.5/0.5/0.5/1 20224=1/1/0/0.25/0.25/0.25/-1/-1/-1\n"
            "b: none=2/2/2/0.5/0.5/0.5/0.5/0.5/0.5\n(others):\n0");
}

TEST(ModelUse, ManyDaysAreCountedByMonthAndManyMonthsByYear) {
  ModelUse use;
  for (int i = 0; i < 100; ++i) use.add("a", may + i * day, 0.5, 0.5);
  use.add("b", std::nullopt, 0.5, 0.5);
  EXPECT_EQ(use.unit(), ModelUse::Unit::day);
  use.add("a", may + 100 * day, 0.5, 0.5);
  EXPECT_EQ(use.unit(), ModelUse::Unit::month);
  ASSERT_EQ(use.models().at("a").size(), 4U);
  EXPECT_EQ(use.models().at("a").at(664).rows, 17U);  // of May 2025, from the 15th on
  for (int i = 0; i < 40; ++i) use.add("a", may + i * 90 * day, 0.5, 0.5);
  EXPECT_EQ(use.unit(), ModelUse::Unit::month);
  for (int i = 0; i < 120; ++i) use.add("a", may + i * 30.5 * day, 0.5, 0.5);
  EXPECT_EQ(use.unit(), ModelUse::Unit::year);
  EXPECT_EQ(use.models().at("a").begin()->first, 55);
  EXPECT_EQ(use.models().at("b").begin()->first, ModelUse::no_time);
}

TEST(ModelUse, IsTheSameHoweverItIsMerged) {
  for (const int days : {3, 150, 10'000}) {
    std::mt19937 random(7);
    struct Row {
      std::string name;
      double time;
      std::optional<double> score;
      std::optional<double> confidence;
    };
    std::vector<Row> rows;
    const auto value = [&]() -> std::optional<double> {
      if (random() % 4 == 0) return std::nullopt;
      return static_cast<double>(random() % 1300) / 1000 - 0.1;
    };
    for (int i = 0; i < 3000; ++i) {
      const std::string name =
          "model " + std::to_string(random() % 40) + std::string(random() % 40 == 0 ? 300 : 0, 'x');
      const double time = may + static_cast<double>(static_cast<int>(random()) % days) * day;
      rows.push_back({name, time, value(), value()});
    }
    ModelUse whole;
    for (const Row& row : rows) whole.add(row.name, row.time, row.score, row.confidence);
    EXPECT_EQ(whole.models().size(), ModelUse::most_models);
    std::shuffle(rows.begin(), rows.end(), random);
    ModelUse parts[3];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Row& row = rows[i];
      parts[i % 7 == 0 ? 0 : 1 + i % 2].add(row.name, row.time, row.score, row.confidence);
    }
    parts[2].merge(parts[0]);
    parts[2].merge(parts[1]);
    EXPECT_EQ(told(parts[2]), told(whole)) << days;
  }
}

// One part has days, the other months by then.
TEST(ModelUse, PartsOfDifferentUnitsMergeToTheCoarserOne) {
  ModelUse few;
  few.add("a", may, 0.5, 0.5);
  ModelUse many;
  for (int i = 0; i < 150; ++i) many.add("b", may + i * day, 0.5, 0.5);
  ASSERT_EQ(many.unit(), ModelUse::Unit::month);
  ModelUse one = few;
  one.merge(many);
  ModelUse other = many;
  other.merge(few);
  EXPECT_EQ(told(one), told(other));
  EXPECT_EQ(one.models().at("a").begin()->first, 664);
}

}  // namespace
}  // namespace gristmill::validation
