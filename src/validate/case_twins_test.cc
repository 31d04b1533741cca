// The same twins are found in memory and on disk, and each is shown beside the smallest other.
#include "validate/case_twins.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "storage/temporary_folder_testing.h"
#include "validate/accounting_testing.h"

namespace gristmill::validation {
namespace {

class CaseTwinsTest : public ::testing::Test {
 protected:
  struct Seen {
    IdKind kind;
    std::string id;
    Dataset dataset;
    std::uint64_t line;
  };
  HintFindings find(const std::vector<Seen>& ids, std::uint64_t memory = 1U << 20) {
    CaseTwins twins(*storage_, folder_.path(), memory);
    for (const Seen& seen : ids) {
      IdPlaces places;
      const auto dataset = static_cast<std::size_t>(seen.dataset);
      places.first[dataset] = {static_cast<std::uint32_t>(dataset), seen.line};
      places.line[dataset] = seen.line;
      EXPECT_TRUE(twins.add(seen.kind, seen.id, places).ok());
    }
    Accounting accounting;
    EXPECT_TRUE(twins.find(accounting).ok());
    return accounting.of(Hint::ids_differ_in_case);
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

constexpr auto profile = IdKind::profile;
constexpr auto session = IdKind::session;
constexpr auto collections = Dataset::collections;
constexpr auto predictions = Dataset::predictions;

std::vector<std::string> told(const HintFindings& found) {
  std::vector<std::string> result;
  for (const Culprit& culprit : found.first.sorted()) {
    result.push_back(std::to_string(culprit.place.file) + ":" + std::to_string(culprit.line) + " " + culprit.what);
  }
  return result;
}

TEST_F(CaseTwinsTest, AreOfOneKindInEitherDataSet) {
  const HintFindings found = find({{profile, "Ab", collections, 4},
                                   {profile, "aB", predictions, 2},
                                   {profile, "x", collections, 1},
                                   {session, "X", collections, 1},
                                   {session, "ab", collections, 1}});
  EXPECT_EQ(found.counts[0], 1U);
  EXPECT_EQ(found.counts[1], 1U);
  EXPECT_EQ(told(found),
            (std::vector<std::string>{R"(0:4 profile_id "Ab" beside "aB")", R"(1:2 profile_id "aB" beside "Ab")"}));
}

TEST_F(CaseTwinsTest, OneIdIsNoTwinOfItself) {
  const HintFindings found =
      find({{session, "S", collections, 4}, {session, "S", collections, 2}, {session, "S", predictions, 9}});
  EXPECT_EQ(found.counts, (std::array<std::uint64_t, 2>{0, 0}));
}

TEST_F(CaseTwinsTest, TheFirstPlaceIsShownOfEachAndTheSmallestOther) {
  const HintFindings found = find({{session, "ab", collections, 7},
                                   {session, "AB", collections, 8},
                                   {session, "aB", collections, 9},
                                   {session, "ab", collections, 3},
                                   {session, "ab", collections, 5}});
  EXPECT_EQ(found.counts[0], 3U);
  EXPECT_EQ(told(found),
            (std::vector<std::string>{R"(0:3 session_id "ab" beside "AB")", R"(0:8 session_id "AB" beside "aB")",
                                      R"(0:9 session_id "aB" beside "AB")"}));
}

TEST_F(CaseTwinsTest, OnlyAsciiLettersHaveCases) {
  EXPECT_EQ(find({{profile, "\xC3\x84", collections, 1}, {profile, "\xC3\xA4", collections, 2}}).counts[0], 0U);
  EXPECT_EQ(find({{profile, "a[", collections, 1}, {profile, "a{", collections, 2}}).counts[0], 0U);
  EXPECT_EQ(find({{profile, std::string("a\0b", 3), collections, 1}, {profile, std::string("A\0b", 3), collections, 2}})
                .counts[0],
            2U);
}

TEST_F(CaseTwinsTest, MemoryDoesNotMatter) {
  std::mt19937_64 random(7);
  std::vector<Seen> ids;
  std::map<std::string, std::set<std::string>> spellings;
  for (std::uint64_t line = 1; line <= 3000; ++line) {
    const std::string number = std::to_string(random() % 1500);
    const std::string id = (random() % 4 == 0 ? "Id-" : "id-") + number;
    spellings[number].insert(id);
    ids.push_back({session, id, collections, line});
  }
  std::uint64_t expected = 0;
  for (const auto& [number, of_it] : spellings) expected += of_it.size() > 1 ? of_it.size() : 0;
  const HintFindings in_memory = find(ids);
  const HintFindings on_disk = find(ids, 4096);
  EXPECT_GT(expected, 100U);
  EXPECT_EQ(in_memory.counts[0], expected);
  EXPECT_EQ(in_memory.counts, on_disk.counts);
  EXPECT_EQ(told(in_memory), told(on_disk));
  EXPECT_EQ(told(in_memory).size(), most_hint_places);
}

TEST(CaseUse, KnowsWhichCasesOccur) {
  const auto use_of = [](std::initializer_list<std::string> ids) {
    CaseUse use;
    for (const std::string& id : ids) use.add(id);
    return std::pair(use.upper, use.lower);
  };
  EXPECT_EQ(use_of({"", "123-4567-89_@[`{"}), std::pair(false, false));
  EXPECT_EQ(use_of({"\xC1\xDA\xE1\xFA"}), std::pair(false, false));
  EXPECT_EQ(use_of({"0123456A"}), std::pair(true, false));
  EXPECT_EQ(use_of({"0123456789Z"}), std::pair(true, false));
  EXPECT_EQ(use_of({"a"}), std::pair(false, true));
  EXPECT_EQ(use_of({"12345678z", "1"}), std::pair(false, true));
  EXPECT_EQ(use_of({"12345678z", "Q"}), std::pair(true, true));
  EXPECT_EQ(use_of({"M\xFFm"}), std::pair(true, true));
}

}  // namespace
}  // namespace gristmill::validation
