// The folders that are asked for, and those that are not. Root takes the files' owner's id meanwhile, since modes do
// not bind it; two users are in tests/programs/test_shared_folders.py.
#include "storage/local_permission.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gristmill/storage.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::storage {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

constexpr uid_t nobody = 65534;

class LocalPermissionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"root/labels/a/f", "root/labels/gone/f", "staged/_manifest.json", "staged/labels/a/f",
                             "staged/labels/new/f"}) {
      write_text(folder_ / name, "x");
    }
    std::filesystem::create_directories(folder_ / "root/empty/deep");
    ::chmod(folder_.path().c_str(), 0755);
    if (::geteuid() == 0) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
        ASSERT_EQ(::lchown(entry.path().c_str(), nobody, nobody), 0);
      }
    }
  }
  void TearDown() override {
    for (const char* name : {"root", "root/labels", "root/labels/a", "root/labels/gone"}) {
      ::chmod((folder_ / name).c_str(), 0755);
    }
  }

  // The folder in the way, relative; empty if none is. As the files' owner, who is bound by modes.
  std::string obstacle(const std::string& closed, mode_t mode = 0555, const std::string& from = "staged") {
    ::chmod((folder_ / closed).c_str(), mode);
    const bool root = ::geteuid() == 0;
    if (root && ::seteuid(nobody) != 0) return "cannot become another user";
    const auto found =
        storage_->find_obstacle(from.empty() ? "" : folder_ / from, folder_ / "root", {"_staging"}, false);
    if (root && ::seteuid(0) != 0) std::abort();
    ::chmod((folder_ / closed).c_str(), 0755);
    if (!found.ok()) return found.error().message;
    return *found ? (*found)->folder.substr(folder_.path().size() + 1) : "";
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(LocalPermissionTest, FoldersThatChangeAreAskedFor) {
  EXPECT_EQ(obstacle("staged", 0755), "");
  EXPECT_EQ(obstacle("root"), "root");                          // the manifest comes
  EXPECT_EQ(obstacle("root/labels"), "root/labels");            // `gone` goes, `new` comes
  EXPECT_EQ(obstacle("root/labels/a"), "root/labels/a");        // a file is replaced
  EXPECT_EQ(obstacle("root/labels/gone"), "root/labels/gone");  // a file is removed
}

TEST_F(LocalPermissionTest, FoldersThatStayAreNot) {
  EXPECT_EQ(obstacle("root/empty"), "");
  EXPECT_EQ(obstacle("root/empty/deep"), "");
  std::filesystem::remove_all(folder_ / "root/labels/gone");
  std::filesystem::remove_all(folder_ / "staged/labels/new");
  EXPECT_EQ(obstacle("root/labels"), "") << "what lies in it is replaced one folder deeper";
  EXPECT_EQ(obstacle("root/labels", 0555, ""), "root/labels") << "with nothing to come, what is in it goes";
}

TEST_F(LocalPermissionTest, SkippedNamesStay) {
  write_text(folder_ / "root/_staging/x/f", "x");
  EXPECT_EQ(obstacle("root/_staging"), "");
}

TEST_F(LocalPermissionTest, NothingIsInTheWayOfNothing) {
  const auto found = storage_->find_obstacle(folder_ / "staged", folder_ / "nowhere", {}, false);
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->has_value());
}

TEST_F(LocalPermissionTest, TrapsAreWhatOthersMadeWhereEverybodyMay) {
  const auto trap = [&](const std::string& name) {
    const auto found = storage_->find_trap(folder_ / name, folder_ / "root");
    return found.ok() ? *found : found.error().message;
  };
  EXPECT_EQ(trap("nowhere"), "");
  EXPECT_EQ(trap("staged"), "");
  std::filesystem::create_directory_symlink(folder_ / "staged", folder_ / "link");
  EXPECT_NE(trap("link").find("symbolic link"), std::string::npos);
  write_text(folder_ / "file", "x");
  EXPECT_NE(trap("file").find("a file"), std::string::npos);
  ::chmod(folder_.path().c_str(), 01777);
  EXPECT_EQ(trap("staged"), "") << "it is the owner's of the output, or of this user";
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown((folder_ / "staged").c_str(), 61001, 61001), 0);
  EXPECT_NE(trap("staged").find("belongs to '61001'"), std::string::npos);
}

}  // namespace
}  // namespace gristmill::storage
