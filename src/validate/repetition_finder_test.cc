// Repeated lines are found the same whether they are remembered or sorted.
#include "validate/repetition_finder.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "storage/temporary_folder_testing.h"
#include "validate/accounting_testing.h"

namespace gristmill::validation {
namespace {

using testing::TemporaryFolder;

struct Line {
  Dataset dataset;
  std::string profile;
  std::string text;
  Place place;
};

class RepetitionFinderTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t bytes_per_line = 4 * sizeof(storage::Hash128);  // of the memory limit

  struct Found {
    Accounting accounting;
    std::uint64_t at_once = 0;  // repetitions that add() told
  };

  // Profile by profile, as grind does, dealt out to `workers`.
  Found find(const std::vector<Line>& lines, std::uint64_t memory_limit, std::size_t workers = 1,
             std::uint64_t sorter_quota = 1U << 20) {
    Found found;
    CheckSet checks(found.accounting);
    std::map<std::string, std::vector<const Line*>> profiles;
    for (const Line& line : lines) profiles[line.profile].push_back(&line);
    std::vector<std::unique_ptr<shuffle::Sorter>> sorters;
    std::vector<std::unique_ptr<RepetitionFinder>> repeated;
    std::vector<shuffle::Sorter*> all;
    for (std::size_t i = 0; i < workers; ++i) {
      sorters.push_back(std::make_unique<shuffle::Sorter>(*storage_, folder_.path(), sorter_quota));
      repeated.push_back(std::make_unique<RepetitionFinder>(*sorters.back(), memory_limit));
      all.push_back(sorters.back().get());
    }
    std::size_t worker = 0;
    for (const auto& [profile, own] : profiles) {
      RepetitionFinder& here = *repeated[worker++ % workers];
      here.begin_profile(storage::hash128(profile));
      for (const Line* line : own) {
        const LineFingerprint fingerprint{0, line->dataset, storage::hash128(line->text)};
        const auto is_repeated = here.add(fingerprint, line->place, number_of(*line));
        EXPECT_TRUE(is_repeated.ok());
        if (!is_repeated.ok() || !*is_repeated) continue;
        ++found.at_once;
        checks.see(RepeatedLine{{line->dataset, line->place, number_of(*line)}});
      }
    }
    shuffle::SortedFacts sorted(all);
    shuffle::FactLookup none(*storage_, {});
    const Status status = settle_repeated_lines(sorted, none, checks);
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    return found;
  }

  static std::uint64_t number_of(const Line& line) { return line.place.offset / 100 + 1; }

  // Told in another way: a set of all lines.
  static Accounting expected(const std::vector<Line>& lines) {
    Accounting accounting;
    std::set<std::tuple<Dataset, std::string>> seen;
    for (const Line& line : lines) {
      if (seen.emplace(line.dataset, line.text).second) continue;
      CheckFindings& found = accounting.of(checks::RepeatedLines::id);
      ++found.count(line.dataset, checks::RepeatedLines::lines);
      found.culprits.add(line.place, number_of(line), "the line repeats an earlier one byte for byte");
    }
    return accounting;
  }

