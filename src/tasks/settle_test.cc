// What settle makes of the facts: session tables, session checks, quarantine.
#include "tasks/settle.h"

#include <gtest/gtest.h>

#include "tasks/small_run_testing.h"

namespace gristmill::tasks {
namespace {

using validation::checks::DuplicateIds;
using validation::checks::UnmatchedSessions;

using testing::collection;
using testing::prediction;
using testing::small_run;
using testing::SmallRunOptions;
using testing::SmallRunResult;
using Lines = std::vector<std::string>;

std::string row(const std::string& profile, const std::string& session, int collections,
                const std::string& weighted = "null", const std::string& swipe = "null", int failed = 0) {
  return R"({"profile_id":")" + profile + R"(","session_id":")" + session + R"(","number_of_collections":)" +
         std::to_string(collections) + R"(,"weighted_mean_model_score":)" + weighted + R"(,"mean_swipe_score":)" +
         swipe + R"(,"failed_keystroke_predictions":)" + std::to_string(failed) + "}\n";
}

std::string of_predictions(const Lines& predictions) {
  return small_run({collection("p", "s", "c")}, predictions).session_json();
}

TEST(SettleAggregates, RowsComeInBytewiseOrder) {
  const SmallRunResult result =
      small_run({collection("q", "1", "c"), collection("p", "b", "c"), collection("p", "B", "c"),
                 collection("p", "\xC3\xA9", "c"), collection("p!", "a", "c"), collection("p", "10", "c"),
                 collection("p", "9", "c")},
                {});
  EXPECT_EQ(result.session_json(), row("p", "10", 1) + row("p", "9", 1) + row("p", "B", 1) + row("p", "b", 1) +
                                       row("p", "\xC3\xA9", 1) + row("p!", "a", 1) + row("q", "1", 1));
  EXPECT_EQ(result.sessions.rows, 7U);
}

TEST(SettleAggregates, CollectionsAreDistinctIds) {
  const SmallRunResult result = small_run(
      {collection("p", "s", "c1"), collection("p", "s", "c2"), collection("p", "s", "c1"), collection("p", "s", ""),
       collection("p", "s", "\\u0063\\u0031"), collection("p", "s", " c2 "), collection("p", "t", "")},
      {});
  EXPECT_EQ(result.session_json(), row("p", "s", 2) + row("p", "t", 0));
}

TEST(SettleAggregates, TheWeightedMean) {
  // Python: fsum([0.1 * 0.7, 0.2 * 0.1, 0.3 * 0.2]) / fsum([0.7, 0.1, 0.2])
  EXPECT_EQ(of_predictions({prediction("p", "s", "m", "0.1", "0.7"), prediction("p", "s", "n", "0.2", "0.1"),
                            prediction("p", "s", "m", "0.3", "0.2")}),
            row("p", "s", 1, "0.15"));
  EXPECT_EQ(of_predictions({prediction("p", "s", "m", "0.5", "null"), prediction("p", "s", "m", "null", "1")}),
            row("p", "s", 1));
  EXPECT_EQ(of_predictions({prediction("p", "s", "m", "0.5", "1"), prediction("p", "s", "m", "0.5", "-1")}),
            row("p", "s", 1));  // the confidences' sum is 0
  EXPECT_EQ(of_predictions({prediction("p", "s", "m", "1e300", "1e300")}),
            row("p", "s", 1));  // the product is infinite
  EXPECT_EQ(of_predictions({prediction("p", "s", "m", "1e308", "1"), prediction("p", "s", "m", "1e308", "1"),
                            prediction("p", "s", "m", "-1e308", "1"), prediction("p", "s", "m", "0", "1")}),
            row("p", "s", 1, "2.5e+307"));  // no overflow on the way
}

TEST(SettleAggregates, SwipesAndFailedKeystrokes) {
  EXPECT_EQ(
      of_predictions(
          {prediction("p", "s", "swipe_model", "0.25", "null"), prediction("p", "s", "swipe_model", "0.75", "null"),
           prediction("p", "s", "swipe_model", "null", "1"), prediction("p", "s", "Swipe_model", "9", "null"),
           prediction("p", "s", "keystroke_model", "null", "1"), prediction("p", "s", "keystrokes_model", "null", "1"),
           prediction("p", "s", "keystroke_model", "0.5", "null")}),
      row("p", "s", 1, "null", "0.5", 2));
}

TEST(SettleAggregates, SessionsOfPredictionsAloneAreARowOnlyIfAskedFor) {
  const Lines collections = {collection("p", "s", "c"), collection("", "s", "c"), collection("p", "", "c")};
  const Lines predictions = {prediction("p", "t", "swipe_model", "0.5", "1"), prediction("q", "s", "m", "0.5", "1"),
                             prediction("", "s", "m", "0.5", "1"), prediction("p", " ", "m", "0.5", "1")};
  SmallRunOptions options;
  const SmallRunResult result = small_run(collections, predictions, options);
  EXPECT_EQ(result.session_json(), row("p", "s", 1));
  EXPECT_EQ(result.sessions.rows, 1U);
  EXPECT_EQ(result.sessions.predictions_of_unknown_sessions, 2U);
  options.recipe.sessions = SessionScope::all;
  const SmallRunResult all = small_run(collections, predictions, options);
  EXPECT_EQ(all.session_json(), row("p", "s", 1) + row("p", "t", 0, "0.5", "0.5") + row("q", "s", 0, "0.5"));
  EXPECT_EQ(all.sessions.rows, 3U);
  EXPECT_EQ(all.sessions.predictions_of_unknown_sessions, 2U);
}

TEST(SettleAggregates, TheTablesAreWrittenEvenIfEmpty) {
  const SmallRunResult result = small_run({}, {});
  EXPECT_EQ(result.tree.size(), 4U);
  EXPECT_EQ(result.session_json(), "");
  EXPECT_TRUE(result.file("aggregated-models/data.parquet").starts_with("PAR1"));
  EXPECT_EQ(result.file("aggregated-result/data.parquet"), result.file("aggregated-parquet/part-00000.parquet"));
  EXPECT_TRUE(result.file("aggregated-result/data.parquet").starts_with("PAR1"));
  ASSERT_EQ(result.written.size(), 4U);
  for (const storage::WrittenFile& file : result.written) {
    EXPECT_EQ(file.size, result.file(file.path).size());
    EXPECT_EQ(file.hash, storage::hash128(result.file(file.path)));
  }
}

TEST(SettleSessionChecks, DuplicateIds) {
  const SmallRunResult result = small_run(
      {collection("p", "b", "c"), collection("q", "b", "c"), collection("q", "b", "d"), collection("r", "b", "c"),
       collection("p", "a", "c"), collection("q", "a", "c", R"({"x":1},{"x":2})"), collection("p", "c", "c"),
       collection("", "c", "c"), collection("p", "", "c"), collection("q", "", "c")},
      {prediction("p", "a", "m", "1", "1"), prediction("p", "b", "m", "1", "1"), prediction("p", "c", "m", "1", "1")});
  EXPECT_EQ(result.sessions.distinct[0], 3U);
  EXPECT_EQ(result.accounting.of(DuplicateIds::id).count(Dataset::collections, DuplicateIds::sessions), 2U);
  EXPECT_EQ(result.accounting.of(DuplicateIds::id).count(Dataset::predictions, DuplicateIds::sessions), 0U);
  EXPECT_TRUE(result.accounting.of(UnmatchedSessions::id).sessions.empty());
  ASSERT_EQ(result.accounting.of(DuplicateIds::id).sessions.size(), 2U);
  const SessionCulprit& a = result.accounting.of(DuplicateIds::id).sessions[0];
  EXPECT_EQ(a.session, "a");
  EXPECT_EQ(a.profiles, 2U);
  EXPECT_EQ(a.rows, 3U);
  EXPECT_EQ(a.first_line, 5U);
  const SessionCulprit& b = result.accounting.of(DuplicateIds::id).sessions[1];
  EXPECT_EQ(b.session, "b");
  EXPECT_EQ(b.profiles, 3U);
  EXPECT_EQ(b.rows, 4U);
  EXPECT_EQ(b.first, (Place{0, 0}));
}

TEST(SettleSessionChecks, SessionsMissingOnTheOtherSide) {
  const SmallRunResult result = small_run(
      {collection("p", "both", "c"), collection("p", "left", "c"), collection("q", "left", "c", R"({"x":1},{"x":2})"),
       collection("p", "", "c"), collection("", "nobody's", "c")},
      {prediction("other", "both", "m", "1", "1"), prediction("p", "right", "m", "1", "1"),
       prediction("p", " ", "m", "1", "1")});
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).count(Dataset::collections, UnmatchedSessions::sessions), 2U);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).count(Dataset::collections, UnmatchedSessions::rows), 4U);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).count(Dataset::predictions, UnmatchedSessions::sessions), 1U);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).count(Dataset::predictions, UnmatchedSessions::rows), 1U);
  ASSERT_EQ(result.accounting.of(UnmatchedSessions::id).sessions.size(), 3U);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions[0].session, "left");
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions[0].rows, 3U);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions[0].first_line, 2U);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions[1].session, "nobody's");
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions[1].profiles, 0U);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions[2].session, "right");
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions[2].dataset, Dataset::predictions);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions[2].first_line, 2U);
}

