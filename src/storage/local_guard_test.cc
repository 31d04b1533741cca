// Every operation below a guarded folder, with a link at each level of the path.
#include "storage/local_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>

#include "gristmill/storage.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::storage {
namespace {

using testing::read_text;
using testing::read_tree;
using testing::TemporaryFolder;
using testing::write_text;

class LocalGuardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_text(folder_ / "victim/below/file", "theirs");
    write_text(folder_ / "out/real/file", "ours");
    storage_->guard(out_, out_);
  }
  TemporaryFolder folder_;
  const std::string out_ = folder_ / "out";
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

bool names_link(const Error& error, const std::string& link) {
  return error.message.find("'" + link + "' is a symbolic link") != std::string::npos;
}

TEST_F(LocalGuardTest, NoOperationGoesThroughALink) {
  const std::string link = out_ + "/link";
  std::filesystem::create_directory_symlink(folder_ / "victim", link);
  const std::string real = out_ + "/real";
  const std::map<std::string, std::function<Status()>> operations = {
      {"stat",
       [&]() -> Status {
         GM_ASSIGN(auto found, storage_->stat(link + "/below/file"));
         return {};
       }},
      {"list",
       [&]() -> Status {
         GM_ASSIGN(auto all, storage_->list(link + "/below"));
         return {};
       }},
      {"walk", [&] { return storage_->walk(link, [](const FileInfo&) { return Status(); }); }},
      {"open",
       [&]() -> Status {
         GM_ASSIGN(auto file, storage_->open(link + "/below/file"));
         return {};
       }},
      {"create",
       [&]() -> Status {
         GM_ASSIGN(auto file, storage_->create(link + "/below/new"));
         return {};
       }},
      {"create deep",
       [&]() -> Status {
         GM_ASSIGN(auto file, storage_->create(link + "/a/b/new"));
         return {};
       }},
      {"make folder", [&] { return storage_->make_folder(link + "/new"); }},
      {"rename from", [&] { return storage_->rename(link + "/below/file", real + "/taken"); }},
      {"rename to", [&] { return storage_->rename(real + "/file", link + "/below/file"); }},
      {"exchange",
       [&]() -> Status {
         GM_ASSIGN(const bool done, storage_->exchange(link + "/below", real));
         return done ? Status() : Status(Error::output(""));
       }},
      {"rename new", [&] { return storage_->rename_new(link + "/below", real + "/taken"); }},
      {"remove", [&] { return storage_->remove(link + "/below/file"); }},
      {"remove folder",
       [&]() -> Status {
         GM_ASSIGN(const bool gone, storage_->remove_folder(link + "/below"));
         return gone ? Status() : Status(Error::output(""));
       }},
      {"remove tree", [&] { return storage_->remove_tree(link + "/below"); }},
      {"copy attributes", [&] { return storage_->copy_attributes(real, link); }},
      {"sync", [&] { return storage_->sync_folder(link); }},
      {"lock",
       [&]() -> Status {
         GM_ASSIGN(auto lock, storage_->try_lock(link + "/lock"));
         return {};
       }},
      {"lock folder",
       [&]() -> Status {
         GM_ASSIGN(auto lock, storage_->try_lock_folder(link));
         return {};
       }},
  };
  const auto before = read_tree(folder_ / "victim");
  for (const auto& [name, operation] : operations) {
    const Status done = operation();
    EXPECT_FALSE(done.ok()) << name;
    EXPECT_EQ(read_tree(folder_ / "victim"), before) << name;
    EXPECT_EQ(read_text(out_ + "/real/file"), "ours") << name;
  }
  // The link itself is a thing like any other.
  const auto found = storage_->stat(link);
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->type, FileType::symlink);
  EXPECT_TRUE(storage_->remove_tree(link).ok());
  EXPECT_EQ(read_tree(folder_ / "victim"), before);
}

TEST_F(LocalGuardTest, TheLinkIsNamed) {
  std::filesystem::create_directory_symlink(folder_ / "victim", out_ + "/link");
  const auto file = storage_->open(out_ + "/link/below/file");
  ASSERT_FALSE(file.ok());
  EXPECT_TRUE(names_link(file.error(), out_ + "/link")) << file.error().message;
  const Status moved = storage_->rename(out_ + "/link/below/file", out_ + "/real/x");
  ASSERT_FALSE(moved.ok());
  EXPECT_TRUE(names_link(moved.error(), out_ + "/link")) << moved.error().message;
}

