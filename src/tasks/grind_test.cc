// Buckets that are loaded, split and streamed, and profiles that share a hash: what comes out is the same.
#include "tasks/grind.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tasks/small_run_testing.h"
#include "validate/all_checks.h"

namespace gristmill::tasks {
namespace {

using testing::collection;
using testing::prediction;
using testing::small_run;
using testing::SmallRunOptions;
using testing::SmallRunResult;
using Lines = std::vector<std::string>;

struct Input {
  Lines collections;
  Lines predictions;
};

// Lines of `profiles` profiles, with repeated, rejected, repaired and blank ones among them.
Input random_input(std::size_t lines, unsigned profiles, unsigned sessions) {
  std::mt19937 random(41);
  const auto number = [&](unsigned below) { return std::to_string(random() % below); };
  Input input;
  for (std::size_t i = 0; i < lines; ++i) {
    const std::string profile = "profile " + number(profiles);
    const std::string session = "s" + number(sessions);
    input.collections.push_back(collection(profile, session, "c" + number(30), "{\"x\":" + number(50) + "},{\"x\":2}"));
    input.predictions.push_back(prediction(profile, session, random() % 2 == 0 ? "swipe_model" : "keystroke_model",
                                           random() % 4 == 0 ? "null" : "0." + number(1000), "1." + number(10)));
    if (random() % 20 == 0) input.collections.push_back(input.collections[random() % input.collections.size()]);
    if (random() % 20 == 0) input.collections.push_back("rejected " + number(9));
    if (random() % 20 == 0) input.predictions.push_back("");
    if (random() % 20 == 0) input.predictions.push_back("{\"profileId\":\"" + profile + "\",\"other\":1}");
    if (random() % 20 == 0) input.collections.push_back("{}");
  }
  return input;
}

void expect_same(const SmallRunResult& got, const SmallRunResult& wanted) {
  EXPECT_EQ(got.told(), wanted.told());
  ASSERT_EQ(got.tree.size(), wanted.tree.size());
  for (const auto& [path, content] : wanted.tree) EXPECT_TRUE(got.file(path) == content) << path;
  EXPECT_EQ(got.accounting.bytes_ground, got.accounting.bytes_routed);
}

SmallRunResult run_of(const Input& input, const SmallRunOptions& options = {}) {
  return small_run(input.collections, input.predictions, options);
}

TEST(Grind, WritesBothPartitionsOfAProfileInInputOrder) {
  const SmallRunResult result = small_run(
      {collection("p", "s", "c1", R"({"x":1},{"y":2})"), collection("q", "s", "c2"), collection("p", "t", "c3")},
      {prediction("p", "s", "m", "0.5", "1")});
  EXPECT_EQ(
      result.file("labels/profile-id=p/collections.jsonl"),
      R"({"profile_id":"p","session_id":"s","collection_id":"c1","col_timestamp":1747299119000,"platform":"mobile","behaviour_type":"swipes","x":1})"
      "\n"
      R"({"profile_id":"p","session_id":"s","collection_id":"c1","col_timestamp":1747299119000,"platform":"mobile","behaviour_type":"swipes","y":2})"
      "\n"
      R"({"profile_id":"p","session_id":"t","collection_id":"c3","col_timestamp":1747299119000,"platform":"mobile","behaviour_type":"swipes","x":1})"
      "\n");
  EXPECT_EQ(
      result.file("predictions/profile-id=p/predictions.jsonl"),
      R"({"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000,"model_name":"m","score":0.5,"confidence":1})"
      "\n");
  EXPECT_TRUE(result.tree.contains("labels/profile-id=q/collections.jsonl"));
  EXPECT_FALSE(result.tree.contains("predictions/profile-id=q/predictions.jsonl"));
  EXPECT_EQ(result.accounting.of(Dataset::collections).rows, 4U);
  EXPECT_EQ(result.accounting.of(Dataset::collections).partitions, 2U);
  EXPECT_EQ(result.accounting.of(Dataset::predictions).partitions, 1U);
  EXPECT_EQ(result.accounting.newlines_written, 5U);
}

