// What publishing promises when nobody dies (for that see publication_kill_test.cc), in both ways.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "publish/publication_testing.h"
#include "publish/publish.h"
#include "publish/staged_run.h"
#include "storage/faulty.h"
#include "storage/forwarding_storage_testing.h"

namespace gristmill::publish {
namespace {

using testing::Files;
using testing::holds;
using testing::publish;
using testing::published_files;
using testing::read_text;
using testing::read_tree;
using testing::stage;
using testing::TemporaryFolder;
using testing::why;
using testing::write_text;

const Files first = {{"labels/profile-id=a/collections.jsonl", "a1"},
                     {"labels/profile-id=b/collections.jsonl", "b1"},
                     {"predictions/profile-id=a/predictions.jsonl", "p1"},
                     {"validation/report.json", "r1"}};
const Files second = {{"labels/profile-id=a/collections.jsonl", "a2"},
                      {"predictions/profile-id=c/predictions.jsonl", "p2"},
                      {"validation/report.json", "r1"}};

class PublicationTest : public ::testing::TestWithParam<PublishWay> {
 protected:
  Result<Publication> begin(const std::string& run_id) {
    return Publication::begin(*storage_, out_, {run_id, false, GetParam()});
  }
  Result<Published> publish_files(const std::string& run_id, const Files& files) {
    return publish(*storage_, out_, run_id, files, GetParam());
  }
  // The parent holds the output and nothing else, and that is exactly these files.
  void expect_only(const Files& files) {
    EXPECT_TRUE(holds(*storage_, out_, files));
    EXPECT_EQ(read_tree(out_).size(), files.size() + 2);
    EXPECT_EQ(storage_->list(folder_.path())->size(), 1U);
  }

  TemporaryFolder folder_;
  std::string out_ = folder_ / "out";
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

INSTANTIATE_TEST_SUITE_P(Ways, PublicationTest, ::testing::Values(PublishWay::exchange, PublishWay::journal),
                         [](const auto& way) { return std::string(name_of(way.param)); });

TEST_P(PublicationTest, FirstThenReplacedByOneWithOtherPartitions) {
  auto published = publish_files("20250101T000001Z-00000001", first);
  ASSERT_TRUE(published.ok()) << why(published);
  EXPECT_EQ(published->way, GetParam());
  EXPECT_TRUE(published->notes.empty());
  expect_only(first);
  published = publish_files("20250101T000002Z-00000002", second);
  ASSERT_TRUE(published.ok()) << why(published);
  EXPECT_TRUE(published->notes.empty());
  expect_only(second);
  EXPECT_EQ(inspect_root(*storage_, out_)->run_id, "20250101T000002Z-00000002");
}

TEST_P(PublicationTest, IntoAnEmptyFolderAndIntoFoldersThatAreMissing) {
  std::filesystem::create_directory(out_);
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  expect_only(first);
  std::filesystem::remove_all(out_);
  out_ = folder_ / "x/y/out";
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  EXPECT_TRUE(holds(*storage_, out_, first));
}

TEST_P(PublicationTest, AnOutputMayHaveNoFiles) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  ASSERT_TRUE(publish_files("20250101T000002Z-00000002", {}).ok());
  expect_only({});
}

TEST_P(PublicationTest, DurablyToo) {
  std::shared_ptr<storage::FaultLog> log;
  auto watched = storage::make_faulty_storage(*storage_, {}, &log);
  ASSERT_TRUE(publish(*watched, out_, "20250101T000001Z-00000001", first, GetParam(), true).ok());
  auto published = publish(*watched, out_, "20250101T000002Z-00000002", second, GetParam(), true);
  ASSERT_TRUE(published.ok()) << why(published);
  expect_only(second);
  // What is staged reaches the disk before the move, and the move before anything of the old is removed.
  const std::vector<std::string> operations = log->operations();
  const auto last = [&](const std::string& start) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (operations[i].starts_with(start)) found = i;
    }
    EXPECT_GT(found, 0U) << start;
    return found;
  };
  if (GetParam() == PublishWay::exchange) {
    const std::size_t exchange = last("exchange");
    EXPECT_LT(last("sync-all"), exchange);
    EXPECT_GT(last("sync-all"), last("rename-new " + folder_.path()));
    EXPECT_GT(last("sync-folder " + folder_.path()), exchange);
    EXPECT_LT(last("sync-folder"), last("remove " + folder_.path()));
  } else {
    EXPECT_LT(last("close-durably"), last("rename-new " + out_ + "/_staging/COMMIT"));
    EXPECT_GT(last("sync-all"), last("rename " + out_ + "/_staging/20250101T000002Z-00000002/_SUCCESS"));
    EXPECT_LT(last("sync-all"), last("remove " + out_ + "/_staging/COMMIT"));
  }
}

