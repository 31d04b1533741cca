#include "growth/inputs.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "source/line_source.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::growth {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

// A folder of collections, and a ledger of what it held.
class InputsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_ / "in");
    write_text(folder_ / "in/a.jsonl", "one\n");
    write_text(folder_ / "in/b.jsonl", "two\n");
    recipe_.collections = {folder_ / "in"};
    for (const source::InputFile& file : list()) {
      LedgerEntry entry;
      entry.batch = 1;
      entry.path = file.path;
      entry.tree_hash = *source::tree_hash_of(*storage_, file, {});
      entry.modified = file.modified;
      entry.changed = file.changed;
      entry.file.name = file.name;
      entry.file.stored_bytes = file.size;
      ledger_.push_back(entry);
    }
  }
  std::vector<source::InputFile> list() { return source::list_input_files(*storage_, recipe_)->files; }
  LedgerComparison compare() {
    auto compared = compare_with_ledger(*storage_, recipe_, list(), 2, ledger_, {});
    EXPECT_TRUE(compared.ok()) << compared.error().message;
    return compared.ok() ? std::move(*compared) : LedgerComparison();
  }
  static std::vector<std::string> names(const LedgerComparison& compared) {
    std::vector<std::string> names;
    for (const source::InputFile& file : compared.fresh) names.push_back(file.name);
    return names;
  }

  std::unique_ptr<Storage> storage_ = make_local_storage();
  TemporaryFolder folder_;
  Recipe recipe_;
  std::vector<LedgerEntry> ledger_;
};

TEST_F(InputsTest, WhatIsThereIsKnown) {
  const LedgerComparison compared = compare();
  EXPECT_EQ(compared.known, 2U);
  EXPECT_TRUE(compared.fresh.empty());
  EXPECT_TRUE(compared.changed.empty());
}

TEST_F(InputsTest, ATouchedFileIsKnownAndGetsItsNewTimes) {
  std::filesystem::last_write_time(std::filesystem::path(folder_ / "in/a.jsonl"),
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(5));
  const std::int64_t before = ledger_[0].modified;
  EXPECT_EQ(compare().known, 2U);
  EXPECT_NE(ledger_[0].modified, before);
}

TEST_F(InputsTest, OtherBytesAreAChangeOfAnySize) {
  write_text(folder_ / "in/a.jsonl", "ONE\n");
  write_text(folder_ / "in/b.jsonl", "two\nmore\n");
  const LedgerComparison compared = compare();
  EXPECT_EQ(compared.changed, (std::vector<std::string>{folder_ / "in/a.jsonl", folder_ / "in/b.jsonl"}));
  EXPECT_EQ(compared.known, 0U);
}

TEST_F(InputsTest, AMovedFileIsKnownWhereItsOldPlaceIsEmpty) {
  std::filesystem::create_directory(folder_ / "other");
  std::filesystem::copy(folder_ / "in/a.jsonl", folder_ / "other/a.jsonl");
  recipe_.collections = {folder_ / "in", folder_ / "other"};
  // Both are there: their names are told apart by their folders, so that nothing was moved.
  EXPECT_EQ(compare().moved, 0U);
  std::filesystem::remove(folder_ / "in/a.jsonl");
  const LedgerComparison compared = compare();
  EXPECT_EQ(compared.moved, 1U);
  EXPECT_TRUE(compared.fresh.empty());
  EXPECT_EQ(ledger_[0].path, folder_ / "other/a.jsonl");
}

TEST_F(InputsTest, OneOfAnotherNameOrOtherBytesIsNotMoved) {
  std::filesystem::remove(folder_ / "in/a.jsonl");
  write_text(folder_ / "in/c.jsonl", "one\n");
  std::filesystem::create_directory(folder_ / "in/d");
  write_text(folder_ / "in/d/a.jsonl", "ONE\n");
  const LedgerComparison compared = compare();
  EXPECT_EQ(names(compared), (std::vector<std::string>{"c.jsonl", "d/a.jsonl"}));
  EXPECT_EQ(compared.gone[0], (std::vector<std::string>{folder_ / "in/a.jsonl"}));
}

TEST_F(InputsTest, ANameThatIsTakenGetsTheBatchBeforeIt) {
  std::filesystem::create_directory(folder_ / "later");
  write_text(folder_ / "later/a.jsonl", "three\n");
  recipe_.collections = {folder_ / "later"};
  EXPECT_EQ(names(compare()), std::vector<std::string>{"2/a.jsonl"});
}

TEST_F(InputsTest, WhatLiesElsewhereIsNotGone) {
  std::filesystem::create_directory(folder_ / "i");
  write_text(folder_ / "i/z.jsonl", "three\n");
  std::filesystem::remove(folder_ / "in/a.jsonl");
  recipe_.collections = {folder_ / "i"};  // a beginning of the other folder's name
  EXPECT_TRUE(compare().gone[0].empty());
  recipe_.collections = {folder_ / "in/*.jsonl"};
  EXPECT_EQ(compare().gone[0].size(), 1U);
}

}  // namespace
}  // namespace gristmill::growth
