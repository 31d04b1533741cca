#include "cluster/plan.h"

#include <gtest/gtest.h>

#include "cluster/messages.h"
#include "gristmill/run.h"
#include "recipe/settings.h"
#include "source/line_source.h"
#include "validate/accounting_testing.h"
#include "validate/all_checks.h"

namespace gristmill::cluster {
namespace {

source::InputFile file(std::uint64_t size, source::Compression compression = source::Compression::none) {
  source::InputFile file{Dataset::collections, "/in/a", "a", size, 0, compression};
  file.contents = source::Contents{compression, Framing::lines};
  return file;
}

std::string told(const std::vector<Split>& splits) {
  std::string text;
  for (const Split& split : splits) {
    for (const Unit& unit : split) {
      text += std::to_string(unit.file) + "." + std::to_string(unit.number) + ":" + std::to_string(unit.begin / 1000) +
              "-" + std::to_string(unit.end / 1000) + " ";
    }
    text += "| ";
  }
  return text;
}

TEST(Splits, CutLargeFilesAndGatherSmallOnes) {
  const std::uint64_t mib = 1'048'576;
  EXPECT_EQ(told(make_splits({}, mib)), "");
  EXPECT_EQ(told(make_splits({file(0)}, mib)), "");
  EXPECT_EQ(told(make_splits({file(1)}, mib)), "0.0:0-0 | ");
  EXPECT_EQ(told(make_splits({file(mib), file(mib)}, mib)), "0.0:0-1048 | 1.0:0-1048 | ");
  EXPECT_EQ(told(make_splits({file(3 * mib - 576)}, mib)), "0.0:0-1048 | 0.1:1048-2097 | 0.2:2097-3145 | ");
  EXPECT_EQ(told(make_splits({file(400'000), file(0), file(600'000), file(700'000), file(5000)}, mib)),
            "0.0:0-400 2.0:0-600 3.0:0-700 | 4.0:0-5 | ");
  // A compressed file is not cut, and an empty one is read all the same: it may be no such file.
  EXPECT_EQ(told(make_splits({file(5 * mib, source::Compression::gzip), file(0, source::Compression::zstandard)}, mib)),
            "0.0:0-5242 | 1.0:0-0 | ");
}

TEST(Splits, AreChosenByTheClustersSize) {
  const std::uint64_t gib = 1ULL << 30;
  EXPECT_EQ(choose_split_size({file(10)}, 4), 1U << 20);
  EXPECT_EQ(choose_split_size({file(gib)}, 4) % source::chunk_size, 0U);
  EXPECT_NEAR(static_cast<double>(choose_split_size({file(gib)}, 4)), static_cast<double>(gib) / 12, 1 << 20);
  EXPECT_EQ(choose_split_size({file(1000 * gib)}, 4), 128U << 20);
  EXPECT_EQ(choose_partitions({file(10)}, 4), 4U);
  EXPECT_EQ(choose_partitions({file(gib)}, 4), 12U);
  EXPECT_EQ(choose_partitions({file(1000 * gib)}, 300), 8100U);
  EXPECT_EQ(choose_partitions({file(gib)}, 0), 9U);
}

TEST(Plan, ArrivesAsItWas) {
  Plan plan;
  plan.version = version();
  plan.recipe.aliases[2] = {"forecast"};
  plan.recipe.carry = {"device", ""};
  plan.recipe.checks[4].fail_above = 2.5;
  plan.recipe.memory = 77;
  plan.recipe.sessions = SessionScope::all;
  plan.s3.endpoint = "http://127.0.0.1:1";
  plan.s3.encryption = S3Encryption::kms;
  plan.environment = {{"AWS_REGION", "eu-central-1"}};
  plan.keys = AccessKeys{"a", "b", ""};
  plan.files = {file(7, source::Compression::gzip)};
  plan.files[0].etag = "\"x\"";
  plan.split_size = 1 << 20;
  plan.partitions = 3;
  plan.own_folders = true;
  const std::string bytes = to_bytes(plan);
  const auto again = plan_from_bytes(bytes);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(to_bytes(*again), bytes);
  EXPECT_EQ(canonical_meaning(again->recipe), canonical_meaning(plan.recipe));
  EXPECT_EQ(again->s3, plan.s3);
  EXPECT_EQ(again->keys->secret_key, "b");
  EXPECT_EQ(again->files[0].etag, "\"x\"");
  EXPECT_TRUE(again->own_folders);
  for (std::size_t i = 0; i < bytes.size(); i += 7) EXPECT_FALSE(plan_from_bytes(bytes.substr(0, i)).ok()) << i;
}

TEST(Plan, OfAnotherVersionIsRefused) {
  Plan plan;
  plan.version = "0.0.7";
  const auto refused = plan_from_bytes(to_bytes(plan));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "the driver has gristmill 0.0.7, an executor " + version());
}

TEST(Messages, AnAccountingArrivesAsItWas) {
  Accounting accounting;
  accounting.files.resize(9);
  accounting.files[3] = {5, 1, 2};
  DatasetAccount& account = accounting.of(Dataset::predictions);
  account.rows = 12;
  accounting.of(validation::checks::MissingIds::id).count(Dataset::predictions, 2) = 4;
  accounting.of(validation::checks::DuplicateIds::id).sessions = {{"s", Dataset::predictions, 2, 5, {3, 1}, 7}};
  account.repairs[2] = 1;
  account.repair_examples[2].add({3, 77}, 8, "the line");
  account.fields_not_carried.add("zebra", 3);
  account.fields_not_carried.add(std::string(3000, 'x'));
  for (int i = 0; i < 1200; ++i) account.fields_not_carried.add("name " + std::to_string(i));
  for (std::uint64_t i = 0; i < 150; ++i)
    accounting.of(validation::checks::Range::id).culprits.add({3, i}, i, "score 7");
  accounting.bytes_ground = 99;
  const auto again = from_wire<Accounting>(to_wire(accounting));
  ASSERT_TRUE(again.ok());
  accounting.files.resize(4);  // what follows has no line
  EXPECT_EQ(testing::told(*again), testing::told(accounting));
  EXPECT_FALSE(from_wire<Accounting>(to_wire(accounting) + "x").ok());
}

}  // namespace
}  // namespace gristmill::cluster
