// What a profile's sessions become as facts; that handing them on early, because memory is short, changes
// nothing once the facts are added up.
#include "session/session_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "storage/temporary_folder_testing.h"

namespace gristmill::session {
namespace {

using testing::TemporaryFolder;
using SessionKey = std::pair<std::string, std::string>;  // profile, session

// Columns whose facts are easy to foretell.
std::vector<Aggregate> columns_of_tests() {
  return {{.name = "ids", .of = AggregateOf::collections, .field = AggregateField::collection_id},
          {.name = "sum",
           .of = AggregateOf::predictions,
           .function = AggregateFunction::sum,
           .field = AggregateField::score},
          {.name = "of_labels", .of = AggregateOf::labels, .field = AggregateField::collection_id},
          {.name = "least",
           .of = AggregateOf::predictions,
           .function = AggregateFunction::min,
           .field = AggregateField::score}};
}

struct Aggregated {
  SessionAggregate sums;                           // counts of ids as the facts have them
  std::set<std::string> collection_ids;            // of facts of their own, in the first column
  std::set<std::string> collection_ids_of_labels;  // in the third
  std::map<std::string, ModelAggregate> models;
  bool has_collection = false;  // as the models are told
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
    ids_ = std::make_unique<shuffle::Sorter>(*storage_, folder_.path(), 1U << 20);
    models_ = std::make_unique<shuffle::Sorter>(*storage_, folder_.path(), 1U << 20);
    facts_ = std::make_unique<shuffle::Sorter>(*storage_, folder_.path(), 1U << 20);
    state_ = std::make_unique<SessionState>(columns_of_tests(), *aggregates_, *ids_, *models_, *facts_, memory_limit);
  }

  static record::Record record_of(std::string_view session, std::string_view collection) {
    record::Record record;
    record.session = {session, session, false};
    record.collection = {collection, collection, false};
    return record;
  }
  void collection(std::string_view session, std::string_view id, std::uint64_t rows, std::uint64_t offset) {
    const record::Record record = record_of(session, id);
    state_->begin_line(Dataset::collections, record, {0, offset}, offset + 1);
    for (std::uint64_t i = 0; i < rows; ++i) state_->add_label(record, {});
    ASSERT_TRUE(state_->end_line(Dataset::collections, record, rows).ok());
  }
  void prediction(std::string_view session, std::string_view model, double score, std::uint64_t offset) {
    const record::Record record = record_of(session, "c");
    record::Prediction prediction;
    prediction.model = model;
    prediction.model_blank = model.empty();
    prediction.score_value = score;
    state_->begin_line(Dataset::predictions, record, {1, offset}, offset + 1);
    ASSERT_TRUE(state_->add_prediction(record, prediction).ok());
    ASSERT_TRUE(state_->end_line(Dataset::predictions, record, 1).ok());
  }

  static void for_each(shuffle::Sorter& sorter, const auto& use) {
    shuffle::SortedFacts sorted({&sorter});
    for (;;) {
      const auto more = sorted.next();
      EXPECT_TRUE(more.ok());
      if (!more.ok() || !*more) return;
      use(sorted.key(), sorted.value());
    }
  }