TEST(SettleSessionChecks, AHundredCulpritsAreShownAndAllAreCounted) {
  Lines collections;
  for (int i = 250; i-- > 0;) {
    for (const char* profile : {"p", "q"})
      collections.push_back(collection(profile, "s" + std::to_string(1000 + i), "c"));
  }
  const SmallRunResult result = small_run(collections, {});
  EXPECT_EQ(result.accounting.of(DuplicateIds::id).count(Dataset::collections, DuplicateIds::sessions), 250U);
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).count(Dataset::collections, UnmatchedSessions::sessions), 250U);
  ASSERT_EQ(result.accounting.of(DuplicateIds::id).sessions.size(), 100U);
  ASSERT_EQ(result.accounting.of(UnmatchedSessions::id).sessions.size(), 100U);
  EXPECT_EQ(result.accounting.of(DuplicateIds::id).sessions.front().session, "s1000");
  EXPECT_EQ(result.accounting.of(UnmatchedSessions::id).sessions.back().session, "s1099");
}

TEST(SettleSessionChecks, IdsThatDifferInCase) {
  const SmallRunResult result = small_run(
      {collection("p", "s", "c"), collection("P", "", "c"), collection("P", "", "c"), collection("q", "S", "c"),
       collection("", "t", "c"), collection("u", "U", "c"), collection("v", "s", "c")},
      {prediction("Q", "T", "m", "1", "1"), prediction("p", "s", "m", "1", "1")});
  const HintFindings& found = result.accounting.of(Hint::ids_differ_in_case);
  EXPECT_EQ(found.counts, (std::array<std::uint64_t, 2>{6, 4}));
  std::vector<std::string> told;
  for (const Culprit& culprit : found.first.sorted()) {
    told.push_back(std::to_string(culprit.place.file) + ":" + std::to_string(culprit.line) + " " + culprit.what);
  }
  EXPECT_EQ(told, (std::vector<std::string>{R"(0:1 profile_id "p" beside "P")", R"(0:1 session_id "s" beside "S")",
                                            R"(0:2 profile_id "P" beside "p")", R"(0:4 profile_id "q" beside "Q")",
                                            R"(0:4 session_id "S" beside "s")", R"(0:5 session_id "t" beside "T")",
                                            R"(1:1 profile_id "Q" beside "q")", R"(1:1 session_id "T" beside "t")",
                                            R"(1:2 profile_id "p" beside "P")", R"(1:2 session_id "s" beside "S")"}));
  // A profile without a session is no session.
  EXPECT_EQ(result.sessions.distinct[0], 4U);
}

