#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "gristmill/storage.h"
#include "recipe/settings.h"

namespace gristmill::recipe {
namespace {

class SettingsFile : public ::testing::Test {
 protected:
  SettingsFile()
      : storage_(make_local_storage()),
        read_([read = settings_file_reader(*storage_)](const std::string& path) { return read(path, Settings{}); }) {
    std::string name = ::testing::TempDir() + "settings_file_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~SettingsFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }

  std::unique_ptr<Storage> storage_;
  std::function<Result<std::optional<std::string>>(const std::string& path)> read_;
  std::string folder_;
};

TEST_F(SettingsFile, IsReadWhole) {
  EXPECT_EQ(*read_(write("a", "threads: 2\n")), "threads: 2\n");
  EXPECT_EQ(*read_(write("b", "")), "");
  EXPECT_EQ(*read_(write("c", std::string(4 << 20, 'x'))), std::string(4 << 20, 'x'));
}

TEST_F(SettingsFile, NothingAndFoldersAreNoFile) {
  EXPECT_EQ(*read_(folder_ + "/missing"), std::nullopt);
  EXPECT_EQ(*read_(folder_), std::nullopt);  // a virtual environment of Python is often called .env
  EXPECT_EQ(*read_("/dev/null"), "");
}

TEST_F(SettingsFile, OtherThanARegularFileIsRefused) {
  const Result<std::optional<std::string>> text = read_("/dev/zero");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().message, "'/dev/zero' is no regular file");
}

TEST_F(SettingsFile, TooLargeForSettingsIsRefused) {
  const Result<std::optional<std::string>> text = read_(write("large", std::string((4 << 20) + 1, 'x')));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::usage);
}

TEST_F(SettingsFile, IsFoundInTheWorkingDirectory) {
  write("gristmill.yaml", "threads: 3\n");
  write(".env", "GRISTMILL_OUTPUT=out\n");
  const Result<Settings> settings = resolve_settings({{}, {}, folder_, settings_file_reader(*storage_)});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->recipe.threads, 3U);
  EXPECT_EQ(settings->recipe.output, "out");
}

}  // namespace
}  // namespace gristmill::recipe