TEST(Grind, CountsWhatTheChecksAsk) {
  using namespace validation::checks;
  const std::string early = collection("p", "s", "c", R"({"timestamp":1747299118999},{"timestamp":1747299119000})");
  const SmallRunResult result = small_run(
      {early, early, R"({"metadata":{"profile_id":"p","timestamp":1},"behaviour":{"m":{" ":[1,2]}},"z":1})", "", "x"},
      {prediction("p", "s", " ", "1.5", "-1"), prediction("p", "s", "m", "1", "0"),
       prediction("p", "s", "m", "2", "1")});
  const DatasetAccount& collections = result.accounting.of(Dataset::collections);
  EXPECT_EQ(result.accounting.files[0].accepted, 3U);
  EXPECT_EQ(result.accounting.files[0].rejected, 1U);
  EXPECT_EQ(result.accounting.files[0].blank, 1U);
  EXPECT_EQ(result.accounting.of(Time::id).count(Dataset::collections, Time::early_entries), 2U);
  EXPECT_EQ(result.accounting.of(RepeatedLines::id).count(Dataset::collections, RepeatedLines::lines), 1U);
  EXPECT_EQ(result.accounting.of(MissingIds::id).count(Dataset::collections, MissingIds::profile_id), 0U);
  EXPECT_EQ(result.accounting.of(MissingIds::id).count(Dataset::collections, MissingIds::profile_id + 1), 1U);
  EXPECT_EQ(result.accounting.of(MissingIds::id).count(Dataset::collections, MissingIds::profile_id + 2), 1U);
  EXPECT_EQ(result.accounting.of(MissingIds::id).count(Dataset::collections, MissingIds::lines), 1U);
  EXPECT_EQ(result.accounting.of(MissingTypes::id).count(Dataset::collections, MissingTypes::rows), 2U);
  EXPECT_EQ(collections.lines_without_session, 1U);
  EXPECT_EQ(collections.rows_without_session, 2U);
  EXPECT_EQ(collections.repairs[static_cast<std::size_t>(Repair::timestamp_from_seconds)], 1U);
  EXPECT_EQ(result.accounting.of(Time::id).count(Dataset::collections, Time::metadata_lines),
            1U);  // a second after 1970
  EXPECT_EQ(collections.rejections[static_cast<std::size_t>(Reason::invalid_json)], 1U);
  EXPECT_EQ(collections.fields_not_carried.counts().at("z"), 1U);
  EXPECT_EQ(result.accounting.of(MissingTypes::id).count(Dataset::predictions, MissingTypes::rows), 1U);
  EXPECT_EQ(result.accounting.of(Range::id).count(Dataset::predictions, Range::score), 2U);
  EXPECT_EQ(result.accounting.of(Range::id).count(Dataset::predictions, Range::confidence), 1U);
  EXPECT_EQ(result.accounting.of(Range::id).count(Dataset::predictions, Range::rows), 2U);
}

TEST(Grind, ProfilesWithOneHashAreToldApart) {
  const Input input = random_input(200, 5, 6);
  const SmallRunResult wanted = run_of(input);
  SmallRunOptions options;
  for (const std::uint64_t mask : {std::uint64_t{0}, std::uint64_t{1}}) {
    options.hash_mask = mask;
    expect_same(run_of(input, options), wanted);
  }
  EXPECT_EQ(wanted.accounting.of(Dataset::collections).partitions, 6U);  // five, and the lines without a profile
  EXPECT_EQ(wanted.accounting.of(Dataset::predictions).partitions, 5U);
}

TEST(Grind, ASpilledBucketThatFitsIsLoaded) {
  const Input input = random_input(400, 20, 6);
  SmallRunOptions options;
  options.bucket_quota = 16U << 10;
  const SmallRunResult result = run_of(input, options);
  EXPECT_EQ(result.scratches_of_route, 1);
  EXPECT_EQ(result.scratches_of_grind, 0);
  expect_same(result, run_of(input));
}

TEST(Grind, ASpilledBucketOfManyProfilesIsSplit) {
  const Input input = random_input(400, 20, 6);
  SmallRunOptions options;
  options.bucket_bits = 0;
  options.bucket_quota = 16U << 10;
  options.load_limit = 8U << 10;
  const SmallRunResult result = run_of(input, options);
  EXPECT_EQ(result.scratches_of_route, 1);
  EXPECT_GE(result.scratches_of_grind, 1);
  EXPECT_GT(result.accounting.spilled_bytes, 0U);
  expect_same(result, run_of(input));
}

TEST(Grind, ASpilledBucketOfOneProfileIsStreamed) {
  Input input = random_input(400, 1, 40);
  std::erase_if(input.collections, [](const std::string& line) { return line == "{}" || line.starts_with("rej"); });
  SmallRunOptions options;
  options.bucket_quota = 16U << 10;
  options.load_limit = 8U << 10;
  const SmallRunResult result = run_of(input, options);
  EXPECT_EQ(result.scratches_of_route, 1);
  EXPECT_EQ(result.scratches_of_grind, 0);  // nothing to split
  expect_same(result, run_of(input));
}

TEST(Grind, AStreamOfProfilesWithOneHash) {
  const Input input = random_input(400, 7, 6);
  SmallRunOptions options;
  options.hash_mask = 0;
  options.bucket_quota = 16U << 10;
  options.load_limit = 8U << 10;
  const SmallRunResult result = run_of(input, options);
  EXPECT_GE(result.scratches_of_grind, 1);  // the lines that waited
  expect_same(result, run_of(input));
}

// Hashes that differ in their highest bits only are split again and again.
TEST(Grind, ABucketIsSplitToTheLastBit) {
  const Input input = random_input(200, 6, 6);
  SmallRunOptions options;
  options.hash_mask = std::uint64_t{1} << 63;
  options.bucket_quota = 16U << 10;
  options.load_limit = 4U << 10;
  expect_same(run_of(input, options), run_of(input));
}

