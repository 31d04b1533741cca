// The local storage on a real file system.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "gristmill/storage.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::storage {
namespace {

using testing::exited_well;
using testing::read_text;
using testing::read_tree;
using testing::run_in_child;
using testing::run_unprivileged;
using testing::TemporaryFolder;
using testing::write_text;

class LocalStorageTest : public ::testing::Test {
 protected:
  std::vector<std::string> walk_names(const std::string& folder, const std::vector<std::string>& skip = {}) {
    std::vector<std::string> names;
    const Status walked = storage_->walk(
        folder,
        [&](const FileInfo& file) {
          names.push_back(file.name);
          return Status();
        },
        skip);
    EXPECT_TRUE(walked.ok());
    std::sort(names.begin(), names.end());
    return names;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

using Names = std::vector<std::string>;

TEST_F(LocalStorageTest, WritesAFileAndTheFoldersAboveIt) {
  auto file = storage_->create(folder_ / "a/b/c.txt");
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->append("one ").ok());
  EXPECT_TRUE((*file)->append("two").ok());
  EXPECT_TRUE((*file)->close(true).ok());
  EXPECT_EQ(read_text(folder_ / "a/b/c.txt"), "one two");
}

TEST_F(LocalStorageTest, DoesNotOverwriteWhatIsThere) {
  write_text(folder_ / "a", "old");
  const auto file = storage_->create(folder_ / "a");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().kind, ErrorKind::output);
  EXPECT_EQ(file.error().message, "cannot create '" + (folder_ / "a") + "': File exists");
  EXPECT_EQ(read_text(folder_ / "a"), "old");
}

TEST_F(LocalStorageTest, ManyThreadsMakeFilesInTheSameNewFolders) {
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        auto file = storage_->create(folder_ / ("x" + std::to_string(i) + "/y/f" + std::to_string(t)));
        if (!file.ok() || !(*file)->append("z").ok() || !(*file)->close(false).ok()) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(walk_names(folder_.path()).size(), 800U);
}

TEST_F(LocalStorageTest, ReadsAtAnOffsetAndStopsAtTheEnd) {
  write_text(folder_ / "f", "0123456789");
  auto file = storage_->open(folder_ / "f");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->size(), 10U);
  char buffer[8];
  auto got = (*file)->read_at(4, buffer, 4);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(std::string(buffer, *got), "4567");
  got = (*file)->read_at(7, buffer, 8);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(std::string(buffer, *got), "789");
  got = (*file)->read_at(10, buffer, 8);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(*got, 0U);
  EXPECT_TRUE((*file)->check_unchanged().ok());
}

// Nobody can set the time of change back.
TEST_F(LocalStorageTest, AFileRewrittenInPlaceIsAnotherOne) {
  const std::string path = folder_ / "f";
  write_text(path, "0123");
  auto file = storage_->open(path);
  ASSERT_TRUE(file.ok());
  const FileInfo before = **storage_->stat(path);
  struct stat found;
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the system's clock of files ticks
  std::fstream(path, std::ios::in | std::ios::out) << "X";
  const timespec times[] = {found.st_atim, found.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  EXPECT_EQ(std::filesystem::file_size(path), 4U);
  EXPECT_NE((**storage_->stat(path)).identity, before.identity);
  EXPECT_FALSE((*file)->check_unchanged().ok());
}

TEST_F(LocalStorageTest, SeesThatAnOpenFileChanged) {
  write_text(folder_ / "grown", "0123");
  write_text(folder_ / "replaced", "0123");
  write_text(folder_ / "removed", "0123");
  auto grown = storage_->open(folder_ / "grown");
  auto replaced = storage_->open(folder_ / "replaced");
  auto removed = storage_->open(folder_ / "removed");
  ASSERT_TRUE(grown.ok() && replaced.ok() && removed.ok());
  write_text(folder_ / "grown", "01234");
  write_text(folder_ / "other", "0123");
  std::filesystem::rename(folder_ / "other", folder_ / "replaced");
  std::filesystem::remove(folder_ / "removed");
  for (auto* file : {&grown, &replaced, &removed}) {
    const Status status = (**file)->check_unchanged();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::input);
  }
}