TEST_F(LocalGuardTest, TheGuardedFolderItselfMayNotBecomeALink) {
  std::filesystem::rename(out_, folder_ / "moved");
  std::filesystem::create_directory_symlink(folder_ / "victim", out_);
  EXPECT_FALSE(storage_->remove_tree(out_ + "/below").ok());
  EXPECT_FALSE(storage_->create(out_ + "/new/file").ok());
  EXPECT_TRUE(std::filesystem::exists(folder_ / "victim/below/file"));
}

TEST_F(LocalGuardTest, OutsideLinksAreFollowed) {
  std::filesystem::create_directory_symlink(folder_ / "victim", folder_ / "link");
  EXPECT_TRUE(storage_->open(folder_ / "link/below/file").ok());
  std::filesystem::create_directory_symlink(folder_ / "victim", folder_ / "outer");
  EXPECT_TRUE(storage_->open(folder_ / "outer/below/file").ok()) << "a name that only begins the same";
}

TEST_F(LocalGuardTest, AFolderThatWasMovedAwayIsMadeAgain) {
  ASSERT_TRUE(storage_->create(out_ + "/labels/a/file").ok());
  std::filesystem::rename(out_ + "/labels", folder_ / "moved");
  ASSERT_TRUE(storage_->create(out_ + "/labels/b/file").ok());
  EXPECT_TRUE(std::filesystem::exists(out_ + "/labels/b/file"));
}

TEST_F(LocalGuardTest, AnExchangedFolderIsNotTheOneThatWasHeld) {
  ASSERT_TRUE(storage_->create(out_ + "/one/a/file").ok());
  ASSERT_TRUE(storage_->make_folder(out_ + "/two").ok());
  const auto exchanged = storage_->exchange(out_ + "/one", out_ + "/two");
  ASSERT_TRUE(exchanged.ok());
  if (!*exchanged) GTEST_SKIP() << "this file system exchanges no folders";
  ASSERT_TRUE(storage_->create(out_ + "/one/b/file").ok());
  EXPECT_TRUE(std::filesystem::exists(out_ + "/one/b/file"));
  EXPECT_FALSE(std::filesystem::exists(out_ + "/two/b"));
}

TEST_F(LocalGuardTest, TheGroupMayWriteNewFoldersWhereItMayWriteTheOutput) {
  ::chmod(out_.c_str(), 02775);
  const mode_t before = ::umask(022);
  storage_->guard(out_, out_);
  EXPECT_TRUE(storage_->create(out_ + "/new/deep/file").ok());
  ::umask(077);
  EXPECT_TRUE(storage_->create(out_ + "/closed/file").ok());
  ::umask(before);
  struct stat found;
  for (const char* name : {"/new", "/new/deep"}) {
    ASSERT_EQ(::stat((out_ + name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0775U) << name;
  }
  ASSERT_EQ(::stat((out_ + "/closed").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
}

TEST_F(LocalGuardTest, OldKernelsGoFolderByFolder) {
  std::filesystem::create_directory_symlink(folder_ / "victim", out_ + "/link");
  std::filesystem::create_symlink(folder_ / "victim/below/file", out_ + "/last");
  const std::pair<std::string, bool> paths[] = {
      {out_ + "/real/file", true},        {out_ + "/real/", true}, {out_, true},
      {out_ + "/link/below/file", false}, {out_ + "/link", false}, {out_ + "/last", false},
      {out_ + "/nowhere/file", false}};
  for (const auto& [path, opens] : paths) {
    const Descriptor slow(open_by_components(path, O_RDONLY));
    const int slow_reason = errno;
    EXPECT_EQ(slow.valid(), opens) << path;
    const Descriptor fast(open_without_links(path, O_RDONLY));
    EXPECT_EQ(fast.valid(), opens) << path;
    if (!opens) {
      EXPECT_EQ(slow_reason, errno) << path;
    }
  }
  const Descriptor made(open_by_components(out_ + "/real/new", O_WRONLY | O_CREAT | O_EXCL, 0644));
  EXPECT_TRUE(made.valid());
}

}  // namespace
}  // namespace gristmill::storage