TEST(Grind, TinyMemoryAndManyWorkersGiveTheSame) {
  const Input input = random_input(600, 12, 30);
  const SmallRunResult wanted = run_of(input);
  for (const std::size_t workers : {std::size_t{1}, std::size_t{3}}) {
    SmallRunOptions options;
    options.workers = workers;
    expect_same(run_of(input, options), wanted);
    options.bucket_quota = options.load_limit = 8U << 10;
    options.profile_memory = options.sorter_memory = 1U << 10;
    const SmallRunResult tiny = run_of(input, options);
    EXPECT_GT(tiny.scratches_of_grind, 2);
    expect_same(tiny, wanted);
  }
}

TEST(Grind, LinesLeftInTheirFilesGiveTheSame) {
  Input input = random_input(600, 9, 11);
  input.collections.push_back(collection("long", "s", "c", "{\"x\":\"" + std::string(3U << 20, 'x') + "\"}"));
  input.collections.push_back(collection("long", "s", "d"));
  const SmallRunResult wanted = run_of(input);
  for (const std::uint64_t shortest : {0, 150, 1 << 20}) {
    for (const std::uint64_t hash_mask : {~std::uint64_t{0}, std::uint64_t{0}}) {
      SmallRunOptions options;
      options.shortest_line_in_input = shortest;
      options.hash_mask = hash_mask;
      options.workers = 2;
      options.bucket_quota = 32U << 10;
      options.load_limit = 4U << 10;
      expect_same(run_of(input, options), wanted);
    }
  }
}

TEST(Grind, WithoutAnOutputNothingIsWrittenAndAllIsCounted) {
  const Input input = random_input(100, 5, 6);
  SmallRunOptions options;
  options.write = false;
  SmallRunResult result = run_of(input, options);
  SmallRunResult wanted = run_of(input);
  EXPECT_TRUE(result.tree.empty());
  EXPECT_EQ(result.accounting.newlines_written, 0U);
  // But for what only writing counts.
  for (SmallRunResult* run : {&result, &wanted}) {
    run->accounting.newlines_written = run->accounting.bytes_written = 0;
    for (DatasetAccount& account : run->accounting.datasets) account.partitions = 0;
  }
  EXPECT_EQ(result.told(), wanted.told());
}

ProfileCounts sum_of(const std::map<std::string, ProfileCounts>& profiles, const std::string& left_out = "") {
  ProfileCounts sum;
  for (const auto& [key, counts] : profiles) {
    if (left_out.empty() || key != left_out) sum.merge(counts);
  }
  return sum;
}

TEST(Grind, WithoutAProfileTheCountsOfTheOthersAreThoseOfARunWithoutItsLines) {
  const Input input = random_input(600, 12, 30);
  SmallRunOptions options;
  options.keeps_state = true;
  options.workers = 2;
  options.hash_mask = 3;  // profiles share hashes
  const SmallRunResult run = run_of(input, options);
  EXPECT_EQ(run.told(), run_of(input).told());
  for (const std::string profile : {"profile 0", "profile 1", "profile 11"}) {
    Input others = input;
    for (Lines* lines : {&others.collections, &others.predictions}) {
      std::erase_if(*lines,
                    [&](const std::string& line) { return line.find('"' + profile + '"') != std::string::npos; });
    }
    ASSERT_LT(others.collections.size(), input.collections.size());
    std::string key;
    append_profile_key(profile, key);
    ASSERT_TRUE(run.profiles.contains(key));
    EXPECT_EQ(encode(sum_of(run.profiles, key)), encode(sum_of(run_of(others, options).profiles))) << profile;
    EXPECT_NE(encode(sum_of(run.profiles, key)), encode(sum_of(run.profiles)));
  }
}

TEST(Grind, TenTimesTheFindingsAreKeptWithTheirOwners) {
  Input input;
  for (unsigned i = 0; i < 3000; ++i) {
    const std::string profile = "profile " + std::to_string(i % 4);
    input.predictions.push_back(prediction(profile, "s", "m", "7", "1"));  // out of range
    input.predictions.push_back(prediction(profile, "s", "m", "7", "1"));  // and repeated
  }
  input.predictions.emplace_back("no line");
  SmallRunOptions options;
  options.keeps_state = true;
  const Accounting found = run_of(input, options).accounting;
  using validation::checks::Range;
  using validation::checks::RejectedLines;
  using validation::checks::RepeatedLines;
  for (const Check check : {Range::id, RepeatedLines::id}) {
    const std::vector<Culprit> kept = found.of(check).culprits.kept();
    ASSERT_EQ(kept.size(), 1000U);
    EXPECT_EQ(found.of(check).culprits.sorted().size(), most_culprits);
    for (const Culprit& culprit : kept) {
      const std::string& line = input.predictions[culprit.line - 1];
      const storage::Hash128 profile = storage::hash128(line.substr(line.find("profile "), 9));
      EXPECT_EQ(culprit.owner, (Owner{profile.high, profile.low})) << culprit.line;
    }
  }
  EXPECT_EQ(found.of(RejectedLines::id).culprits.kept().at(0).owner, Owner{});
  EXPECT_EQ(run_of(input).accounting.of(Range::id).culprits.kept().size(), most_culprits);
}

}  // namespace
}  // namespace gristmill::tasks
