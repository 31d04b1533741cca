#include "cluster/tasks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "cluster/driver.h"
#include "storage/temporary_folder_testing.h"
#include "tasks/small_run_testing.h"

namespace gristmill::cluster {
namespace {

using testing::collection;
using testing::prediction;
using testing::read_tree;
using testing::TemporaryFolder;
using testing::write_text;

using Tree = std::map<std::string, std::string>;

// Without what names this one run.
Tree comparable(Tree tree) {
  tree.erase("_manifest.json");
  tree.erase("validation/history.jsonl");
  std::string& report = tree["validation/report.json"];
  report.resize(report.rfind("\"run\":"));
  return tree;
}

class ClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    recipe_.collections = {folder_ / "collections"};
    recipe_.predictions = {folder_ / "predictions"};
    recipe_.spill_directory = folder_.path();
    recipe_.threads = 1;
    recipe_.checks[static_cast<std::size_t>(validation::checks::RejectedLines::id)].severity = Severity::warn;
    context_.storage = storage_.get();
    std::string text = "\xEF\xBB\xBF";
    for (int i = 0; i < 3000; ++i) {
      const std::string number = std::to_string(i);
      text += collection("p" + std::to_string(i % 37), "s" + std::to_string(i % 91), "c" + number,
                         R"({"x":1,"text":")" + std::string(1000, 'y') + R"("})");
      text += i % 7 == 0 ? "\r\n" : "\n";
      if (i % 50 == 0) text += "{not json " + number + "\n \n\n";
      if (i == 1500)
        text += collection("p5", "s1", "long", R"({"text":")" + std::string(2'500'000, 'z') + R"("})") + "\n";
    }
    write_text(folder_ / "collections/a.jsonl", text);
    write_text(folder_ / "collections/b.jsonl",
               collection("p1", "only", "c", "") + "\n" + collection("P1", "ONLY", "N/A") + "\n");
    write_text(folder_ / "collections/empty.jsonl", "");
    text.clear();
    for (int i = 0; i < 900; ++i) {
      text += prediction("p" + std::to_string(i % 37), "s" + std::to_string(i % 91),
                         i % 2 == 0 ? "swipe_model" : "keystroke_model", i % 3 == 0 ? "null" : "0." + std::to_string(i),
                         "0.5") +
              "\n";
    }
    write_text(folder_ / "predictions/a.jsonl", text);
  }

  Tree of_native_run() {
    recipe_.output = folder_ / "native";
    const auto outcome = run(recipe_, context_);
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
    return read_tree(recipe_.output);
  }

  // What Spark does with the rows of route: to each partition its own, sorted.
  using Rows = std::vector<RoutedRow>;
  static void sort(Rows& rows) {
    std::sort(rows.begin(), rows.end(), [](const RoutedRow& a, const RoutedRow& b) {
      return std::tie(a.file, a.offset, a.piece) < std::tie(b.file, b.offset, b.piece);
    });
  }

  static std::vector<Rows> routed(Worker& worker) {
    std::vector<Rows> partitions(worker.plan().partitions);
    for (std::uint32_t split = 0; split < worker.splits().size(); ++split) {
      RouteTask task(worker, split);
      for (;;) {
        auto rows = task.next();
        EXPECT_TRUE(rows.ok()) << rows.error().message;
        if (!rows.ok() || rows->empty()) break;
        for (RoutedRow& row : *rows) partitions.at(row.partition).push_back(std::move(row));
      }
    }
    for (Rows& rows : partitions) {
      std::shuffle(rows.begin(), rows.end(), std::mt19937(3));
      sort(rows);
    }
    return partitions;
  }

  static std::string ground(Worker& worker, std::uint32_t partition, const Rows& rows, const std::string& attempt) {
    GrindTask task(worker, partition, attempt);
    for (const RoutedRow& row : rows) EXPECT_TRUE(task.take(row.file, row.offset, row.piece, row.data).ok());
    const auto told = task.finish();
    EXPECT_TRUE(told.ok()) << told.error().message;
    return told.ok() ? to_wire(*told) : std::string();
  }

  static std::vector<std::string> settled(Worker& worker, const std::string& settle_plan) {
    std::vector<std::string> parts;
    const auto plan = from_wire<SettlePlan>(settle_plan);
    EXPECT_TRUE(plan.ok());
    for (std::uint32_t part = 0; part < settle_parts; ++part) {
      // Another attempt that nobody counts.
      EXPECT_TRUE(settle(worker, *plan, static_cast<SettlePart>(part), "settle-" + std::to_string(part) + "-1").ok());
      const auto told = settle(worker, *plan, static_cast<SettlePart>(part), "settle-" + std::to_string(part) + "-2");
      EXPECT_TRUE(told.ok()) << told.error().message;
      if (told.ok()) parts.push_back(to_wire(*told));
    }
    return parts;
  }

  std::unique_ptr<Storage> storage_ = make_local_storage();
  TemporaryFolder folder_;
  Recipe recipe_;
  RunContext context_;
};

