#include "cli/target_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "storage/temporary_folder_testing.h"

namespace gristmill::cli {
namespace {

class TargetFileTest : public ::testing::Test {
 protected:
  Status write(const std::string& path, ExistingTarget existing = ExistingTarget::replaced) {
    return write_target(*storage_, path, "text", existing);
  }
  void refuses(const std::string& path, const std::string& words) {
    const Status written = write(path);
    ASSERT_FALSE(written.ok()) << path;
    EXPECT_EQ(written.error().kind, ErrorKind::output);
    EXPECT_NE(written.error().message.find(words), std::string::npos) << written.error().message;
    EXPECT_FALSE(written.error().advice.empty());
    EXPECT_FALSE(std::filesystem::exists(path + ".unfinished"));
    EXPECT_FALSE(check_target(*storage_, path).ok());
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(TargetFileTest, MakesAndReplacesFiles) {
  const std::string path = folder_ / "page";
  ASSERT_TRUE(write(path, ExistingTarget::refused).ok());
  EXPECT_FALSE(write(path, ExistingTarget::refused).ok());
  testing::write_text(path, "much longer than before");
  ASSERT_TRUE(write(path).ok());
  EXPECT_EQ(testing::read_text(path), "text");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(TargetFileTest, WritesWhereLinksLead) {
  testing::write_text(folder_ / "real", "before");
  std::filesystem::create_symlink("real", folder_ / "link");
  ASSERT_TRUE(write(folder_ / "link").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
  EXPECT_EQ(testing::read_text(folder_ / "real"), "text");
}

TEST_F(TargetFileTest, RefusesWhatNoFileCanBe) {
  std::filesystem::create_directory(folder_ / "place");
  refuses(folder_ / "place", "it is a folder");
  refuses(folder_ / "nowhere/page", "does not exist");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "nowhere"));
  testing::write_text(folder_ / "file", "");
  refuses(folder_ / "file/page", "file");
}

}  // namespace
}  // namespace gristmill::cli