TEST_F(LocalStorageTest, OpensOnlyRegularFiles) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const auto pipe = storage_->open(folder_ / "pipe");
  ASSERT_FALSE(pipe.ok());
  EXPECT_NE(pipe.error().message.find("not a regular file"), std::string::npos);
  const auto folder = storage_->open(folder_.path());
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().message.find("Is a directory"), std::string::npos);
  const auto nothing = storage_->open(folder_ / "nothing");
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().kind, ErrorKind::input);
  EXPECT_EQ(nothing.error().message, "cannot open '" + (folder_ / "nothing") + "': No such file or directory");
  EXPECT_FALSE(nothing.error().advice.empty());
}

TEST_F(LocalStorageTest, SaysWhatIsWrongWithAPath) {
  write_text(folder_ / "file", "");
  const auto below = storage_->create(folder_ / "file/x");
  ASSERT_FALSE(below.ok());
  EXPECT_NE(below.error().message.find("Not a directory"), std::string::npos);
  const auto deeper = storage_->create(folder_ / "file/x/y");
  ASSERT_FALSE(deeper.ok());
  const auto longer = storage_->create(folder_ / std::string(300, 'x'));
  ASSERT_FALSE(longer.ok());
  EXPECT_NE(longer.error().advice.find("255"), std::string::npos);
  EXPECT_EQ(longer.error().kind, ErrorKind::output);
}

TEST_F(LocalStorageTest, SaysThatPermissionIsMissing) {
  write_text(folder_ / "secret", "x");
  std::filesystem::permissions(folder_ / "secret", std::filesystem::perms::none);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  EXPECT_TRUE(exited_well(run_unprivileged([&] {
    const auto opened = storage_->open(folder_ / "secret");
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::input);
    EXPECT_NE(opened.error().message.find("Permission denied"), std::string::npos);
    const auto created = storage_->create(folder_ / "new/file");
    ASSERT_FALSE(created.ok());
    EXPECT_EQ(created.error().kind, ErrorKind::output);
    EXPECT_NE(created.error().advice.find("permission"), std::string::npos);
  })));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
}

TEST_F(LocalStorageTest, AFullDiskIsAnErrorOfTheWrite) {
  EXPECT_TRUE(exited_well(run_in_child([&] {
    // A limit of the file's size stands for a full disk: a write is short first, then fails.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {1000, 1000};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    auto limited = storage_->create(folder_ / "f");
    ASSERT_TRUE(limited.ok());
    const Status status = (*limited)->append(std::string(5000, 'x'));
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::output);
    EXPECT_NE(status.error().message.find("File too large"), std::string::npos);
    EXPECT_FALSE(status.error().advice.empty());
  })));
  EXPECT_EQ(std::filesystem::file_size(folder_ / "f"), 1000U);
}

TEST_F(LocalStorageTest, StatTellsTypesAndFollowsLinksOnRequest) {
  write_text(folder_ / "f", "123");
  std::filesystem::create_symlink("f", folder_ / "link");
  std::filesystem::create_symlink("nowhere", folder_ / "dangling");
  auto info = storage_->stat(folder_ / "f");
  ASSERT_TRUE(info.ok() && info->has_value());
  EXPECT_EQ((*info)->type, FileType::file);
  EXPECT_EQ((*info)->size, 3U);
  const std::uint64_t before = (*info)->identity;
  EXPECT_EQ((**storage_->stat(folder_ / "link")).type, FileType::file);
  EXPECT_EQ((**storage_->stat(folder_ / "link", false)).type, FileType::symlink);
  EXPECT_EQ((**storage_->stat(folder_.path())).type, FileType::folder);
  EXPECT_FALSE(storage_->stat(folder_ / "dangling")->has_value());
  EXPECT_FALSE(storage_->stat(folder_ / "nothing")->has_value());
  EXPECT_FALSE(storage_->stat(folder_ / "f/below")->has_value());
  write_text(folder_ / "f", "1234");
  EXPECT_NE((**storage_->stat(folder_ / "f")).identity, before);
}

TEST_F(LocalStorageTest, ListsOneFolderInBytewiseOrder) {
  for (const char* name : {"b", "a/x", "a.b", "\xC3\xA4", "Z"}) write_text(folder_ / name, "");
  auto listed = storage_->list(folder_.path());
  ASSERT_TRUE(listed.ok());
  Names names;
  for (const FileInfo& info : *listed) names.push_back(info.name);
  EXPECT_EQ(names, (Names{"Z", "a", "a.b", "b", "\xC3\xA4"}));
  EXPECT_EQ((*listed)[1].type, FileType::folder);
  EXPECT_FALSE(storage_->list(folder_ / "nothing").ok());
}