TEST_P(PublicationTest, AbandonedOrDroppedLeavesNothing) {
  for (const bool replaces : {false, true}) {
    if (replaces) {
      ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
    }
    {
      auto publication = begin("20250101T000002Z-00000002");
      ASSERT_TRUE(publication.ok()) << why(publication);
      ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000002Z-00000002", second).ok());
      EXPECT_TRUE(publication->abandon().ok());
      EXPECT_FALSE(publication->commit().ok());
    }
    {
      auto publication = begin("20250101T000003Z-00000003");
      ASSERT_TRUE(publication.ok()) << why(publication);
      write_text(publication->staging_root() + "/labels/half", "x");
    }
    if (replaces) {
      expect_only(first);
    } else {
      EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
    }
  }
  const std::string deep = folder_ / "not/yet/there";
  ASSERT_TRUE(Publication::begin(*storage_, deep, {"20250101T000004Z-00000004", false, GetParam()}).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "not"));
}

TEST_P(PublicationTest, InterruptedAtAnyQuestionPublishesNothing) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  int questions = 0;
  for (int stop_at = 1;; ++stop_at) {
    auto publication = begin("s" + std::to_string(stop_at));
    ASSERT_TRUE(publication.ok()) << why(publication);
    ASSERT_TRUE(stage(*storage_, publication->staging_root(), "s" + std::to_string(stop_at), second).ok());
    questions = 0;
    auto published = publication->commit([&] { return ++questions == stop_at; });
    if (published.ok()) break;
    EXPECT_EQ(published.error().kind, ErrorKind::interrupted);
    EXPECT_TRUE(publication->abandon().ok());
    expect_only(first);
  }
  EXPECT_GE(questions, 2);
  expect_only(second);
}

TEST_P(PublicationTest, KeptAfterAFailedValidationUntilItIsPublished) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  auto publication = begin("20250101T000002Z-00000002");
  ASSERT_TRUE(publication.ok());
  ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000002Z-00000002", second).ok());
  const auto kept = publication->keep_staged();
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(read_text(*kept + "/validation/report.json"), "r1");
  EXPECT_TRUE(holds(*storage_, out_, first));
  const auto plan = plan_publication(*storage_, out_);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->kept_run, "20250101T000002Z-00000002");
  const auto recovered = recover(*storage_, out_);
  ASSERT_TRUE(recovered.ok());
  EXPECT_TRUE(recovered->empty());
  const auto interrupted = publish_staged(*storage_, out_, false, [] { return true; });
  ASSERT_FALSE(interrupted.ok());
  EXPECT_EQ(interrupted.error().kind, ErrorKind::interrupted);
  auto published = publish_staged(*storage_, out_);
  ASSERT_TRUE(published.ok()) << why(published);
  EXPECT_EQ(published->way, GetParam());
  expect_only(second);
  const auto again = publish_staged(*storage_, out_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::usage);
}

TEST_P(PublicationTest, KeptUntilTheNextRun) {
  auto publication = begin("20250101T000001Z-00000001");
  ASSERT_TRUE(publication.ok());
  ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000001Z-00000001", first).ok());
  ASSERT_TRUE(publication->keep_staged().ok());
  for (const PublishWay way : {PublishWay::exchange, PublishWay::journal}) {
    auto next = Publication::begin(*storage_, out_, {"20250101T000002Z-00000002", false, way});
    ASSERT_TRUE(next.ok()) << why(next);
    EXPECT_EQ(next->notes().empty(), way == PublishWay::journal);
  }
  EXPECT_FALSE(publish_staged(*storage_, out_).ok());
  // The first run had to make the root to stage within it; for the later ones it was there.
  EXPECT_EQ(read_tree(folder_.path()), GetParam() == PublishWay::journal ? Files({{"out/", ""}}) : Files());
}

