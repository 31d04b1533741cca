// What a profile's sessions become as facts; that handing them on early, because memory is short, changes
// nothing once the facts are added up.
#include "session/session_state.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <set>

#include "storage/temporary_folder_testing.h"

namespace gristmill::session {
namespace {

using testing::TemporaryFolder;
using SessionKey = std::pair<std::string, std::string>;  // profile, session

struct Aggregated {
  SessionAggregate sums;                 // `collections` as the facts have it
  std::set<std::string> collection_ids;  // of kind-1 facts
  std::size_t facts = 0;
};
struct Seen {
  std::uint64_t rows = 0;
  Place first;
  std::uint64_t first_line = 0;
};

class SessionStateTest : public ::testing::Test {
 protected:
  void begin(std::uint64_t memory_limit) {
    aggregates_ = std::make_unique<shuffle::Sorter>(*storage_, folder_.path(), 1U << 20);
    facts_ = std::make_unique<shuffle::Sorter>(*storage_, folder_.path(), 1U << 20);
    state_ = std::make_unique<SessionState>(*aggregates_, *facts_, memory_limit);
  }

  static record::Record record_of(std::string_view session, std::string_view collection) {
    record::Record record;
    record.session = {session, session, false};
    record.collection = {collection, collection, false};
    return record;
  }
  void collection(std::string_view session, std::string_view id, std::uint64_t rows, std::uint64_t offset) {
    ASSERT_TRUE(state_->add_collection(record_of(session, id), rows, {0, offset}, offset + 1).ok());
  }
  void prediction(std::string_view session, double score, std::uint64_t offset) {
    const auto aggregate = state_->add_predictions(record_of(session, "c"), {1, offset}, offset + 1);
    ASSERT_TRUE(aggregate.ok());
    (*aggregate)->swipe_scores.add(score);
    ++(*aggregate)->swipe_count;
    state_->add_prediction_rows(1);
  }