TEST_F(LocalStorageTest, WalksEverythingBelowButDoesNotFollowLinks) {
  for (const char* name : {"a/b/c/d", "a/e", "f", "skipped/g", "a/skipped/h"}) write_text(folder_ / name, "");
  std::filesystem::create_directories(folder_ / "empty/empty");
  std::filesystem::create_directory_symlink(folder_ / "a", folder_ / "link");
  EXPECT_EQ(walk_names(folder_.path(), {"skipped"}), (Names{"a/b/c/d", "a/e", "a/skipped/h", "f", "link"}));
  EXPECT_EQ(walk_names(folder_ / "nothing"), Names{});
}

TEST_F(LocalStorageTest, AnErrorOfTheVisitorEndsTheWalk) {
  for (int i = 0; i < 10; ++i) write_text(folder_ / ("d/" + std::to_string(i)), "");
  int visits = 0;
  const Status walked = storage_->walk(folder_.path(), [&](const FileInfo&) {
    ++visits;
    return Status(Error::internal("enough"));
  });
  ASSERT_FALSE(walked.ok());
  EXPECT_EQ(walked.error().message, "enough");
  EXPECT_EQ(visits, 1);
}

TEST_F(LocalStorageTest, RenameReplacesAndMakesFolders) {
  write_text(folder_ / "a", "new");
  write_text(folder_ / "b", "old");
  EXPECT_TRUE(storage_->rename(folder_ / "a", folder_ / "b").ok());
  EXPECT_EQ(read_text(folder_ / "b"), "new");
  EXPECT_TRUE(storage_->rename(folder_ / "b", folder_ / "x/y/c").ok());
  EXPECT_EQ(read_text(folder_ / "x/y/c"), "new");
  EXPECT_FALSE(storage_->rename(folder_ / "nothing", folder_ / "z/z").ok());
}

TEST_F(LocalStorageTest, ExchangesFolders) {
  write_text(folder_ / "a/1", "");
  write_text(folder_ / "b/c/2", "");
  const auto exchanged = storage_->exchange(folder_ / "a", folder_ / "b/c");
  ASSERT_TRUE(exchanged.ok());
  EXPECT_TRUE(*exchanged);
  EXPECT_EQ(walk_names(folder_.path()), (Names{"a/2", "b/c/1"}));
  EXPECT_FALSE(storage_->exchange(folder_ / "a", folder_ / "nothing").ok());
  const auto across = storage_->exchange(folder_ / "a", "/proc/self");
  EXPECT_TRUE(across.ok() && !*across);
}

TEST_F(LocalStorageTest, RenameNewNeverReplaces) {
  write_text(folder_ / "a/1", "");
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_FALSE(storage_->rename_new(folder_ / "a", folder_ / "empty").ok());
  EXPECT_TRUE(storage_->rename_new(folder_ / "a", folder_ / "b").ok());
  EXPECT_EQ(walk_names(folder_.path()), Names{"b/1"});
}

TEST_F(LocalStorageTest, RemovesFilesFoldersAndTrees) {
  write_text(folder_ / "a/b/1", "");
  write_text(folder_ / "outside/kept", "");
  std::filesystem::create_directory_symlink(folder_ / "outside", folder_ / "a/link");
  auto removed = storage_->remove_folder(folder_ / "a");
  EXPECT_TRUE(removed.ok() && !*removed);
  removed = storage_->remove_folder(folder_ / "nothing");
  EXPECT_TRUE(removed.ok() && *removed);
  EXPECT_TRUE(storage_->remove(folder_ / "a/b/1").ok());
  EXPECT_TRUE(storage_->remove(folder_ / "a/b/1").ok());
  removed = storage_->remove_folder(folder_ / "a/b");
  EXPECT_TRUE(removed.ok() && *removed);
  write_text(folder_ / "a/b/c/2", "");
  EXPECT_TRUE(storage_->remove_tree(folder_ / "a").ok());
  EXPECT_TRUE(storage_->remove_tree(folder_ / "a").ok());
  EXPECT_TRUE(storage_->remove_tree(folder_ / "outside/kept").ok());
  EXPECT_EQ(read_tree(folder_.path()), (std::map<std::string, std::string>{{"outside/", ""}}));
}

