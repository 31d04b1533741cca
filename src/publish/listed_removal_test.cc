#include "publish/listed_removal.h"

#include <gtest/gtest.h>

#include <set>

#include "publish/publication_testing.h"

namespace gristmill::publish {
namespace {

using testing::Files;
using testing::read_tree;
using testing::TemporaryFolder;
using testing::write_text;

class ListedRemovalTest : public ::testing::Test {
 protected:
  void remove(const std::set<std::string>& paths) {
    ListedRemoval removal(*storage_, folder_.path());
    for (const std::string& path : paths) ASSERT_TRUE(removal.add(path).ok());
    ASSERT_TRUE(removal.finish().ok());
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(ListedRemovalTest, TakesTheFoldersThatBecomeEmpty) {
  const std::set<std::string> listed = {"a-b/x", "a/b", "a/b.c/d", "a/b/e", "a/c/d/e/f", "a/c/d/g", "b", "not/there"};
  for (const std::string& path : listed) {
    if (path != "a/b" && path != "not/there") write_text(folder_ / path, "");
  }
  write_text(folder_ / "a/c/stays", "");
  remove(listed);
  EXPECT_EQ(read_tree(folder_.path()), (Files{{"a/c/stays", ""}}));
}

TEST_F(ListedRemovalTest, WorksAcrossBatches) {
  std::set<std::string> listed;
  for (int i = 0; i < 2500; ++i) listed.insert("p" + std::to_string(i % 1200) + "/" + std::to_string(i));
  for (const std::string& path : listed) write_text(folder_ / path, "");
  remove(listed);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(ListedRemovalTest, EmptyFoldersGoWithoutFiles) {
  std::filesystem::create_directories(folder_ / "t/a/b");
  std::filesystem::create_directories(folder_ / "t/c");
  auto removed = remove_empty_folders(*storage_, folder_ / "t");
  EXPECT_TRUE(removed.ok() && *removed);
  write_text(folder_ / "t/b/file", "");
  std::filesystem::create_directories(folder_ / "t/a");
  removed = remove_empty_folders(*storage_, folder_ / "t");
  EXPECT_TRUE(removed.ok() && !*removed);
  EXPECT_EQ(read_tree(folder_.path()), (Files{{"t/b/file", ""}}));
}

}  // namespace
}  // namespace gristmill::publish
