// Which files stay open, and what is read again from them.
#include "source/input_reader.h"

#include <gtest/gtest.h>

#include "storage/temporary_folder_testing.h"

namespace gristmill::source {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

class InputReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* names[] = {"a.jsonl", "b.jsonl.gz", "c.jsonl"};
    for (const char* name : names) {
      write_text(folder_ / name, "0123456789");
      const Compression compression = std::string(name).ends_with(".gz") ? Compression::gzip : Compression::none;
      files_.push_back({Dataset::collections, folder_ / name, name, 10, 0, compression});
      files_.back().contents = Contents{compression, Framing::lines};
    }
  }

  InputReader open(const InputReaderLimits& limits) {
    auto reader = InputReader::open(*storage_, files_, limits);
    EXPECT_TRUE(reader.ok());
    return reader.ok() ? std::move(reader.value()) : InputReader();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  std::vector<InputFile> files_;
};

TEST_F(InputReaderTest, HoldsPlainFilesWithinTheLimits) {
  const InputReader all = open({20, 2, 4});
  EXPECT_TRUE(all.holds(0, 4));
  EXPECT_FALSE(all.holds(0, 3));
  EXPECT_FALSE(all.holds(1, 100));
  EXPECT_TRUE(all.holds(2, 4));
  EXPECT_FALSE(all.holds(3, 100));
  EXPECT_FALSE(open({19, 2, 4}).holds(2, 4));
  EXPECT_FALSE(open({20, 1, 4}).holds(2, 4));
  EXPECT_FALSE(open({}).holds(0, 1U << 30));
  EXPECT_FALSE(InputReader().holds(0, 1U << 30));
}

TEST_F(InputReaderTest, ReadsExactly) {
  const InputReader reader = open({20, 2, 0});
  char bytes[4] = {};
  const storage::Hash128 hash = storage::hash128("345");
  const auto read = reader.read(2, 3, hash.low, bytes, 3);
  ASSERT_TRUE(read.ok());
  EXPECT_STREQ(bytes, "345");
  EXPECT_EQ(*read, hash);
}

TEST_F(InputReaderTest, WhatChangedIsAnError) {
  const InputReader reader = open({20, 2, 0});
  for (const char* other : {"012X456789", "01234"}) {
    write_text(files_[2].path, other);
    char bytes[4] = {};
    const auto read = reader.read(2, 3, storage::hash128("345").low, bytes, 3);
    ASSERT_FALSE(read.ok()) << other;
    EXPECT_EQ(read.error().kind, ErrorKind::input);
    EXPECT_NE(read.error().message.find("c.jsonl' changed while it was read"), std::string::npos);
  }
}

TEST_F(InputReaderTest, AFileThatCannotBeOpenedIsAnError) {
  files_[0].path = folder_ / "nothing";
  EXPECT_FALSE(InputReader::open(*storage_, files_, {20, 2, 0}).ok());
}

}  // namespace
}  // namespace gristmill::source