TEST_F(LocalStorageTest, CarriesModeOwnerAndAccessLists) {
  std::filesystem::create_directories(folder_ / "from");
  std::filesystem::create_directories(folder_ / "to");
  const unsigned char list[] = {2,  0, 0, 0,                           // version
                                1,  0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF,   // owner rwx
                                2,  0, 7, 0, 0x39, 0x05, 0,    0,      // user 1337 rwx
                                4,  0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,   // group ---
                                16, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF,   // mask rwx
                                32, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};  // others ---
  for (const char* name : {"system.posix_acl_access", "system.posix_acl_default"}) {
    ASSERT_EQ(::setxattr((folder_ / "from").c_str(), name, list, sizeof list, 0), 0) << strerror(errno);
  }
  ASSERT_EQ(::chmod((folder_ / "from").c_str(), 02750), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((folder_ / "from").c_str(), 4242, 4343), 0);
  }
  ASSERT_EQ(::chmod((folder_ / "from").c_str(), 02750), 0);
  ASSERT_TRUE(storage_->copy_attributes(folder_ / "from", folder_ / "to").ok());
  struct stat from;
  struct stat to;
  ASSERT_EQ(::stat((folder_ / "from").c_str(), &from), 0);
  ASSERT_EQ(::stat((folder_ / "to").c_str(), &to), 0);
  EXPECT_EQ(to.st_mode, from.st_mode);
  EXPECT_EQ(to.st_uid, from.st_uid);
  EXPECT_EQ(to.st_gid, from.st_gid);
  for (const char* name : {"system.posix_acl_access", "system.posix_acl_default"}) {
    char a[200];
    char b[200];
    const ssize_t a_size = ::getxattr((folder_ / "from").c_str(), name, a, sizeof a);
    const ssize_t b_size = ::getxattr((folder_ / "to").c_str(), name, b, sizeof b);
    ASSERT_GT(a_size, 0);
    EXPECT_EQ(std::string(a, static_cast<std::size_t>(a_size)), std::string(b, static_cast<std::size_t>(b_size)));
  }
  // And away again, from a folder that has none.
  std::filesystem::create_directories(folder_ / "plain");
  ASSERT_TRUE(storage_->copy_attributes(folder_ / "plain", folder_ / "to").ok());
  EXPECT_LT(::getxattr((folder_ / "to").c_str(), "system.posix_acl_access", nullptr, 0), 0);
}

TEST_F(LocalStorageTest, KnowsMountPoints) {
  const auto mounted = storage_->is_mount_point("/proc");
  EXPECT_TRUE(mounted.ok() && *mounted);
  const auto folder = storage_->is_mount_point(folder_.path());
  EXPECT_TRUE(folder.ok() && !*folder);
}

TEST_F(LocalStorageTest, TellsFreeSpaceWhereAFileWouldBe) {
  const auto here = storage_->free_space(folder_.path());
  const auto below = storage_->free_space(folder_ / "not/yet/there");
  ASSERT_TRUE(here.ok() && below.ok());
  EXPECT_GT(*here, 0U);
  EXPECT_GT(*below, 0U);
}

TEST_F(LocalStorageTest, ResolvesPaths) {
  std::filesystem::create_directories(folder_ / "real/sub");
  std::filesystem::create_directory_symlink("real", folder_ / "link");
  std::filesystem::create_directory_symlink("real/not-yet", folder_ / "dangling");
  std::filesystem::create_directory_symlink("circle", folder_ / "circle");
  const std::string base = std::filesystem::canonical(folder_.path()).string();
  const std::map<std::string, std::string> expected = {
      {"link", base + "/real"},
      {"link/", base + "/real"},
      {"link/sub/../new//x/./y/", base + "/real/new/x/y"},
      {"dangling", base + "/real/not-yet"},
      {"dangling/below", base + "/real/not-yet/below"},
      {"new", base + "/new"},
  };
  for (const auto& [path, wanted] : expected) {
    const auto resolved = storage_->resolve(folder_ / path);
    ASSERT_TRUE(resolved.ok()) << path;
    EXPECT_EQ(*resolved, wanted) << path;
  }
  EXPECT_FALSE(storage_->resolve(folder_ / "circle/x").ok());
  EXPECT_FALSE(storage_->resolve(folder_ / "new/../x").ok());
  EXPECT_FALSE(storage_->resolve("").ok());
  EXPECT_EQ(*storage_->resolve("/nothing-of-this-name"), "/nothing-of-this-name");
  const auto relative = storage_->resolve("nothing-of-this-name");
  ASSERT_TRUE(relative.ok());
  EXPECT_EQ(*relative, (std::filesystem::current_path() / "nothing-of-this-name").string());
}