TEST(SettleQuarantine, LinesComeInInputOrder) {
  SmallRunOptions options;
  options.recipe.line_limit = 200;
  const std::string head = R"({"metadata":{"profile_id":"p"},"x":")";
  const std::string long_line = head + std::string(6000, 'x') + "\"}";
  const SmallRunResult result = small_run({"[]", collection("p", "s", "c"), "\xFF", "", long_line}, {"x"}, options);
  const std::string& text = result.file("quarantine/collections.jsonl");
  const std::string before = R"({"inputs_id":"the inputs","dataset":"collections","file":"collections.jsonl","line":)";
  const std::size_t offset = 3 + collection("p", "s", "c").size() + 1;
  EXPECT_EQ(
      text,
      before +
          R"(1,"offset":0,"reason":"not_an_object","message":"the line is a list; it looks like a JSON array","raw":"[]"})"
          "\n" +
          before + R"(3,"offset":)" + std::to_string(offset) +
          R"(,"reason":"invalid_utf8","message":"at byte 0","raw_base64":"/w=="})"
          "\n" +
          before + R"(5,"offset":)" + std::to_string(offset + 3) +
          R"(,"reason":"line_too_long","message":"the line is )" + std::to_string(long_line.size()) +
          R"( bytes long, the limit is 200","raw":"{\"metadata\":{\"profile_id\":\"p\"},\"x\":\")" +
          std::string(4096 - head.size(), 'x') + R"(","truncated":true,"length":)" + std::to_string(long_line.size()) +
          "}\n");
  EXPECT_TRUE(
      result.file("quarantine/predictions.jsonl").starts_with(R"({"inputs_id":"the inputs","dataset":"predictions")"));
  EXPECT_EQ(result.accounting.bytes_ground, result.accounting.bytes_routed);
}

