#include "publish/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "publish/publication_testing.h"
#include "storage/forwarding_storage_testing.h"

namespace gristmill::publish {
namespace {

using testing::Files;
using testing::stage;
using testing::TemporaryFolder;
using testing::why;
using testing::write_text;

// Counts walks and scratch files, and walks in bytewise order of the paths, or in its reverse, if told to.
class WalkCounter final : public testing::ForwardingStorage {
 public:
  explicit WalkCounter(Storage& inner) : ForwardingStorage(inner) {}

  StorageTraits traits(const std::string& path) const override {
    StorageTraits traits = ForwardingStorage::traits(path);
    traits.walks_in_order = says_in_order;
    return traits;
  }
  Status walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) override {
    ++walks;
    if (!says_in_order) return ForwardingStorage::walk(folder, visit, skip);
    std::vector<FileInfo> all;
    GM_RETURN_IF_ERROR(ForwardingStorage::walk(
        folder,
        [&](const FileInfo& file) {
          all.push_back(file);
          return Status();
        },
        skip));
    std::sort(all.begin(), all.end(),
              [this](const FileInfo& a, const FileInfo& b) { return reversed ? b.name < a.name : a.name < b.name; });
    for (const FileInfo& file : all) GM_RETURN_IF_ERROR(visit(file));
    return {};
  }
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override {
    ++scratches;
    return ForwardingStorage::scratch(folder);
  }

