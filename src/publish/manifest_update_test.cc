#include "publish/manifest_update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "publish/publication_testing.h"

namespace gristmill::publish {
namespace {

using testing::checksum_of;
using testing::Files;
using testing::read_text;
using testing::stage;
using testing::TemporaryFolder;
using testing::why;
using testing::write_text;

ManifestFile file_of(const std::string& path, const std::string& text) {
  return {path, text.size(), checksum_of(text), ""};
}

class ManifestUpdateTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(stage(*storage_, root_, "first", files_).ok()); }

  // Publishes by hand what an update of the files that `files_` has now made.
  void update(const Files& before, std::uint64_t most_files) {
    const std::string run_id = "run" + std::to_string(++runs_);
    const std::string staged = root_ + "/_staging/" + run_id;
    std::filesystem::create_directories(staged);
    ManifestUpdate update(*storage_, {root_, staged, run_id, "\"version\":\"2\"", false, most_files});
    ASSERT_TRUE(update.begin().ok());
    for (const std::string& path : paths(before, files_)) {
      const auto now = files_.find(path);
      const auto old = before.find(path);
      if (now == files_.end()) {
        ASSERT_TRUE(update.drop(path).ok());
      } else if (old != before.end() && old->second == now->second) {
        ASSERT_TRUE(update.keep(file_of(path, now->second)).ok());
      } else {
        Status put = update.put(file_of(path, now->second));
        ASSERT_TRUE(put.ok()) << why(put);
      }
    }
    Status finished = update.finish();
    ASSERT_TRUE(finished.ok()) << why(finished);
    EXPECT_EQ(listed(staged), files_) << "while it is staged";
    for (const ListedFile& change : changes(staged)) {
      if (change.is_gone) std::filesystem::remove(root_ + "/" + change.file.path);
    }
    std::filesystem::create_directories(root_ + "/_state");
    for (const auto& entry : std::filesystem::directory_iterator(staged)) {
      const std::string name = entry.path().filename();
      if (name == "_manifest.json") std::filesystem::rename(entry.path(), root_ + "/" + name);
      if (name != "_state") continue;
      for (const auto& list : std::filesystem::directory_iterator(entry.path()))
        std::filesystem::rename(list.path(), root_ + "/_state/" + std::string(list.path().filename()));
    }
    std::filesystem::remove_all(root_ + "/_staging");
    EXPECT_EQ(listed(root_), files_);
  }

  static std::vector<std::string> paths(const Files& some, const Files& others) {
    std::set<std::string> all;
    for (const auto& [path, text] : some) all.insert(path);
    for (const auto& [path, text] : others) all.insert(path);
    return {all.begin(), all.end()};
  }

  std::vector<ListedFile> changes(const std::string& staged) {
    std::vector<ListedFile> found;
    auto reader = FileListReader::open(*storage_, staged + "/_changes");
    for (;;) {
      auto file = reader->next();
      EXPECT_TRUE(file.ok()) << why(file);
      if (!file.ok() || !*file) return found;
      found.push_back(**file);
    }
  }

  // By a manifest, the files but for lists, with their texts; the lists must be there as they are listed.
  Files listed(const std::string& folder) {
    Files found;
    auto reader = ManifestReader::open(*storage_, folder + "/_manifest.json");
    EXPECT_TRUE(reader.ok()) << why(reader);
    if (!reader.ok()) return found;
    lists_ = reader->lists().size();
    EXPECT_EQ(reader->header_fields(), runs_ == 0 ? "\"version\":\"1.0\"" : "\"version\":\"2\"");
    for (;;) {
      auto file = reader->next();
      EXPECT_TRUE(file.ok()) << why(file);
      if (!file.ok() || !*file) return found;
      if ((*file)->path.starts_with("_state/files-")) {
        const std::string place = folder + "/" + (*file)->path;
        const bool is_staged = std::filesystem::exists(place);
        EXPECT_EQ(checksum_of(read_text(is_staged ? place : root_ + "/" + (*file)->path)), (*file)->xxh3_128);
        continue;
      }
      const auto text = files_.find((*file)->path);
      if (text != files_.end() && checksum_of(text->second) == (*file)->xxh3_128)
        found.insert(*text);
      else
        found[(*file)->path] = "?";
    }
  }

  Files files_ = {{"a", "1"}, {"labels/p/c-1", "x"}, {"z", "9"}};
  TemporaryFolder folder_;
  std::string root_ = folder_ / "out";
  std::unique_ptr<Storage> storage_ = make_local_storage();
  int runs_ = 0;
  std::size_t lists_ = 0;
};

TEST_F(ManifestUpdateTest, AFewFilesStandInTheManifest) {
  const Files before = files_;
  files_.erase("a");
  files_["labels/p/c-2"] = "y";
  files_["z"] = "10";
  update(before, 3);
  EXPECT_EQ(lists_, 0U);
  EXPECT_NE(read_text(root_ + "/_manifest.json").find("\"files\":["), std::string::npos);
}

TEST_F(ManifestUpdateTest, ManyStandInLists) {
  const Files before = files_;
  files_["b"] = "2";
  update(before, 2);
  EXPECT_EQ(lists_, 1U);
  EXPECT_TRUE(read_text(root_ + "/_manifest.json").starts_with("{\"manifest\":2,"));
}

TEST_F(ManifestUpdateTest, ListsGrowAndFoldAndStayWhatTheyMean) {
  std::mt19937 random(7);
  std::size_t most = 0;
  std::size_t folds = 0;
  for (int i = 0; i < 2000; ++i) files_["labels/p" + std::to_string(i) + "/c"] = "x";
  std::filesystem::remove_all(root_);
  ASSERT_TRUE(stage(*storage_, root_, "first", files_).ok());
  for (int run = 0; run < 60; ++run) {
    const Files before = files_;
    for (int change = 0; change < (run % 20 == 19 ? 900 : 12); ++change) {
      const std::string path = "labels/p" + std::to_string(random() % 3000) + "/c";
      if (random() % 3 == 0) {
        files_.erase(path);
      } else {
        files_[path] += std::to_string(run);
      }
    }
    const std::size_t lists = lists_;
    update(before, 100);
    if (HasFailure()) FAIL() << "run " << run;
    most = std::max(most, lists_);
    folds += lists_ < lists ? 1 : 0;
  }
  EXPECT_EQ(most, 16U);
  EXPECT_GT(folds, 2U);
}

TEST_F(ManifestUpdateTest, ADamagedListIsNamed) {
  const Files before = files_;
  files_["b"] = "2";
  update(before, 2);
  const std::string list = root_ + "/_state/files-run1";
  const std::string whole = read_text(list);
  const auto error = [&](const std::string& text) {
    std::filesystem::remove(list);
    if (!text.empty()) write_text(list, text);
    auto reader = ManifestReader::open(*storage_, root_ + "/_manifest.json");
    while (reader.ok()) {
      auto file = reader->next();
      if (!file.ok()) return file.error().message;
      if (!*file) return std::string();
    }
    return reader.error().message;
  };
  EXPECT_EQ(error(whole), "");
  EXPECT_NE(error("").find("_state/files-run1"), std::string::npos);
  for (const std::string& text :
       std::vector<std::string>{whole.substr(0, whole.size() - 1), whole.substr(whole.find('\n') + 1), whole + whole,
                                "{\"path\":\"../a\",\"gone\":true}\n", "{}\n", "{\"path\":\"a\",\"gone\":false}\n"}) {
    EXPECT_NE(error(text).find("_state/files-run1' is broken at line"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace gristmill::publish