TEST_P(PublicationTest, ARefusedRunLeavesAKeptOutput) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  {
    auto publication = begin("20250101T000002Z-00000002");
    ASSERT_TRUE(publication.ok());
    ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000002Z-00000002", second).ok());
    ASSERT_TRUE(publication->keep_staged().ok());
  }
  write_text(out_ + "/notes.txt", "mine");
  EXPECT_FALSE(begin("20250101T000003Z-00000003").ok());
  std::filesystem::remove(out_ + "/notes.txt");
  auto published = publish_staged(*storage_, out_);
  ASSERT_TRUE(published.ok()) << why(published);
  expect_only(second);
}

TEST_P(PublicationTest, AKeptOutputThatWasChangedIsNotPublished) {
  auto publication = begin("20250101T000001Z-00000001");
  ASSERT_TRUE(publication.ok());
  ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000001Z-00000001", first).ok());
  const auto kept = publication->keep_staged();
  ASSERT_TRUE(kept.ok());
  write_text(*kept + "/labels/profile-id=a/collections.jsonl", "longer than before");
  EXPECT_FALSE(publish_staged(*storage_, out_).ok());
  EXPECT_FALSE(std::filesystem::exists(out_ + "/_SUCCESS"));
}

TEST_P(PublicationTest, StagedFilesMustBeThoseOfTheManifest) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  const std::vector<std::pair<std::string, std::function<void(const std::string&)>>> damages = {
      {"missing", [](const std::string& root) { std::filesystem::remove(root + "/validation/report.json"); }},
      {"not in the manifest", [](const std::string& root) { write_text(root + "/labels/more", ""); }},
      {"another size", [](const std::string& root) { write_text(root + "/validation/report.json", "longer"); }},
      {"has no _SUCCESS", [](const std::string& root) { std::filesystem::remove(root + "/_SUCCESS"); }},
  };
  for (const auto& [message, damage] : damages) {
    auto publication = begin("20250101T000002Z-00000002");
    ASSERT_TRUE(publication.ok()) << why(publication);
    ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000002Z-00000002", second).ok());
    damage(publication->staging_root());
    auto published = publication->commit();
    ASSERT_FALSE(published.ok());
    EXPECT_EQ(published.error().kind, ErrorKind::internal);
    EXPECT_NE(published.error().message.find(message), std::string::npos) << published.error().message;
  }
  auto publication = begin("20250101T000002Z-00000002");
  ASSERT_TRUE(publication.ok());
  ASSERT_TRUE(stage(*storage_, publication->staging_root(), "another", second).ok());
  EXPECT_FALSE(publication->commit().ok());
  EXPECT_TRUE(publication->abandon().ok());
  expect_only(first);
}

TEST_P(PublicationTest, ARootWithOtherFilesIsRefusedByName) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  write_text(out_ + "/labels/notes.txt", "mine");
  std::filesystem::create_symlink("/etc", out_ + "/link");
  auto publication = begin("20250101T000002Z-00000002");
  ASSERT_FALSE(publication.ok());
  EXPECT_EQ(publication.error().kind, ErrorKind::output);
  EXPECT_NE(publication.error().message.find("2 files ('labels/notes.txt', 'link')"), std::string::npos)
      << publication.error().message;
  std::filesystem::remove(out_ + "/link");
  std::filesystem::remove(out_ + "/labels/notes.txt");
  std::filesystem::remove(out_ + "/validation/report.json");  // less than listed is fine
  std::filesystem::create_directories(out_ + "/predictions/profile-id=c/predictions.jsonl");  // in the way, but empty
  ASSERT_TRUE(publish_files("20250101T000002Z-00000002", second).ok());
  expect_only(second);
}

TEST_P(PublicationTest, ARootWithoutAManifestIsRefusedUnlessEmpty) {
  for (int i = 0; i < 30; ++i) write_text(out_ + "/data/" + std::to_string(i), "");
  auto publication = begin("20250101T000001Z-00000001");
  ASSERT_FALSE(publication.ok());
  EXPECT_EQ(publication.error().kind, ErrorKind::output);
  EXPECT_NE(publication.error().message.find("more than 10 files ("), std::string::npos) << publication.error().message;
  EXPECT_FALSE(publication.error().advice.empty());
  std::filesystem::remove_all(out_);
  write_text(out_ + "/_SUCCESS", "");  // another program's
  EXPECT_FALSE(begin("20250101T000001Z-00000001").ok());
  std::filesystem::remove_all(out_);
  write_text(out_, "a file");
  publication = begin("20250101T000001Z-00000001");
  ASSERT_FALSE(publication.ok());
  EXPECT_NE(publication.error().message.find("is a file"), std::string::npos);
  EXPECT_EQ(read_tree(folder_.path()), (Files{{"out", "a file"}}));
}

