#include "growth/ledger.h"

#include <gtest/gtest.h>

#include "storage/temporary_folder_testing.h"

namespace gristmill::growth {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

LedgerEntry sample_entry() {
  LedgerEntry entry;
  entry.batch = 3;
  entry.path = "/in/\"a\"\n.jsonl.gz";
  entry.tree_hash = "0123456789abcdef0123456789abcdef";
  entry.modified = 1'795'983'671'419'956'273;
  entry.changed = 7;
  entry.file.dataset = Dataset::predictions;
  entry.file.name = "3/a.jsonl.gz";
  entry.file.stored_bytes = 10;
  entry.file.bytes = entry.file.covered = 100;
  entry.file.lines = 6;
  entry.file.accepted = 3;
  entry.file.rejected = 2;
  entry.file.blank = 1;
  entry.file.repaired = 2;
  entry.file.compression = "gzip";
  entry.file.framing = Framing::values;
  entry.file.name_and_content_differ = true;
  return entry;
}

class LedgerTest : public ::testing::Test {
 protected:
  Result<std::vector<LedgerEntry>> read(const std::string& text) {
    write_text(folder_ / "ledger", text);
    return read_ledger(*storage_, folder_ / "ledger");
  }
  std::unique_ptr<Storage> storage_ = make_local_storage();
  TemporaryFolder folder_;
};

TEST_F(LedgerTest, AnEntryComesBackAsItWas) {
  LedgerEntry object = sample_entry();
  object.etag = "\"e\"";
  object.file.name_and_content_differ = false;
  object.file.repaired.reset();
  std::string text;
  append_ledger_line(sample_entry(), text);
  object.path = "/in/\xFF\xFE.jsonl";
  append_ledger_line(object, text);
  const auto ledger = read(text);
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  ASSERT_EQ(ledger->size(), 2U);
  const LedgerEntry& entry = ledger->front();
  EXPECT_EQ(entry.path, sample_entry().path);
  EXPECT_EQ(entry.modified, 1'795'983'671'419'956'273);
  EXPECT_EQ(entry.file.framing, Framing::values);
  EXPECT_TRUE(entry.file.name_and_content_differ);
  EXPECT_EQ(entry.file.repaired, 2U);
  EXPECT_EQ(ledger->back().file.repaired, std::nullopt);
  EXPECT_EQ(ledger->back().etag, "\"e\"");
  EXPECT_EQ(ledger->back().path, "/in/\xFF\xFE.jsonl");
  std::string again;
  for (const LedgerEntry& each : *ledger) append_ledger_line(each, again);
  EXPECT_EQ(again, text);
}

TEST_F(LedgerTest, ALineThatIsNoneIsNamed) {
  std::string good;
  append_ledger_line(sample_entry(), good);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  const std::pair<std::string, std::string> faults[] = {
      {good + "{", "line 2 is no line of a ledger: it is no JSON"},
      {"[]\n", "line 1 is no line of a ledger: it is no JSON object"},
      {"\n", "it is no JSON"},
      {replaced("\"batch\": 3", "\"batch\": 0"), "its batch is 0"},
      {replaced("\"batch\": 3", "\"batch\": 1.5"), "no whole number 'batch'"},
      {replaced("predictions", "others"), "'others' is no data set"},
      {replaced("\"lines\": 6", "\"lines\": 7"), "its lines do not add up"},
      {replaced("\"tree_hash\"", "\"hash\""), "no text 'tree_hash'"},
  };
  for (const auto& [text, why] : faults) {
    const auto ledger = read(text);
    ASSERT_FALSE(ledger.ok()) << text;
    EXPECT_NE(ledger.error().message.find(why), std::string::npos) << ledger.error().message;
    EXPECT_EQ(ledger.error().kind, ErrorKind::input);
  }
  EXPECT_FALSE(read_ledger(*storage_, folder_ / "none").ok());
}

TEST(Ledger, FilesAreNumberedByDataSetThenAsTheyCame) {
  std::vector<LedgerEntry> ledger(4);
  for (const std::size_t prediction : {0U, 2U}) ledger[prediction].file.dataset = Dataset::predictions;
  EXPECT_EQ(input_order(ledger), (std::vector<std::size_t>{1, 3, 0, 2}));
}

}  // namespace
}  // namespace gristmill::growth