  bool says_in_order = false;
  bool reversed = false;
  int walks = 0;
  int scratches = 0;
};

class AuditTest : public ::testing::Test {
 protected:
  // Of `memory` bytes for what is listed and found.
  TreeAudit audit(std::uint64_t memory = 1 << 20, const std::vector<std::string>& skip = {}) {
    auto result = audit_tree(walks_, folder_ / "t", folder_ / "t/_manifest.json", skip, {}, memory);
    EXPECT_TRUE(result.ok()) << why(result);
    return result.ok() ? *result : TreeAudit();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  WalkCounter walks_{*storage_};
};

TEST_F(AuditTest, FindsNothingWrongWithAWholeTree) {
  ASSERT_TRUE(stage(*storage_, folder_ / "t", "r1", {{"a/b", "12"}, {"c", "345"}}).ok());
  const TreeAudit found = audit();
  EXPECT_TRUE(found.complete());
  EXPECT_EQ(found.extra, 0U);
  EXPECT_EQ(found.run_id, "r1");
  EXPECT_EQ(found.files, 2U);
  EXPECT_EQ(found.bytes, 5U);
  EXPECT_EQ(found.manifest_checksum, testing::checksum_of(testing::read_text(folder_ / "t/_manifest.json")));
}

TEST_F(AuditTest, NamesWhatIsMissingResizedAndExtra) {
  ASSERT_TRUE(stage(*storage_, folder_ / "t", "r1", {{"a/b", "12"}, {"c", "345"}, {"d", "6"}}).ok());
  std::filesystem::remove(folder_ / "t/a/b");
  write_text(folder_ / "t/c", "3456");
  write_text(folder_ / "t/a/_SUCCESS", "");
  write_text(folder_ / "t/skipped/x", "");
  std::filesystem::create_symlink("d", folder_ / "t/link");
  const TreeAudit found = audit(1000, {"skipped"});
  EXPECT_EQ(found.missing_names, std::vector<std::string>{"a/b"});
  EXPECT_EQ(found.resized_names, std::vector<std::string>{"c"});
  EXPECT_EQ(found.extra_names, (std::vector<std::string>{"a/_SUCCESS", "link"}));
  EXPECT_TRUE(found.special);
}

TEST_F(AuditTest, AListedFileThatBecameALinkIsMissingAndExtra) {
  ASSERT_TRUE(stage(*storage_, folder_ / "t", "r1", {{"a", "12"}}).ok());
  std::filesystem::remove(folder_ / "t/a");
  std::filesystem::create_symlink("/etc/passwd", folder_ / "t/a");
  const TreeAudit found = audit();
  EXPECT_EQ(found.missing, 1U);
  EXPECT_EQ(found.extra, 1U);
}

TEST_F(AuditTest, TheBoundOfMemoryChangesNothing) {
  Files files;
  for (int i = 0; i < 500; ++i) {
    files["p" + std::to_string(i % 7) + "/" + std::to_string(i)] = std::string(i % 3, 'x');
  }
  ASSERT_TRUE(stage(*storage_, folder_ / "t", "r1", files).ok());
  for (int i = 0; i < 30; ++i) {
    std::filesystem::remove(folder_ / ("t/p" + std::to_string(i % 7) + "/" + std::to_string(i)));
    write_text(folder_ / ("t/extra/" + std::to_string(i)), "");
  }
  for (const std::uint64_t memory : {1U, 70U, 1000U, 49'999U, 1U << 20}) {
    const TreeAudit found = audit(memory);
    EXPECT_EQ(found.missing, 30U) << memory;
    EXPECT_EQ(found.extra, 30U) << memory;
    EXPECT_EQ(found.resized, 0U);
    EXPECT_EQ(found.missing_names.size(), audit_examples);
    EXPECT_EQ(found.extra_names.size(), audit_examples);
    EXPECT_EQ(found.files, 500U);
  }
}

// However little memory there is, and in whatever order the storage walks: only extra files are looked for again.
TEST_F(AuditTest, LooksOnce) {
  Files files;
  for (int i = 0; i < 200; ++i) files["p" + std::to_string(i % 7) + "/" + std::to_string(i)] = "x";
  ASSERT_TRUE(stage(*storage_, folder_ / "t", "r1", files).ok());
  for (const bool in_order : {false, true}) {
    walks_.says_in_order = in_order;
    for (const std::uint64_t memory : {1U, 5000U, 1U << 20}) {
      walks_.walks = walks_.scratches = 0;
      const TreeAudit found = audit(memory);
      EXPECT_TRUE(found.complete());
      EXPECT_EQ(found.extra, 0U);
      EXPECT_EQ(walks_.walks, 1) << memory;
      EXPECT_EQ(walks_.scratches, in_order || memory > 100'000 ? 0 : 1) << memory;
    }
  }
  std::filesystem::remove(folder_ / "t/p1/1");
  write_text(folder_ / "t/p1/8", "longer");
  for (const bool extra : {false, true}) {
    if (extra) write_text(folder_ / "t/p1/extra", "");
    for (const bool in_order : {false, true}) {
      walks_.says_in_order = in_order;
      walks_.walks = 0;
      const TreeAudit found = audit(1000);
      EXPECT_EQ(found.missing_names, std::vector<std::string>{"p1/1"});
      EXPECT_EQ(found.resized_names, std::vector<std::string>{"p1/8"});
      EXPECT_EQ(found.extra_names, extra ? std::vector<std::string>{"p1/extra"} : std::vector<std::string>());
      EXPECT_EQ(walks_.walks, extra && !in_order ? 2 : 1);
    }
  }
}

TEST_F(AuditTest, AServerThatListsInAnotherOrderThanItSaysChangesNothing) {
  ASSERT_TRUE(stage(*storage_, folder_ / "t", "r1", {{"a.b", "12"}, {"a/b", "345"}, {"c", "6"}}).ok());
  write_text(folder_ / "t/extra", "");
  std::filesystem::remove(folder_ / "t/c");
  walks_.says_in_order = walks_.reversed = true;
  const TreeAudit found = audit();
  EXPECT_EQ(found.missing_names, std::vector<std::string>{"c"});
  EXPECT_EQ(found.extra_names, std::vector<std::string>{"extra"});
  EXPECT_EQ(found.resized, 0U);
}

TEST_F(AuditTest, StopsWhenAskedTo) {
  Files files;
  for (int i = 0; i < 500; ++i) files[std::to_string(i)] = "";
  ASSERT_TRUE(stage(*storage_, folder_ / "t", "r1", files).ok());
  const auto found = audit_tree(*storage_, folder_ / "t", folder_ / "t/_manifest.json", {}, [] { return true; });
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::interrupted);
}

TEST(CountWithNames, ReadsAsASentencePart) {
  EXPECT_EQ(count_with_names(3, {}), "3 files");
  EXPECT_EQ(count_with_names(1, {"a"}), "1 file ('a')");
  EXPECT_EQ(count_with_names(2, {"a", "b"}), "2 files ('a', 'b')");
  EXPECT_EQ(count_with_names(12, {"a", "b"}), "12 files ('a', 'b' and others)");
}

// Of a run that adds to an output: only what it changes is staged.
TEST_F(AuditTest, AListOfChangesStandsForTheManifest) {
  for (const bool in_order : {false, true}) {
    walks_.says_in_order = in_order;
    const std::string folder = folder_ / (in_order ? "o" : "s");
    std::filesystem::create_directory(folder);
    for (const char* name : {"b", "d"}) write_text(folder + "/" + name, "3");
    FileListWriter changes(*storage_, {folder});
    ASSERT_TRUE(changes.open(std::string(changes_name)).ok());
    const std::string sum = testing::checksum_of("3");
    ASSERT_TRUE(changes.add({{"a", 0, "", ""}, true}).ok());
    ASSERT_TRUE(changes.add({{"b", 1, sum, ""}, false}).ok());
    ASSERT_TRUE(changes.add({{"c", 1, sum, ""}, false}).ok());
    ASSERT_TRUE(changes.finish().ok());
    write_text(folder + "/_manifest.json", "{\"manifest\":1,\"run_id\":\"r\",\n\"files\":[\n");
    const auto look = [&] { return *audit_changes(walks_, folder, {}, 1 << 20); };
    EXPECT_EQ(look().run_id, "r");
    EXPECT_EQ(look().missing_names, std::vector<std::string>{"c"}) << "what goes is not missing";
    EXPECT_EQ(look().extra_names, std::vector<std::string>{"d"});
    write_text(folder + "/c", "33");
    EXPECT_EQ(look().resized_names, std::vector<std::string>{"c"});
  }
}

}  // namespace
}  // namespace gristmill::publish