TEST_P(PublicationTest, ABrokenManifestIsRefused) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  const std::string whole = read_text(out_ + "/_manifest.json");
  write_text(out_ + "/_manifest.json", whole.substr(0, whole.size() / 2));
  auto publication = begin("20250101T000002Z-00000002");
  ASSERT_FALSE(publication.ok());
  EXPECT_EQ(publication.error().kind, ErrorKind::output);
  EXPECT_NE(publication.error().message.find("is broken"), std::string::npos);
  EXPECT_FALSE(publication.error().advice.empty());
  EXPECT_EQ(published_files(out_), first);
}

TEST_P(PublicationTest, FilesThatComeDuringTheRunKeepItFromPublishing) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  {
    auto publication = begin("20250101T000002Z-00000002");
    ASSERT_TRUE(publication.ok());
    ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000002Z-00000002", second).ok());
    write_text(out_ + "/notes.txt", "mine");
    auto published = publication->commit();
    ASSERT_FALSE(published.ok());
    EXPECT_EQ(published.error().kind, ErrorKind::output);
    EXPECT_NE(published.error().message.find("notes.txt"), std::string::npos);
    EXPECT_NE(published.error().advice.find("gristmill publish"), std::string::npos) << published.error().advice;
  }
  std::filesystem::remove(out_ + "/notes.txt");
  EXPECT_TRUE(holds(*storage_, out_, first));
  auto published = publish_staged(*storage_, out_);
  ASSERT_TRUE(published.ok()) << why(published);
  expect_only(second);
}

TEST_P(PublicationTest, TheSecondOfTwoRunsIsRefusedWhateverItsWay) {
  for (const bool replaces : {false, true}) {
    if (replaces) {
      ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
    }
    auto live = begin("20250101T000002Z-00000002");
    ASSERT_TRUE(live.ok()) << why(live);
    for (const PublishWay way : {PublishWay::exchange, PublishWay::journal}) {
      auto refused = Publication::begin(*storage_, out_, {"20250101T000003Z-00000003", false, way});
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().kind, ErrorKind::output);
      EXPECT_NE(refused.error().message.find("another run"), std::string::npos);
    }
    EXPECT_FALSE(recover(*storage_, out_).ok());
    EXPECT_FALSE(publish_staged(*storage_, out_).ok());
    const auto plan = plan_publication(*storage_, out_);
    EXPECT_TRUE(plan.ok() && plan->busy);
    ASSERT_TRUE(stage(*storage_, live->staging_root(), "20250101T000002Z-00000002", second).ok());
    auto published = live->commit();
    ASSERT_TRUE(published.ok()) << why(published);
    expect_only(second);
    std::filesystem::remove_all(out_);
  }
}

