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
    for (const auto& [time, cell] : model.days) out << " d" << time << "=" << cell.rows << "/" << cell.without_score;
    for (const auto& [time, cell] : model.months) out << " m" << time << "=" << cell.rows << "/" << cell.without_score;
    out << "\n";
  };
  for (const auto& [name, model] : use.models()) tell(name, model);
  tell("(others)", use.others());
  out << use.by_day();
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

TEST(ModelUse, CountsByDayAndMonth) {
  ModelUse use;
  use.add("a", may, true);
  use.add("a", may + day - 1, false);
  use.add("a", may + day, true);
  use.add("b", std::nullopt, true);
  use.add("b", 1.0, true);  // 1970
  EXPECT_EQ(told(use), "a: d20223=2/1 d20224=1/0 m664=3/1\nb: d-2147483648=2/0 m-2147483648=2/0\n(others):\n1");
}

TEST(ModelUse, ManyDaysAreCountedByMonthAlone) {
  ModelUse use;
  for (int i = 0; i < 99; ++i) use.add("a", may + i * day, true);
  use.add("b", std::nullopt, true);
  EXPECT_TRUE(use.by_day());
  use.add("a", may + 99 * day, true);
  EXPECT_FALSE(use.by_day());
  EXPECT_TRUE(use.models().at("a").days.empty());
  EXPECT_EQ(use.models().at("a").months.size(), 4U);
}

TEST(ModelUse, IsTheSameHoweverItIsMerged) {
  for (const int days : {3, 150}) {
    std::mt19937 random(7);
    std::vector<std::tuple<std::string, double, bool>> rows;
    for (int i = 0; i < 3000; ++i) {
      const std::string name =
          "model " + std::to_string(random() % 40) + std::string(random() % 40 == 0 ? 300 : 0, 'x');
      rows.emplace_back(name, may + static_cast<double>(static_cast<int>(random()) % days) * day, random() % 2 == 0);
    }
    ModelUse whole;
    for (const auto& [name, time, scored] : rows) whole.add(name, time, scored);
    EXPECT_EQ(whole.models().size(), ModelUse::most_models);
    std::shuffle(rows.begin(), rows.end(), random);
    ModelUse parts[3];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& [name, time, scored] = rows[i];
      parts[i % 7 == 0 ? 0 : 1 + i % 2].add(name, time, scored);
    }
    parts[2].merge(parts[0]);
    parts[2].merge(parts[1]);
    EXPECT_EQ(told(parts[2]), told(whole)) << days;
  }
}

}  // namespace
}  // namespace gristmill::validation
