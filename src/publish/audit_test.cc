#include "publish/audit.h"

#include <gtest/gtest.h>

#include "publish/publication_testing.h"

namespace gristmill {
namespace {

using testing::Files;
using testing::stage;
using testing::TemporaryFolder;
using testing::why;
using testing::write_text;

class AuditTest : public ::testing::Test {
 protected:
  TreeAudit audit(std::uint64_t listed_at_once = 1000, const std::vector<std::string>& skip = {}) {
    auto result =
        audit_tree(*storage_, folder_ / "t", folder_ / "t/_manifest.json", skip, {}, listed_at_once);
    EXPECT_TRUE(result.ok()) << why(result);
    return result.ok() ? *result : TreeAudit();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
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
  for (const std::uint64_t listed_at_once : {1U, 7U, 100U, 499U, 500U, 1000U}) {
    const TreeAudit found = audit(listed_at_once);
    EXPECT_EQ(found.missing, 30U) << listed_at_once;
    EXPECT_EQ(found.extra, 30U) << listed_at_once;
    EXPECT_EQ(found.resized, 0U);
    EXPECT_EQ(found.missing_names.size(), audit_examples);
    EXPECT_EQ(found.extra_names.size(), audit_examples);
  }
}

TEST_F(AuditTest, StopsWhenAskedTo) {
  Files files;
  for (int i = 0; i < 500; ++i) files[std::to_string(i)] = "";
  ASSERT_TRUE(stage(*storage_, folder_ / "t", "r1", files).ok());
  const auto found =
      audit_tree(*storage_, folder_ / "t", folder_ / "t/_manifest.json", {}, [] { return true; });
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::interrupted);
}

TEST(CountWithNames, ReadsAsASentencePart) {
  EXPECT_EQ(count_with_names(1, {"a"}), "1 file ('a')");
  EXPECT_EQ(count_with_names(2, {"a", "b"}), "2 files ('a', 'b')");
  EXPECT_EQ(count_with_names(12, {"a", "b"}), "12 files ('a', 'b' and others)");
}

}  // namespace
}  // namespace gristmill
