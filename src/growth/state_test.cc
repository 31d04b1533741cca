#include "growth/state.h"

#include <gtest/gtest.h>

#include "gristmill/run.h"
#include "storage/temporary_folder_testing.h"
#include "validate/accounting_testing.h"
#include "validate/all_checks.h"

namespace gristmill::growth {
namespace {

using testing::read_text;
using testing::TemporaryFolder;
using testing::write_text;

class StateTest : public ::testing::Test {
 protected:
  // Writes the runs of a batch with one session fact and one line of each hash.
  void add_batch(std::uint32_t batch, std::vector<StateRun>& runs, const std::vector<std::string>& lines) {
    tasks::GrindOptions options;
    options.spill_folder = folder_.path();
    tasks::GroundFacts facts(*storage_, options);
    std::string key;
    session::encode_session_key("s" + std::to_string(batch), Dataset::predictions, "p", key);
    const session::SessionFact fact{1, {5, batch}, 1};
    ASSERT_TRUE(facts.sessions.add(key, session::encode(fact)).ok());
    for (const std::string& line : lines) {
      ASSERT_TRUE(
          facts.repeated
              .add("profile's hash, " + std::string(1, '\0') + line + std::string(16 - line.size(), ' ') + "the place",
                   "12345678")
              .ok());
    }
    tasks::FactsToSettle to_settle{{&facts}, {}};
    to_settle.earlier.root = folder_.path();
    to_settle.earlier.first_prediction = 3;
    const auto written = write_runs(*storage_, {folder_.path()}, batch, all_run_kinds, to_settle, runs);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  std::vector<std::string> keys_of(const std::vector<StateRun>& runs, RunKind kind) {
    std::vector<shuffle::StoredFacts> stored;
    for (const StateRun& run : runs) {
      if (run.kind == kind && run.size > 0) stored.push_back({folder_ / path_of(run), run.size});
    }
    shuffle::SortedFacts sorted({}, *storage_, stored);
    std::vector<std::string> keys;
    for (;;) {
      const auto more = sorted.next();
      EXPECT_TRUE(more.ok());
      if (!more.ok() || !*more) return keys;
      EXPECT_TRUE(sorted.is_stored());
      keys.emplace_back(sorted.key());
    }
  }

  std::unique_ptr<Storage> storage_ = make_local_storage();
  TemporaryFolder folder_;
};

TEST_F(StateTest, ComesBackAsItWas) {
  State state;
  state.batches = 7;
  state.recipe.strict = true;
  state.accounting.of(Dataset::predictions).rows = 12;
  state.accounting.of(validation::checks::Range::id).culprits.add({1, 2}, 3, "score 7");
  state.duplicate_ids = {1, 2};
  state.unmatched_sessions = {3, 4};
  state.runs = {{RunKind::lines, 1, 16, 1, 99, 7}};
  ASSERT_TRUE(write_counts(*storage_, {folder_.path()}, state, "1.2.3").ok());
  const auto again = read_state(*storage_, folder_.path());
  ASSERT_TRUE(again.ok()) << again.error().message;
  ASSERT_TRUE(again->has_value());
  EXPECT_EQ((*again)->batches, 7U);
  EXPECT_TRUE((*again)->recipe.strict);
  EXPECT_EQ(testing::told((*again)->accounting), testing::told(state.accounting));
  EXPECT_EQ((*again)->unmatched_sessions, state.unmatched_sessions);
  EXPECT_EQ(path_of((*again)->runs.at(0)), "_state/lines-000001-000016");
}

TEST_F(StateTest, NoneIsNoneAndADamagedOneIsNamed) {
  EXPECT_FALSE(read_state(*storage_, folder_.path()).value().has_value());
  ASSERT_TRUE(write_counts(*storage_, {folder_.path()}, State(), "1.2.3").ok());
  const std::string whole = read_text(folder_ / "_state/counts");
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 16) {
    write_text(folder_ / "_state/counts", whole.substr(0, size));
    EXPECT_FALSE(read_state(*storage_, folder_.path()).ok()) << size;
  }
  std::string other = whole;
  other.back() ^= 1;
  write_text(folder_ / "_state/counts", other);
  EXPECT_FALSE(read_state(*storage_, folder_.path()).ok());
  other = whole;
  const std::string format = std::to_string(state_format);
  other.replace(other.find("\"format\": " + format), 10 + format.size(), "\"format\": 1");
  write_text(folder_ / "_state/counts", other);
  const auto refused = read_state(*storage_, folder_.path());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_NE(refused.error().message.find("1.2.3, with format 1 where this one has " + format), std::string::npos);
}

TEST_F(StateTest, RunsOfALevelAreMergedAndALineIsKeptOnce) {
  std::vector<StateRun> runs;
  for (std::uint32_t batch = 1; batch <= 17; ++batch) add_batch(batch, runs, {"always", std::to_string(batch)});
  std::size_t session_runs = 0;
  for (const StateRun& run : runs) {
    if (run.kind == RunKind::sessions) ++session_runs;
  }
  EXPECT_EQ(session_runs, 2U);
  EXPECT_EQ(keys_of(runs, RunKind::sessions).size(), 17U);
  // Once in the merged run and once in that of the last batch, without their places.
  const std::vector<std::string> lines = keys_of(runs, RunKind::lines);
  EXPECT_EQ(lines.size(), 19U);
  for (const std::string& line : lines) EXPECT_EQ(line.size(), 41U);
}

TEST_F(StateTest, APlaceIsThatOfItsFileWhateverComesBefore) {
  const Place kept = tasks::kept_place({5, 77}, 3);
  EXPECT_EQ(tasks::place_of_kept(kept, 3), (Place{5, 77}));
  EXPECT_EQ(tasks::place_of_kept(kept, 10), (Place{12, 77}));
  const Place collection = tasks::kept_place({2, 1}, 3);
  EXPECT_EQ(tasks::place_of_kept(collection, 10), (Place{2, 1}));
}

TEST(MapPlaces, ReachesEveryFinding) {
  Accounting accounting;
  for (std::uint32_t file = 0; file < 150; ++file) {
    accounting.of(validation::checks::Range::id).culprits.add({file, 0}, 1, "x");
    accounting.of(Dataset::collections).rejection_examples[2].add({file, 0}, 1, "x");
    accounting.of(Dataset::predictions).repair_examples[1].add({file, 0}, 1, "x");
    accounting.of(Hint::dotted_keys).add(Dataset::collections, {file, 0}, 1, "x");
  }
  map_places(accounting, [](Place place) { return Place{place.file + 1000, place.offset}; });
  const auto first = [](const Culprits& culprits) { return culprits.sorted().front().place.file; };
  EXPECT_EQ(first(accounting.of(validation::checks::Range::id).culprits), 1000U);
  EXPECT_EQ(accounting.of(validation::checks::Range::id).culprits.sorted().size(), most_culprits);
  EXPECT_EQ(first(accounting.of(Dataset::collections).rejection_examples[2]), 1000U);
  EXPECT_EQ(accounting.of(Dataset::collections).rejection_examples[2].sorted().size(), example_limit);
  EXPECT_EQ(first(accounting.of(Dataset::predictions).repair_examples[1]), 1000U);
  EXPECT_EQ(first(accounting.of(Hint::dotted_keys).first), 1000U);
}

}  // namespace
}  // namespace gristmill::growth