  // `distinct` texts a profile; identical lines have the same profile.
  std::vector<Line> random_lines(std::size_t count, unsigned profiles, unsigned distinct) {
    std::vector<Line> lines;
    for (std::size_t i = 0; i < count; ++i) {
      Line line;
      line.dataset = i < count / 2 ? Dataset::collections : Dataset::predictions;
      line.profile = std::to_string(random_() % profiles);
      line.text = line.profile + " " + std::to_string(random_() % distinct);
      line.place = {line.dataset == Dataset::collections ? 0U : 1U, i * 100};
      lines.push_back(std::move(line));
    }
    return lines;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  std::mt19937 random_{23};
};

TEST_F(RepetitionFinderTest, TheFirstOfEqualLinesIsNotRepeated) {
  const std::vector<Line> lines = {
      {Dataset::collections, "p", "a", {0, 0}},   {Dataset::collections, "p", "b", {0, 100}},
      {Dataset::collections, "p", "a", {0, 200}}, {Dataset::collections, "p", "a", {0, 300}},
      {Dataset::collections, "p", "", {0, 400}},  {Dataset::collections, "p", "a ", {0, 500}}};
  const Found found = find(lines, 1U << 20);
  EXPECT_EQ(found.at_once, 2U);
  EXPECT_EQ(found.accounting.of(checks::RepeatedLines::id).count(Dataset::collections, checks::RepeatedLines::lines),
            2U);
  EXPECT_EQ(testing::told(found.accounting), testing::told(expected(lines)));
}

TEST_F(RepetitionFinderTest, DataSetsAndProfilesAreApart) {
  shuffle::Sorter facts(*storage_, folder_.path(), 1U << 20);
  RepetitionFinder repeated(facts, 1U << 20);
  const auto add = [&](Dataset dataset) {
    const auto result = repeated.add({0, dataset, storage::hash128("the same")}, {0, 0}, 1);
    EXPECT_TRUE(result.ok());
    return result.ok() && *result;
  };
  repeated.begin_profile(storage::hash128("p"));
  EXPECT_FALSE(add(Dataset::collections));
  EXPECT_FALSE(add(Dataset::predictions));
  EXPECT_TRUE(add(Dataset::collections));
  EXPECT_TRUE(add(Dataset::predictions));
  repeated.begin_profile(storage::hash128("p"));
  EXPECT_FALSE(add(Dataset::collections));
  EXPECT_TRUE(add(Dataset::collections));
  Accounting accounting;
  CheckSet checks(accounting);
  shuffle::SortedFacts sorted({&facts});
  shuffle::FactLookup none(*storage_, {});
  ASSERT_TRUE(settle_repeated_lines(sorted, none, checks).ok());  // nothing is told twice
  EXPECT_EQ(accounting.of(checks::RepeatedLines::id).count(Dataset::collections, checks::RepeatedLines::lines), 0U);
}

TEST_F(RepetitionFinderTest, BeyondTheLimitTheSorterFindsThem) {
  constexpr std::uint64_t most = 200;
  // 150 lines are remembered, the second copies are told at once.
  for (const auto& [distinct, at_once] : {std::pair<unsigned, std::uint64_t>{150, 300}, {most, 0}, {500, 0}}) {
    std::vector<Line> lines;
    for (unsigned i = 0; i < 3 * distinct; ++i) {
      lines.push_back({Dataset::predictions, "p", std::to_string(i % distinct), {2, i * 100ULL}});
    }
    const Found found = find(lines, most * bytes_per_line);
    EXPECT_EQ(found.at_once, at_once) << distinct;
    EXPECT_EQ(found.accounting.of(checks::RepeatedLines::id).count(Dataset::predictions, checks::RepeatedLines::lines),
              2U * distinct);
    EXPECT_EQ(testing::told(found.accounting), testing::told(expected(lines)));
  }
}

TEST_F(RepetitionFinderTest, OneDataSetBeyondTheLimitLeavesTheOtherInMemory) {
  std::vector<Line> lines;
  for (unsigned i = 0; i < 300; ++i) lines.push_back({Dataset::collections, "p", std::to_string(i), {0, i * 100ULL}});
  for (unsigned i = 0; i < 20; ++i)
    lines.push_back({Dataset::predictions, "p", std::to_string(i % 10), {1, i * 100ULL}});
  lines.push_back({Dataset::collections, "p", "0", {0, 900'000}});
  const Found found = find(lines, 100 * bytes_per_line);
  EXPECT_EQ(found.at_once, 10U);
  EXPECT_EQ(testing::told(found.accounting), testing::told(expected(lines)));
  const auto culprits = found.accounting.of(checks::RepeatedLines::id).culprits.sorted();
  EXPECT_EQ(culprits.front().line, 9001U);
}

TEST_F(RepetitionFinderTest, TheNextProfileBeginsInMemoryAgain) {
  std::vector<Line> lines;
  for (unsigned i = 0; i < 300; ++i) lines.push_back({Dataset::collections, "a", std::to_string(i), {0, i * 100ULL}});
  lines.push_back({Dataset::collections, "b", "x", {0, 50'000}});
  lines.push_back({Dataset::collections, "b", "x", {0, 50'100}});
  EXPECT_EQ(find(lines, 0).at_once, 1U);  // at least 64 are remembered, whatever the limit
}

TEST_F(RepetitionFinderTest, AnyLimitAndAnyNumberOfWorkersFindTheSame) {
  for (const unsigned profiles : {1U, 7U}) {
    for (const unsigned distinct : {50U, 400U, 100'000U}) {
      const std::vector<Line> lines = random_lines(3000, profiles, distinct);
      const std::string wanted = testing::told(expected(lines));
      for (const std::uint64_t limit :
           {std::uint64_t{0}, 100 * bytes_per_line, 401 * bytes_per_line, std::uint64_t{1} << 24}) {
        for (const std::size_t workers : {std::size_t{1}, std::size_t{3}}) {
          ASSERT_EQ(testing::told(find(lines, limit, workers, 4096).accounting), wanted)
              << profiles << " profiles, " << distinct << " texts, " << limit << " bytes, " << workers << " workers";
        }
      }
    }
  }
}

}  // namespace
}  // namespace gristmill::validation