TEST_P(PublicationTest, RunsThatRaceAllEndWhole) {
  std::vector<std::thread> threads;
  std::atomic<int> successes = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const auto way = (t + i) % 2 == 0 ? PublishWay::exchange : PublishWay::journal;
        const std::string run_id = "r" + std::to_string(t) + "-" + std::to_string(i);
        auto published = publish(*storage_, out_, run_id, i % 2 == 0 ? first : second, way);
        if (published.ok()) ++successes;
        if (!published.ok()) {
          EXPECT_NE(published.error().message.find("another run"), std::string::npos) << why(published);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GT(successes, 0);
  ASSERT_TRUE(publish_files("last", first).ok());
  expect_only(first);
}

TEST_P(PublicationTest, ASymlinkedRootStaysASymlink) {
  std::filesystem::create_directory(folder_ / "real");
  std::filesystem::create_directory_symlink("real/deep/target", out_);
  for (const Files& files : {first, second}) {
    auto published = publish_files("20250101T000001Z-00000001", files);
    ASSERT_TRUE(published.ok()) << why(published);
    EXPECT_TRUE(std::filesystem::is_symlink(out_));
    EXPECT_TRUE(holds(*storage_, folder_ / "real/deep/target", files));
    EXPECT_EQ(storage_->list(folder_ / "real/deep")->size(), 1U);
    EXPECT_EQ(storage_->list(folder_.path())->size(), 2U);
  }
}

TEST_P(PublicationTest, TheRootKeepsItsMode) {
  std::filesystem::create_directory(out_);
  ASSERT_EQ(::chmod(out_.c_str(), 02751), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(out_.c_str(), 4242, 4343), 0);
    ASSERT_EQ(::chmod(out_.c_str(), 02751), 0);
  }
  for (const Files& files : {first, second}) {
    ASSERT_TRUE(publish_files("20250101T000001Z-00000001", files).ok());
    struct stat found;
    ASSERT_EQ(::stat(out_.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 02751U);
    if (::geteuid() == 0) {
      EXPECT_EQ(found.st_uid, 4242U);
      EXPECT_EQ(found.st_gid, 4343U);
      ASSERT_EQ(::stat((out_ + "/labels/profile-id=a").c_str(), &found), 0);
      EXPECT_EQ(found.st_gid, 4343U);  // inherited, as if written into the root
    }
  }
}

TEST_P(PublicationTest, ALockThatWasRemovedIsNoticed) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  auto publication = begin("20250101T000002Z-00000002");
  ASSERT_TRUE(publication.ok());
  ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000002Z-00000002", second).ok());
  const bool exchange = GetParam() == PublishWay::exchange;
  std::filesystem::remove(exchange ? folder_ / ".out.gristmill/lock" : out_ + "/_staging/lock");
  auto published = publication->commit();
  ASSERT_FALSE(published.ok());
  EXPECT_NE(published.error().message.find("lock"), std::string::npos);
  EXPECT_TRUE(holds(*storage_, out_, first));
}

TEST_P(PublicationTest, TheRootMayDisappearDuringTheRun) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  auto publication = begin("20250101T000002Z-00000002");
  ASSERT_TRUE(publication.ok());
  ASSERT_TRUE(stage(*storage_, publication->staging_root(), "20250101T000002Z-00000002", second).ok());
  std::filesystem::remove_all(out_);
  auto published = publication->commit();
  if (GetParam() == PublishWay::exchange) {
    ASSERT_TRUE(published.ok()) << why(published);
    expect_only(second);
  } else {
    EXPECT_FALSE(published.ok());  // what was staged has gone with it
  }
}

TEST_P(PublicationTest, ABrokenRecordIsNotGuessedAt) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  const std::string area = GetParam() == PublishWay::exchange ? folder_ / ".out.gristmill" : out_ + "/_staging";
  write_text(area + "/COMMIT", "{\"run_id\":\"r");
  write_text(area + "/20250101T000000Z-00000000/file", "x");
  auto recovered = recover(*storage_, out_);
  ASSERT_FALSE(recovered.ok());
  EXPECT_EQ(recovered.error().kind, ErrorKind::output);
  EXPECT_NE(recovered.error().message.find("COMMIT' is broken"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(area + "/20250101T000000Z-00000000/file"));
}

TEST_P(PublicationTest, OutlookTellsTheWayAndChangesNothing) {
  const std::string deep = folder_ / "a/b/out";
  auto plan = plan_publication(*storage_, deep);
  ASSERT_TRUE(plan.ok()) << why(plan);
  EXPECT_EQ(plan->way, PublishWay::exchange) << plan->way_reason;
  EXPECT_EQ(plan->found.state, RootState::absent);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  const Files before = read_tree(folder_.path());
  plan = plan_publication(*storage_, out_);
  ASSERT_TRUE(plan.ok()) << why(plan);
  EXPECT_EQ(plan->found.state, RootState::published);
  EXPECT_EQ(plan->found.files, first.size());
  EXPECT_EQ(plan->found.bytes, 8U);
  EXPECT_FALSE(plan->busy);
  EXPECT_EQ(read_tree(folder_.path()), before);
  write_text(out_ + "/notes", "");
  EXPECT_FALSE(plan_publication(*storage_, out_).ok());
}