  // The facts by what their keys say, added up. Empties nothing: may be called once.
  std::map<SessionKey, Aggregated> read_aggregates() {
    std::map<SessionKey, Aggregated> result;
    const auto of_group = [&](std::string_view text) -> Aggregated& {
      SessionGroup group;
      group.decode(text);
      return result[{std::string(group.profile), std::string(group.session)}];
    };
    for_each(*aggregates_, [&](std::string_view bytes, std::string_view value) {
      Aggregated& into = of_group(bytes);
      if (into.sums.counts.empty()) into.sums = columns_.make();
      ++into.facts;
      columns_.merge_serialised(value, into.sums);
    });
    for_each(*ids_, [&](std::string_view bytes, std::string_view value) {
      const IdKey key = decode_id_key(bytes);
      EXPECT_EQ(value, "");
      Aggregated& into = of_group(key.group);
      ++into.facts;
      (key.column == 0 ? into.collection_ids : into.collection_ids_of_labels)
          .emplace(bytes.substr(key.group.size() + 4));
    });
    for_each(*models_, [&](std::string_view bytes, std::string_view value) {
      const ModelKey key = decode_model_key(bytes);
      Aggregated& into = of_group(key.group);
      if (!key.model) {
        EXPECT_TRUE(into.models.empty()) << "that it has a collection is told first";
        into.has_collection = true;
        return;
      }
      into.has_collection |= value[0] != 0;
      into.models[std::string(*key.model)].merge_serialised(value.substr(1));
    });
    return result;
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
  std::unique_ptr<shuffle::Sorter> ids_;
  std::unique_ptr<shuffle::Sorter> models_;
  std::unique_ptr<shuffle::Sorter> facts_;
  std::unique_ptr<SessionState> state_;
  SessionColumns columns_{columns_of_tests()};
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
  EXPECT_EQ(one.sums.counts[0], 3U);
  EXPECT_EQ(one.sums.counts[2], 3U);
  EXPECT_EQ(one.sums.collection_lines, 8U);
  EXPECT_EQ(one.sums.prediction_rows, 0U);
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
  prediction("s2", "m", 0.5, 5);
  prediction("s3", "m", 0.25, 6);
  prediction("s2", "", 0.125, 7);
  ASSERT_TRUE(state_->end_profile().ok());
  state_->begin_profile("q");
  prediction("s1", "m", 1, 50);
  ASSERT_TRUE(state_->end_profile().ok());
  const auto aggregates = read_aggregates();
  EXPECT_EQ(aggregates.size(), 4U);
  EXPECT_EQ(aggregates.at({"p", "s1"}).sums.counts[0], 2U);
  EXPECT_EQ(aggregates.at({"p", "s2"}).sums.prediction_rows, 2U);
  EXPECT_EQ(aggregates.at({"p", "s2"}).sums.sums[0].rounded(), 0.625);
  EXPECT_EQ(aggregates.at({"p", "s2"}).sums.extremes[0], 0.125);
  EXPECT_EQ(aggregates.at({"p", "s2"}).models.size(), 2U);
  EXPECT_EQ(aggregates.at({"p", "s2"}).models.at("").scores.rounded(), 0.125);
  EXPECT_EQ(aggregates.at({"p", "s3"}).sums.collection_lines, 0U);
  EXPECT_EQ(aggregates.at({"q", "s1"}).sums.prediction_rows, 1U);
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
  prediction("s", "m", 1, 0);
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
    std::map<std::string, std::vector<double>> scores;
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
        const std::string model = random() % 9 == 0 ? "" : "model-" + std::to_string(random() % 30);
        prediction(session, model, score, i);
        expected[{profile, session}].scores[model].push_back(score);
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
      ExactSum sum;
      std::uint64_t rows = 0;
      ASSERT_EQ(got.models.size(), one.scores.size());
      for (const auto& [model, scores] : one.scores) {
        ExactSum of_model;
        for (const double score : scores) {
          sum.add(score);
          of_model.add(score);
        }
        rows += scores.size();
        EXPECT_EQ(got.models.at(model).rows, scores.size());
        EXPECT_EQ(got.models.at(model).scored, scores.size());
        EXPECT_EQ(got.models.at(model).scores.rounded(), of_model.rounded());
        EXPECT_EQ(got.models.at(model).least, *std::min_element(scores.begin(), scores.end()));
        EXPECT_EQ(got.models.at(model).greatest, *std::max_element(scores.begin(), scores.end()));
      }
      EXPECT_EQ(got.sums.prediction_rows, rows);
      if (!got.models.empty()) {
        EXPECT_EQ(got.has_collection, one.collection_lines > 0);
      }
      EXPECT_EQ(got.sums.counts[1], rows);
      EXPECT_EQ(got.sums.sums[0].rounded(), sum.rounded());
      // The ids are told in one way or the other, never in both.
      if (got.sums.counts[0] > 0) {
        EXPECT_EQ(got.sums.counts[0], one.ids.size());
        EXPECT_EQ(got.sums.counts[2], one.ids.size());
        EXPECT_TRUE(got.collection_ids.empty());
      } else {
        EXPECT_EQ(got.collection_ids, one.ids);
        EXPECT_EQ(got.collection_ids_of_labels, one.ids);
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

}  // namespace
}  // namespace gristmill::session
