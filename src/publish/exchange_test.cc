// Where an exchange is refused and the journal takes over, and what happens to files that come between
// the last look and the exchange.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "publish/publication_testing.h"
#include "publish/publish.h"
#include "storage/forwarding_storage_testing.h"

namespace gristmill::publish {
namespace {

using testing::exited_well;
using testing::Files;
using testing::ForwardingStorage;
using testing::holds;
using testing::publish;
using testing::read_tree;
using testing::run_in_child;
using testing::run_unprivileged;
using testing::TemporaryFolder;
using testing::why;
using testing::write_text;

Files first_output() { return {{"labels/profile-id=a/collections.jsonl", "a1"}, {"validation/report.json", "r1"}}; }
Files second_output() { return {{"labels/profile-id=b/collections.jsonl", "b2"}}; }

class ExchangeTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755)); }

  // Publishes twice without asking for a way, by the journal, whose reason has `reason` in it.
  void expect_journal(const std::string& out, const std::string& reason) {
    for (const Files& files : {first_output(), second_output()}) {
      const auto plan = plan_publication(*storage_, out);
      ASSERT_TRUE(plan.ok()) << plan.error().message;
      EXPECT_EQ(plan->way, PublishWay::journal);
      EXPECT_NE(plan->way_reason.find(reason), std::string::npos) << plan->way_reason;
      auto published = publish(*storage_, out, "20250101T000001Z-00000001", files);
      ASSERT_TRUE(published.ok()) << why(published);
      EXPECT_EQ(published->way, PublishWay::journal);
      EXPECT_TRUE(holds(*storage_, out, files));
      EXPECT_FALSE(std::filesystem::exists(out + "/_staging"));
    }
    auto forced = Publication::begin(*storage_, out, {"20250101T000002Z-00000002", false, PublishWay::exchange});
    ASSERT_FALSE(forced.ok());
    EXPECT_NE(forced.error().message.find(reason), std::string::npos) << forced.error().message;
  }

  TemporaryFolder folder_;
  std::string out_ = folder_ / "out";
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

// Runs `body` where it may mount; false where the system lets nobody.
bool run_with_mounts(const std::function<void()>& body) {
  bool possible = true;
  const int status = run_in_child([&] {
    const uid_t user = ::geteuid();
    const gid_t group = ::getegid();
    if (::unshare(CLONE_NEWNS) != 0) {
      // Not root: become root of a user namespace.
      if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(77);
      std::ofstream("/proc/self/setgroups") << "deny";
      std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
      std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
    }
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(77);
    body();
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    possible = false;
  } else {
    EXPECT_TRUE(exited_well(status));
  }
  return possible;
}

#define GM_NEEDS_MOUNTS(possible) \
  if (!(possible)) GTEST_SKIP() << "this system lets no process mount (needs CAP_SYS_ADMIN or user namespaces)"

TEST_F(ExchangeTest, IsTheUsualWay) {
  const auto plan = plan_publication(*storage_, out_);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->way, PublishWay::exchange) << plan->way_reason;
  for (const Files& files : {first_output(), second_output()}) {
    auto published = publish(*storage_, out_, "20250101T000001Z-00000001", files);
    ASSERT_TRUE(published.ok()) << why(published);
    EXPECT_EQ(published->way, PublishWay::exchange);
  }
}

TEST_F(ExchangeTest, AMountPointTakesTheJournal) {
  std::filesystem::create_directory(out_);
  GM_NEEDS_MOUNTS(run_with_mounts([&] {
    ASSERT_EQ(::mount("none", out_.c_str(), "tmpfs", 0, nullptr), 0) << strerror(errno);
    std::filesystem::create_directory(out_ + "/lost+found");
    expect_journal(out_, "is a mount point");
    EXPECT_TRUE(std::filesystem::exists(out_ + "/lost+found"));
  }));
}

TEST_F(ExchangeTest, ABindMountOfTheSameFileSystemToo) {
  std::filesystem::create_directories(out_);
  std::filesystem::create_directories(folder_ / "source");
  GM_NEEDS_MOUNTS(run_with_mounts([&] {
    ASSERT_EQ(::mount((folder_ / "source").c_str(), out_.c_str(), nullptr, MS_BIND, nullptr), 0) << strerror(errno);
    expect_journal(out_, "is a mount point");
  }));
}