TEST_F(LocalStorageTest, ScratchFilesHaveNoName) {
  auto scratch = storage_->scratch(folder_.path());
  ASSERT_TRUE(scratch.ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  EXPECT_TRUE((*scratch)->write_at(10, "abc").ok());
  EXPECT_TRUE((*scratch)->write_at(0, "0123456789").ok());
  char buffer[13];
  ASSERT_TRUE((*scratch)->read_at(0, buffer, 13).ok());
  EXPECT_EQ(std::string(buffer, 13), "0123456789abc");
  const Status beyond = (*scratch)->read_at(5, buffer, 13);
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().kind, ErrorKind::internal);
  EXPECT_FALSE(storage_->scratch(folder_ / "nothing").ok());
}

TEST_F(LocalStorageTest, ALockKeepsOthersOutWithinAndAcrossProcesses) {
  for (const bool on_folder : {false, true}) {
    const std::string path = folder_ / (on_folder ? "folder" : "made/lock");
    if (on_folder) std::filesystem::create_directory(path);
    const auto take = [&] { return on_folder ? storage_->try_lock_folder(path) : storage_->try_lock(path); };
    auto held = take();
    ASSERT_TRUE(held.ok() && *held != nullptr);
    EXPECT_TRUE(*(*held)->still_held());
    auto second = take();
    ASSERT_TRUE(second.ok());
    EXPECT_EQ(*second, nullptr);
    EXPECT_TRUE(exited_well(run_in_child([&] {
      auto other = take();
      ASSERT_TRUE(other.ok());
      EXPECT_EQ(*other, nullptr);
    })));
    held->reset();
    auto third = take();
    ASSERT_TRUE(third.ok());
    EXPECT_NE(*third, nullptr);
  }
}

TEST_F(LocalStorageTest, ALockDiesWithItsProcess) {
  EXPECT_TRUE(testing::was_killed(run_in_child([&] {
    auto held = storage_->try_lock(folder_ / "lock");
    ASSERT_TRUE(held.ok() && *held != nullptr);
    ::kill(::getpid(), SIGKILL);
  })));
  auto lock = storage_->try_lock(folder_ / "lock");
  EXPECT_TRUE(lock.ok() && *lock != nullptr);
}

TEST_F(LocalStorageTest, ALockKnowsThatItsFileIsGone) {
  auto lock = storage_->try_lock(folder_ / "lock");
  ASSERT_TRUE(lock.ok() && *lock != nullptr);
  std::filesystem::remove(folder_ / "lock");
  EXPECT_FALSE(*(*lock)->still_held());
  auto other = storage_->try_lock(folder_ / "lock");
  ASSERT_TRUE(other.ok() && *other != nullptr);
  EXPECT_FALSE(*(*lock)->still_held());
  EXPECT_TRUE(*(*other)->still_held());
}

// Holders that remove the lock file race with those that have just opened it: still there is never
// more than one holder.
TEST_F(LocalStorageTest, LocksThatComeAndGoNeverHaveTwoHolders) {
  std::atomic<int> holders = 0;
  std::atomic<int> taken = 0;
  std::atomic<bool> wrong = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        auto lock = storage_->try_lock(folder_ / "d/lock");
        if (!lock.ok() || *lock == nullptr) continue;
        if (holders.fetch_add(1) != 0) wrong = true;
        ++taken;
        holders.fetch_sub(1);
        static_cast<void>(storage_->remove(folder_ / "d/lock"));
        static_cast<void>(storage_->remove_folder(folder_ / "d"));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(wrong);
  EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace gristmill::storage