TEST_F(ClusterTest, TheSameBytesAsANativeRun) {
  const Tree expected = comparable(of_native_run());
  ASSERT_TRUE(expected.contains("quarantine/collections.jsonl"));
  for (const std::uint32_t partitions : {1U, 5U}) {
    for (const std::uint64_t memory : {std::uint64_t{2} << 20, std::uint64_t{256} << 20}) {
      recipe_.output = folder_ / "cluster";
      recipe_.memory = memory;
      Driver driver(recipe_, context_, false);
      ASSERT_TRUE(driver.begin({2, 1, 1 << 20, partitions, 1'000'000}).ok());
      const auto worker = Worker::create(to_bytes(driver.plan()));
      ASSERT_TRUE(worker.ok());
      ASSERT_GT(driver.splits(), 3U);
      const auto rows = routed(**worker);
      std::vector<std::string> told;
      for (std::uint32_t i = 0; i < partitions; ++i) {
        ground(**worker, i, rows[i], "grind-" + std::to_string(i) + "-1");  // the loser of two
        told.push_back(ground(**worker, i, rows[i], "grind-" + std::to_string(i) + "-2"));
      }
      std::reverse(told.begin(), told.end());
      const Status taken = driver.take_ground(told);
      ASSERT_TRUE(taken.ok()) << taken.error().message;
      const auto outcome = driver.finish(settled(**worker, driver.settle_plan()), {});
      ASSERT_TRUE(outcome.ok()) << outcome.error().message;
      EXPECT_EQ(outcome->end, RunEnd::published);
      const Tree found = comparable(read_tree(recipe_.output));
      for (const auto& [path, text] : expected) {
        ASSERT_TRUE(found.contains(path)) << path;
        EXPECT_TRUE(found.at(path) == text) << path;
      }
      EXPECT_EQ(found.size(), expected.size());
      EXPECT_TRUE(publish::verify(*storage_, recipe_.output).value().differences == 0);
    }
  }
}

TEST_F(ClusterTest, PartsHoldTheSameRows) {
  const Tree expected = of_native_run();
  recipe_.output = folder_ / "cluster";
  Driver driver(recipe_, context_, false);
  ASSERT_TRUE(driver.begin({2, 1, 0, 3, 100}).ok());
  const auto worker = Worker::create(to_bytes(driver.plan()));
  ASSERT_TRUE(worker.ok());
  const auto rows = routed(**worker);
  std::vector<std::string> told;
  for (std::uint32_t i = 0; i < 3; ++i) told.push_back(ground(**worker, i, rows[i], "grind-" + std::to_string(i)));
  ASSERT_TRUE(driver.take_ground(told).ok());
  ASSERT_TRUE(driver.finish(settled(**worker, driver.settle_plan()), {}).ok());
  const Tree found = read_tree(recipe_.output);
  std::string joined;
  int parts = 0;
  for (const auto& [path, text] : found) {
    if (!path.starts_with("aggregated-json/")) continue;
    joined += text;
    ++parts;
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 100);
  }
  EXPECT_GT(parts, 3);
  EXPECT_EQ(joined, expected.at("aggregated-json/part-00000.json"));
  EXPECT_EQ(found.at("aggregated-result/data.parquet"), expected.at("aggregated-result/data.parquet"));
}

TEST_F(ClusterTest, ResultsThatAreMissingOrTwiceThereAreRefused) {
  recipe_.output = folder_ / "cluster";
  Driver driver(recipe_, context_, false);
  ASSERT_TRUE(driver.begin({2, 1, 0, 2, 100}).ok());
  const auto worker = Worker::create(to_bytes(driver.plan()));
  ASSERT_TRUE(worker.ok());
  const auto rows = routed(**worker);
  const std::string first = ground(**worker, 0, rows[0], "grind-0");
  const Status missing = driver.take_ground({first});
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("partition 1 twice, or not at all"), std::string::npos)
      << missing.error().message;
  Driver again(recipe_, context_, false);
  EXPECT_FALSE(again.begin({2, 1, 0, 2, 100}).ok()) << "two runs on one output";
}

TEST_F(ClusterTest, RowsOutOfOrderAreNoticed) {
  recipe_.output = folder_ / "cluster";
  Driver driver(recipe_, context_, false);
  ASSERT_TRUE(driver.begin({2, 1, 0, 1, 100}).ok());
  const auto worker = Worker::create(to_bytes(driver.plan()));
  ASSERT_TRUE(worker.ok());
  GrindTask task(**worker, 0, "grind-0");
  EXPECT_FALSE(task.take(0, 0, 1, "second piece").ok());
}

TEST_F(ClusterTest, AnInputThatChangedMeanwhileEndsTheRun) {
  recipe_.output = folder_ / "cluster";
  {
    Driver driver(recipe_, context_, false);
    ASSERT_TRUE(driver.begin({2, 1, 0, 1, 100}).ok());
    const auto worker = Worker::create(to_bytes(driver.plan()));
    ASSERT_TRUE(worker.ok());
    const auto rows = routed(**worker);
    const std::string told = ground(**worker, 0, rows[0], "grind-0");
    write_text(folder_ / "collections/b.jsonl", collection("p1", "another", "c", "") + "\n");
    const Status taken = driver.take_ground({told});
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().kind, ErrorKind::input);
  }
  EXPECT_FALSE(storage_->stat(recipe_.output).value().has_value());
  EXPECT_TRUE(storage_->list(folder_.path()).value().size() == 2) << "only the inputs are left";
}

TEST_F(ClusterTest, ASplitSizeOfNoWholeMiBIsRefused) {
  recipe_.output = folder_ / "cluster";
  Driver driver(recipe_, context_, false);
  const Status refused = driver.begin({2, 1, 1000, 1, 100});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace gristmill::cluster