// As in a container: the same folder under two names, of which only one can be exchanged.
TEST_F(ExchangeTest, RunsExcludeEachOtherThroughABindMount) {
  ASSERT_TRUE(publish(*storage_, out_, "20250101T000001Z-00000001", first_output()).ok());
  std::filesystem::create_directories(folder_ / "container/out");
  GM_NEEDS_MOUNTS(run_with_mounts([&] {
    const std::string inside = folder_ / "container/out";
    ASSERT_EQ(::mount(out_.c_str(), inside.c_str(), nullptr, MS_BIND, nullptr), 0) << strerror(errno);
    {
      auto by_exchange = Publication::begin(*storage_, out_, {"20250101T000002Z-00000002", false, {}});
      ASSERT_TRUE(by_exchange.ok()) << why(by_exchange);
      EXPECT_EQ(by_exchange->way(), PublishWay::exchange);
      auto refused = Publication::begin(*storage_, inside, {"20250101T000003Z-00000003", false, {}});
      ASSERT_FALSE(refused.ok());
      EXPECT_NE(refused.error().message.find("another run"), std::string::npos);
    }
    auto by_journal = Publication::begin(*storage_, inside, {"20250101T000004Z-00000004", false, {}});
    ASSERT_TRUE(by_journal.ok()) << why(by_journal);
    EXPECT_EQ(by_journal->way(), PublishWay::journal);
    EXPECT_FALSE(Publication::begin(*storage_, out_, {"20250101T000005Z-00000005", false, {}}).ok());
  }));
}

// There fresh folders can be exchanged, but not one of the layer below.
TEST_F(ExchangeTest, OverlayfsTakesTheJournal) {
  GM_NEEDS_MOUNTS(run_with_mounts([&] {
    ASSERT_EQ(::mount("none", folder_.path().c_str(), "tmpfs", 0, nullptr), 0) << strerror(errno);
    for (const char* name : {"lower", "upper", "work", "merged"}) {
      std::filesystem::create_directory(folder_ / name);
    }
    ASSERT_TRUE(publish(*storage_, folder_ / "lower/out", "20250101T000000Z-00000000", first_output()).ok());
    const std::string options =
        "lowerdir=" + (folder_ / "lower") + ",upperdir=" + (folder_ / "upper") + ",workdir=" + (folder_ / "work");
    // In a user namespace overlayfs keeps its marks in attributes that users may write.
    const std::string as_user = options + ",userxattr";
    if (::mount("overlay", (folder_ / "merged").c_str(), "overlay", 0, as_user.c_str()) != 0 &&
        ::mount("overlay", (folder_ / "merged").c_str(), "overlay", 0, options.c_str()) != 0) {
      ::_exit(77);
    }
    expect_journal(folder_ / "merged/out", "cannot exchange");
    EXPECT_TRUE(std::filesystem::exists(folder_ / "merged"));
  }));
}

TEST_F(ExchangeTest, AParentThatMayNotBeWrittenTakesTheJournal) {
  std::filesystem::create_directory(out_);
  ASSERT_EQ(::chmod(out_.c_str(), 0777), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  EXPECT_TRUE(exited_well(run_unprivileged([&] { expect_journal(out_, "Permission denied"); })));
  EXPECT_EQ(storage_->list(folder_.path())->size(), 1U);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
}

TEST_F(ExchangeTest, AnOwnerThatCannotBeCarriedOverTakesTheJournal) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to someone else";
  std::filesystem::create_directory(out_);
  ASSERT_EQ(::chmod(out_.c_str(), 0777), 0);  // root's, but open to all
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_TRUE(exited_well(run_unprivileged([&] { expect_journal(out_, "owner"); })));
  struct stat found;
  ASSERT_EQ(::stat(out_.c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 0U);
  EXPECT_EQ(storage_->list(folder_.path())->size(), 1U);
}

TEST_F(ExchangeTest, ARootThatMayNotBeWrittenAtAllIsAnError) {
  std::filesystem::create_directory(out_);
  ASSERT_EQ(::chmod(out_.c_str(), 0555), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  EXPECT_TRUE(exited_well(run_unprivileged([&] {
    for (const std::string& output : {out_, folder_ / "new"}) {
      auto publication = Publication::begin(*storage_, output, {"20250101T000001Z-00000001", false, {}});
      ASSERT_FALSE(publication.ok());
      EXPECT_EQ(publication.error().kind, ErrorKind::output);
      EXPECT_NE(publication.error().message.find("Permission denied"), std::string::npos);
      EXPECT_FALSE(publication.error().advice.empty());
    }
  })));
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
}

TEST_F(ExchangeTest, ANameTooLongForTheAreaTakesTheJournal) {
  expect_journal(folder_ / std::string(250, 'x'), "too long");
}

// Another user's live run is seen though its lock file cannot be written.
TEST_F(ExchangeTest, ALockOfAnotherUserIsRespected) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  auto live = Publication::begin(*storage_, out_, {"20250101T000001Z-00000001", false, {}});
  ASSERT_TRUE(live.ok());
  EXPECT_TRUE(exited_well(run_unprivileged([&] {
    auto refused = Publication::begin(*storage_, out_, {"20250101T000002Z-00000002", false, {}});
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("another run"), std::string::npos) << refused.error().message;
  })));
}