  // The facts by what their keys say, added up. Empties nothing: may be called once.
  std::map<SessionKey, Aggregated> read_aggregates() {
    std::map<SessionKey, Aggregated> result;
    shuffle::SortedFacts sorted({aggregates_.get()});
    for (;;) {
      const auto more = sorted.next();
      EXPECT_TRUE(more.ok());
      if (!more.ok() || !*more) return result;
      std::string_view key = sorted.key();
      std::string scratch[2];
      const std::string profile(shuffle::take_key_text(key, scratch[0]));
      const std::string session(shuffle::take_key_text(key, scratch[1]));
      Aggregated& into = result[{profile, session}];
      ++into.facts;
      if (key[0] == '\0') {
        EXPECT_EQ(key.size(), 1U);
        into.sums.merge(SessionAggregate::parse(sorted.value()));
      } else {
        EXPECT_EQ(key[0], '\1');
        EXPECT_EQ(sorted.value(), "");
        into.collection_ids.emplace(key.substr(1));
      }
    }
  }
  std::map<std::tuple<std::string, Dataset, std::string>, Seen> read_facts() {
    std::map<std::tuple<std::string, Dataset, std::string>, Seen> result;
    shuffle::SortedFacts sorted({facts_.get()});
    for (;;) {
      const auto more = sorted.next();
      EXPECT_TRUE(more.ok());
      if (!more.ok() || !*more) return result;
      std::string_view key = sorted.key();
      std::string scratch[2];
      const std::string session(shuffle::take_key_text(key, scratch[0]));
      const auto dataset = static_cast<Dataset>(key[0]);
      key.remove_prefix(1);
      const std::string profile(shuffle::take_key_text(key, scratch[1]));
      EXPECT_TRUE(key.empty());
      SessionFact fact;
      EXPECT_EQ(sorted.value().size(), sizeof fact);
      std::memcpy(&fact, sorted.value().data(), sizeof fact);
      Seen& seen = result[{session, dataset, profile}];
      if (seen.rows == 0 || fact.first < seen.first) {
        seen.first = fact.first;
        seen.first_line = fact.first_line;
      }
      seen.rows += fact.rows;
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  std::unique_ptr<shuffle::Sorter> aggregates_;
  std::unique_ptr<shuffle::Sorter> facts_;
  std::unique_ptr<SessionState> state_;
};

TEST_F(SessionStateTest, CountsDistinctCollections) {
  begin(1U << 20);
  state_->begin_profile("p");
  std::uint64_t offset = 0;
  for (const char* id : {"a", "a", "b", "a", "", "b", "c", ""}) collection("s", id, 2, offset++);
  ASSERT_TRUE(state_->end_profile().ok());
  const auto aggregates = read_aggregates();
  ASSERT_EQ(aggregates.size(), 1U);
  const Aggregated& one = aggregates.at({"p", "s"});
  EXPECT_EQ(one.facts, 1U);
  EXPECT_EQ(one.sums.collections, 3U);
  EXPECT_EQ(one.sums.collection_lines, 8U);
  EXPECT_EQ(one.sums.prediction_lines, 0U);
  const auto facts = read_facts();
  ASSERT_EQ(facts.size(), 1U);
  const Seen& seen = facts.at({"s", Dataset::collections, "p"});
  EXPECT_EQ(seen.rows, 16U);
  EXPECT_EQ(seen.first, (Place{0, 0}));
  EXPECT_EQ(seen.first_line, 1U);
}

TEST_F(SessionStateTest, KeepsSessionsAndDatasetsApart) {
  begin(1U << 20);
  state_->begin_profile("p");
  collection("s1", "c", 1, 10);
  collection("s2", "c", 1, 20);
  collection("s1", "d", 3, 30);
  prediction("s2", 0.5, 5);
  prediction("s3", 0.25, 6);
  prediction("s2", 0.125, 7);
  ASSERT_TRUE(state_->end_profile().ok());
  state_->begin_profile("q");
  prediction("s1", 1, 50);
  ASSERT_TRUE(state_->end_profile().ok());
  const auto aggregates = read_aggregates();
  EXPECT_EQ(aggregates.size(), 4U);
  EXPECT_EQ(aggregates.at({"p", "s1"}).sums.collections, 2U);
  EXPECT_EQ(aggregates.at({"p", "s2"}).sums.prediction_rows, 2U);
  EXPECT_EQ(aggregates.at({"p", "s2"}).sums.swipe_scores.rounded(), 0.625);
  EXPECT_EQ(aggregates.at({"p", "s3"}).sums.collection_lines, 0U);
  EXPECT_EQ(aggregates.at({"q", "s1"}).sums.prediction_lines, 1U);
  const auto facts = read_facts();
  EXPECT_EQ(facts.size(), 5U);
  EXPECT_EQ(facts.at({"s1", Dataset::collections, "p"}).rows, 4U);
  EXPECT_EQ(facts.at({"s2", Dataset::predictions, "p"}).first, (Place{1, 5}));
  EXPECT_EQ(facts.at({"s2", Dataset::predictions, "p"}).first_line, 6U);
  EXPECT_EQ(facts.at({"s1", Dataset::predictions, "q"}).rows, 1U);
}

TEST_F(SessionStateTest, AMissingProfileHasFactsButNoAggregates) {
  begin(1U << 20);
  state_->begin_profile("");
  collection("s", "c", 1, 0);
  prediction("s", 1, 0);
  ASSERT_TRUE(state_->end_profile().ok());
  EXPECT_TRUE(read_aggregates().empty());
  EXPECT_EQ(read_facts().size(), 2U);
}

TEST_F(SessionStateTest, AProfileWithoutSessionsLeavesNothing) {
  begin(0);
  state_->begin_profile("p");
  ASSERT_TRUE(state_->end_profile().ok());
  EXPECT_TRUE(read_aggregates().empty());
  EXPECT_TRUE(read_facts().empty());
}

TEST_F(SessionStateTest, HandingOnEarlyChangesNothing) {
  struct Expected {
    std::set<std::string> ids;
    std::uint64_t collection_lines = 0;
    std::vector<double> scores;
  };
  // Without a limit, with one that is exceeded at once, and with some between.
  for (const std::uint64_t limit : {std::uint64_t{1} << 40, std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{500},
                                    std::uint64_t{5000}, std::uint64_t{50'000}}) {
    std::mt19937_64 random(9);
    begin(limit);
    std::map<SessionKey, Expected> expected;
    std::map<std::tuple<std::string, Dataset, std::string>, Seen> expected_facts;
    for (const std::string& profile : {std::string("p"), std::string(), std::string("q"), std::string("p\0q", 3)}) {
      state_->begin_profile(profile);
      for (std::uint64_t i = 0; i < 600; ++i) {
        const std::string session =
            random() % 2 == 0 ? "giant" : "s" + std::to_string(random() % 20) + std::string(random() % 2 * 40, 'x');
        const std::string id = random() % 5 == 0 ? "" : "collection-" + std::to_string(random() % 40);
        const std::uint64_t rows = 1 + random() % 3;
        collection(session, id, rows, i);
        Expected& one = expected[{profile, session}];
        ++one.collection_lines;
        if (!id.empty()) one.ids.insert(id);
        Seen& seen = expected_facts[{session, Dataset::collections, profile}];
        if (seen.rows == 0) seen = {0, {0, i}, i + 1};
        seen.rows += rows;
      }
      for (std::uint64_t i = 0; i < 300; ++i) {
        const std::string session = random() % 2 == 0 ? "giant" : "s" + std::to_string(random() % 25);
        const double score = std::ldexp(static_cast<double>(random() >> 11), -60 + static_cast<int>(random() % 20));
        prediction(session, score, i);
        expected[{profile, session}].scores.push_back(score);
        Seen& seen = expected_facts[{session, Dataset::predictions, profile}];
        if (seen.rows == 0) seen = {0, {1, i}, i + 1};
        ++seen.rows;
      }
      ASSERT_TRUE(state_->end_profile().ok());
    }
    std::erase_if(expected, [](const auto& one) { return one.first.first.empty(); });
    const auto aggregates = read_aggregates();
    ASSERT_EQ(aggregates.size(), expected.size());
    std::size_t handed_on = 0;
    for (const auto& [key, one] : expected) {
      const Aggregated& got = aggregates.at(key);
      EXPECT_EQ(got.sums.collection_lines, one.collection_lines);
      EXPECT_EQ(got.sums.prediction_lines, one.scores.size());
      EXPECT_EQ(got.sums.prediction_rows, one.scores.size());
      EXPECT_EQ(got.sums.swipe_count, one.scores.size());
      ExactSum sum;
      for (const double score : one.scores) sum.add(score);
      EXPECT_EQ(got.sums.swipe_scores.rounded(), sum.rounded());
      // The ids are told in one way or the other, never in both.
      if (got.sums.collections > 0) {
        EXPECT_EQ(got.sums.collections, one.ids.size());
        EXPECT_TRUE(got.collection_ids.empty());
      } else {
        EXPECT_EQ(got.collection_ids, one.ids);
      }
      handed_on += got.facts > 1 ? 1U : 0U;
    }
    EXPECT_EQ(handed_on > 0, limit <= 50'000) << limit;
    const auto facts = read_facts();
    ASSERT_EQ(facts.size(), expected_facts.size());
    for (const auto& [key, seen] : expected_facts) {
      const Seen& got = facts.at(key);
      EXPECT_EQ(got.rows, seen.rows);
      EXPECT_EQ(got.first, seen.first);
      EXPECT_EQ(got.first_line, seen.first_line);
    }
  }
}

SessionAggregate some_aggregate(std::uint64_t seed) {
  SessionAggregate one;
  one.collection_lines = seed + 1;
  one.collections = seed + 2;
  one.prediction_lines = seed + 3;
  one.prediction_rows = seed + 4;
  one.weighted_count = seed + 5;
  one.swipe_count = seed + 6;
  one.failed_keystrokes = seed + 7;
  for (std::uint64_t i = 0; i < seed % 9; ++i) one.weighted_scores.add(0.1);
  for (std::uint64_t i = 0; i < seed % 7; ++i) one.confidences.add(0.2);
  for (std::uint64_t i = 0; i < seed % 5; ++i) one.swipe_scores.add(0.4);
  return one;
}

std::vector<double> contents(const SessionAggregate& one) {
  std::vector<double> all;
  for (const std::uint64_t count : {one.collection_lines, one.collections, one.prediction_lines, one.prediction_rows,
                                    one.weighted_count, one.swipe_count, one.failed_keystrokes}) {
    all.push_back(static_cast<double>(count));
  }
  for (const ExactSum* sum : {&one.weighted_scores, &one.confidences, &one.swipe_scores}) all.push_back(sum->rounded());
  return all;
}

TEST(SessionAggregate, ComesBackFromItsBytes) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const SessionAggregate one = some_aggregate(seed);
    std::string bytes;
    one.serialise(bytes);
    EXPECT_EQ(contents(SessionAggregate::parse(bytes)), contents(one)) << seed;
  }
}

TEST(SessionAggregate, MergesEveryField) {
  SessionAggregate sum = some_aggregate(13);
  sum.merge(some_aggregate(100));
  const std::vector<double> a = contents(some_aggregate(13));
  const std::vector<double> b = contents(some_aggregate(100));
  const std::vector<double> got = contents(sum);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(got[i], a[i] + b[i]) << i;
  for (std::size_t i = 7; i < 10; ++i) EXPECT_DOUBLE_EQ(got[i], a[i] + b[i]) << i;
  // The other way round gives the same bits.
  SessionAggregate other = some_aggregate(100);
  other.merge(some_aggregate(13));
  EXPECT_EQ(contents(other), got);
}

}  // namespace
}  // namespace gristmill::session