TEST(SettleQuarantine, ADataSetWithoutRejectedLinesHasNoFile) {
  const SmallRunResult result = small_run({collection("p", "s", "c")}, {"[]"});
  EXPECT_FALSE(result.tree.contains("quarantine/collections.jsonl"));
  EXPECT_TRUE(result.tree.contains("quarantine/predictions.jsonl"));
  SmallRunOptions options;
  options.write = false;
  EXPECT_TRUE(small_run({"x"}, {"x"}, options).tree.empty());
}

TEST(Settle, TinySortersAndManyWorkersGiveTheSame) {
  Lines collections;
  Lines predictions;
  for (unsigned i = 0; i < 500; ++i) {
    const std::string profile = (i % 5 == 0 ? "P" : "p") + std::to_string(i * 7 % 9);
    collections.push_back(i % 11 == 0 ? "rejected " + std::to_string(i)
                                      : collection(profile, std::to_string(i * i % 83), std::to_string(i % 40)));
    predictions.push_back(
        prediction(profile, std::to_string(i * i % 97), "swipe_model", "0." + std::to_string(i), "0.1"));
  }
  const SmallRunResult wanted = small_run(collections, predictions);
  ASSERT_GT(wanted.sessions.rows, 200U);
  ASSERT_EQ(wanted.accounting.of(Hint::ids_differ_in_case).counts[0], 18U);
  for (const std::size_t workers : {std::size_t{1}, std::size_t{4}}) {
    SmallRunOptions options;
    options.workers = workers;
    options.sorter_memory = 512;
    options.profile_memory = 512;
    const SmallRunResult result = small_run(collections, predictions, options);
    EXPECT_GE(result.scratches_of_grind, 3);
    EXPECT_EQ(result.told(), wanted.told());
    EXPECT_TRUE(result.tree == wanted.tree);
  }
}

}  // namespace
}  // namespace gristmill::tasks