// A storage in which something happens right before folders are exchanged.
class Meddling final : public ForwardingStorage {
 public:
  Meddling(Storage& inner, const std::string& root, std::function<void()> meddle)
      : ForwardingStorage(inner), root_(root), meddle_(std::move(meddle)) {}
  Result<bool> exchange(const std::string& a, const std::string& b) override {
    if (b == root_) meddle_();
    return ForwardingStorage::exchange(a, b);
  }

 private:
  std::string root_;
  std::function<void()> meddle_;
};

TEST_F(ExchangeTest, AFileThatComesAtTheLastMomentIsKeptAndReported) {
  ASSERT_TRUE(publish(*storage_, out_, "20250101T000001Z-00000001", first_output()).ok());
  Meddling meddling(*storage_, out_, [&] { write_text(out_ + "/labels/notes.txt", "mine"); });
  auto published = publish(meddling, out_, "20250101T000002Z-00000002", second_output());
  ASSERT_TRUE(published.ok()) << why(published);
  EXPECT_TRUE(holds(*storage_, out_, second_output()));
  ASSERT_EQ(published->notes.size(), 1U);
  EXPECT_NE(published->notes[0].find("'" + out_ + ".kept-20250101T000002Z-00000002'"), std::string::npos)
      << published->notes[0];
  EXPECT_EQ(read_tree(out_ + ".kept-20250101T000002Z-00000002"), (Files{{"labels/notes.txt", "mine"}}));
  EXPECT_EQ(storage_->list(folder_.path())->size(), 2U);
}

TEST_F(ExchangeTest, NothingIsRemovedThroughALinkThatComesAtTheLastMoment) {
  ASSERT_TRUE(publish(*storage_, out_, "20250101T000001Z-00000001", first_output()).ok());
  write_text(folder_ / "elsewhere/profile-id=a/collections.jsonl", "precious");
  Meddling meddling(*storage_, out_, [&] {
    std::filesystem::remove_all(out_ + "/labels");
    std::filesystem::create_directory_symlink(folder_ / "elsewhere", out_ + "/labels");
  });
  auto published = publish(meddling, out_, "20250101T000002Z-00000002", second_output());
  ASSERT_TRUE(published.ok()) << why(published);
  EXPECT_TRUE(holds(*storage_, out_, second_output()));
  EXPECT_EQ(published->notes.size(), 1U);
  EXPECT_EQ(read_tree(folder_ / "elsewhere"), (Files{{"profile-id=a/collections.jsonl", "precious"}}));
  EXPECT_TRUE(std::filesystem::exists(out_ + ".kept-20250101T000002Z-00000002/validation/report.json"));
}

TEST_F(ExchangeTest, AFileInAnEmptyRootSurvivesToo) {
  std::filesystem::create_directory(out_);
  Meddling meddling(*storage_, out_, [&] { write_text(out_ + "/notes.txt", "mine"); });
  auto published = publish(meddling, out_, "20250101T000001Z-00000001", first_output());
  ASSERT_TRUE(published.ok()) << why(published);
  EXPECT_TRUE(holds(*storage_, out_, first_output()));
  EXPECT_EQ(read_tree(out_ + ".kept-20250101T000001Z-00000001"), (Files{{"notes.txt", "mine"}}));
}

TEST_F(ExchangeTest, ARefusalAtTheLastMomentKeepsTheOutputStaged) {
  class Refusing final : public ForwardingStorage {
   public:
    Refusing(Storage& inner, const std::string& root) : ForwardingStorage(inner), root_(root) {}
    Result<bool> exchange(const std::string& a, const std::string& b) override {
      return b == root_ ? Result<bool>(false) : ForwardingStorage::exchange(a, b);
    }

   private:
    std::string root_;
  };
  ASSERT_TRUE(publish(*storage_, out_, "20250101T000001Z-00000001", first_output()).ok());
  Refusing refusing(*storage_, out_);
  auto published = publish(refusing, out_, "20250101T000002Z-00000002", second_output());
  ASSERT_FALSE(published.ok());
  EXPECT_EQ(published.error().kind, ErrorKind::output);
  EXPECT_TRUE(holds(*storage_, out_, first_output()));
  published = publish_staged(*storage_, out_);
  ASSERT_TRUE(published.ok()) << why(published);
  EXPECT_TRUE(holds(*storage_, out_, second_output()));
  EXPECT_EQ(storage_->list(folder_.path())->size(), 1U);
}

}  // namespace
}  // namespace gristmill::publish