TEST_P(PublicationTest, WhatOthersPutIntoTheStagingStays) {
  ASSERT_TRUE(publish_files("20250101T000001Z-00000001", first).ok());
  const std::string area = GetParam() == PublishWay::exchange ? folder_ / ".out.gristmill" : out_ + "/_staging";
  for (const char* name : {"notes.txt", "mine/x", "2025/x", "20250101T000001Z", "COMMIT.old"}) {
    write_text(area + "/" + name, "precious");
    const auto recovered = recover(*storage_, out_);
    ASSERT_FALSE(recovered.ok()) << name;
    EXPECT_NE(recovered.error().message.find("did not write"), std::string::npos) << recovered.error().message;
    EXPECT_FALSE(publish_files("20250101T000002Z-00000002", second).ok());
    EXPECT_EQ(read_tree(area)[name], "precious");
    std::filesystem::remove_all(area);
  }
  EXPECT_TRUE(holds(*storage_, out_, first));
}

TEST_P(PublicationTest, NoOutputLiesInAStaging) {
  for (const std::string& output : {out_ + "/_staging", out_ + "/_staging/y", folder_ / ".out.gristmill/y"}) {
    auto refused = Publication::begin(*storage_, output, {"20250101T000001Z-00000001", false, {}});
    ASSERT_FALSE(refused.ok()) << output;
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_FALSE(std::filesystem::exists(output));
  }
}

TEST_P(PublicationTest, RunIdsThatAreNoNamesAreRefused) {
  for (const char* run_id : {"", ".", "..", "a/b", "lock", "COMMIT", "KEPT", ".hidden", "a b"}) {
    EXPECT_FALSE(begin(run_id).ok()) << run_id;
  }
  EXPECT_EQ(Publication::begin(*storage_, "/", {"20250101T000001Z-00000001", false, {}}).error().kind,
            ErrorKind::usage);
  EXPECT_EQ(Publication::begin(*storage_, "", {"20250101T000001Z-00000001", false, {}}).error().kind, ErrorKind::usage);
}

// A storage whose renames are copies, as S3's are.
TEST(JournalTest, UnchangedFilesAreNotMovedWhereMovingCopies) {
  class Copying final : public testing::ForwardingStorage {
   public:
    using ForwardingStorage::ForwardingStorage;
    StorageTraits traits(const std::string&) const override {
      return {.exchanges_folders = true, .rename_copies = true};
    }
    Status rename(const std::string& from, const std::string& to) override {
      moved.push_back(to);
      return ForwardingStorage::rename(from, to);
    }
    std::vector<std::string> moved;
  };
  TemporaryFolder folder;
  const std::string out = folder / "out";
  auto local = make_local_storage();
  Copying copying(*local);
  ASSERT_TRUE(publish(copying, out, "20250101T000001Z-00000001", first, PublishWay::journal).ok());
  copying.moved.clear();
  ASSERT_TRUE(publish(copying, out, "20250101T000002Z-00000002", second, PublishWay::journal).ok());
  EXPECT_TRUE(holds(*local, out, second));
  const auto was_moved = [&](const std::string& path) {
    return std::find(copying.moved.begin(), copying.moved.end(), path) != copying.moved.end();
  };
  EXPECT_FALSE(was_moved(out + "/validation/report.json"));
  EXPECT_TRUE(was_moved(out + "/labels/profile-id=a/collections.jsonl"));
  // Where the root is not as its manifest says, everything is moved.
  std::filesystem::remove(out + "/validation/report.json");
  ASSERT_TRUE(publish(copying, out, "20250101T000003Z-00000003", second, PublishWay::journal).ok());
  EXPECT_TRUE(was_moved(out + "/validation/report.json"));
  EXPECT_TRUE(holds(*local, out, second));
}

// As a writer leaves it that slept while another one published, where nothing refuses what it writes then.
TEST(JournalTest, ACommitThatCameTooLateIsDropped) {
  TemporaryFolder folder;
  const std::string out = folder / "out";
  auto storage = make_local_storage();
  ASSERT_TRUE(publish(*storage, out, "20250101T000001Z-00000001", {{"a", "1"}}, PublishWay::journal).ok());
  for (const bool success_is_there : {true, false}) {
    ASSERT_TRUE(
        publish(*storage, out, "20250101T000002Z-00000002", {{"a", "22"}, {"b", "3"}}, PublishWay::journal).ok());
    if (!success_is_there) std::filesystem::remove(out + "/_SUCCESS");
    ASSERT_TRUE(stage(*storage, out + "/_staging/20250101T000009Z-00000009", "20250101T000009Z-00000009",
                      {{"a", "20250101T000009Z-00000009"}})
                    .ok());
    ASSERT_TRUE(
        write_staged_run(*storage, out + "/_staging/COMMIT",
                         {"20250101T000009Z-00000009", testing::checksum_of("late's"), testing::checksum_of("first's")},
                         false)
            .ok());
    const auto recovered = recover(*storage, out);
    ASSERT_TRUE(recovered.ok()) << why(recovered);
    EXPECT_NE(recovered->front().find("another run had published"), std::string::npos);
    EXPECT_TRUE(holds(*storage, out, {{"a", "22"}, {"b", "3"}}));
    EXPECT_FALSE(std::filesystem::exists(out + "/_staging"));
  }
}

// Where what is published is not whole, it may be half of what COMMIT names.
TEST(JournalTest, AnUnknownManifestBesideACommitIsNotGuessedAt) {
  TemporaryFolder folder;
  const std::string out = folder / "out";
  auto storage = make_local_storage();
  ASSERT_TRUE(publish(*storage, out, "20250101T000002Z-00000002", {{"a", "22"}, {"b", "3"}}, PublishWay::journal).ok());
  std::filesystem::remove(out + "/_SUCCESS");
  std::filesystem::remove(out + "/b");
  ASSERT_TRUE(stage(*storage, out + "/_staging/20250101T000009Z-00000009", "20250101T000009Z-00000009",
                    {{"a", "20250101T000009Z-00000009"}})
                  .ok());
  ASSERT_TRUE(write_staged_run(
                  *storage, out + "/_staging/COMMIT",
                  {"20250101T000009Z-00000009", testing::checksum_of("late's"), testing::checksum_of("first's")}, false)
                  .ok());
  const auto recovered = recover(*storage, out);
  ASSERT_FALSE(recovered.ok());
  EXPECT_NE(recovered.error().message.find("its manifest was changed since"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(out + "/_staging/20250101T000009Z-00000009/a"));
}

// As S3 is: an output whose manifest is large is listed once, before the point of no return, a small one thrice.
TEST(JournalTest, ALargeOutputFarAwayIsListedOnce) {
  class FarAway final : public testing::ForwardingStorage {
   public:
    explicit FarAway(Storage& inner, std::string root) : ForwardingStorage(inner), root_(std::move(root)) {}
    StorageTraits traits(const std::string&) const override {
      return {.exchanges_folders = false, .rename_copies = true};
    }
    Status walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) override {
      walks += folder == root_ ? 1 : 0;
      return ForwardingStorage::walk(folder, visit, skip);
    }
    int walks = 0;

   private:
    std::string root_;
  };
  TemporaryFolder folder;
  const std::string out = folder / "out";
  auto local = make_local_storage();
  ASSERT_TRUE(publish(*local, out, "20250101T000001Z-00000001", first, PublishWay::journal).ok());
  FarAway far_away(*local, out);
  ASSERT_TRUE(publish(far_away, out, "20250101T000002Z-00000002", second).ok());
  EXPECT_EQ(far_away.walks, 3);

  const std::string name(250, 'x');
  const std::string deep = "z/" + name + "/" + name + "/" + name + "/" + name + "/";
  {
    std::filesystem::remove(out + "/_manifest.json");
    auto writer =
        ManifestWriter::create(*local, out + "/_manifest.json", "20250101T000002Z-00000002", "\"version\":\"1.0\"");
    ASSERT_TRUE(writer.ok());
    Files listed = second;
    for (int i = 0; i < 34000; ++i) listed.emplace(deep + std::to_string(i), "");
    for (const auto& [path, text] : listed)
      ASSERT_TRUE(writer->add({path, text.size(), testing::checksum_of(text), ""}).ok());
    ASSERT_TRUE(writer->finish(false).ok());
  }
  far_away.walks = 0;
  auto publication = Publication::begin(far_away, out, {"20250101T000003Z-00000003", false, {}});
  ASSERT_TRUE(publication.ok()) << why(publication);
  EXPECT_EQ(far_away.walks, 0);
  ASSERT_TRUE(stage(far_away, publication->staging_root(), "20250101T000003Z-00000003", first).ok());
  ASSERT_TRUE(publication->commit().ok());
  EXPECT_EQ(far_away.walks, 2);  // the new manifest is small again: the look after the moves is made
  const auto verified = verify(*local, out);
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->run_id, "20250101T000003Z-00000003");
  EXPECT_EQ(verified->differences, 0U);
}

}  // namespace
}  // namespace gristmill::publish
