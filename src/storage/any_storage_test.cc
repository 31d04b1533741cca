#include "storage/any_storage.h"

#include <gtest/gtest.h>

#include "storage/temporary_folder_testing.h"

namespace gristmill::storage {
namespace {

S3Options nobody_there() {
  S3Options options;
  options.settings.endpoint = "http://127.0.0.1:1";
  options.keys = AccessKeys{"key", "hunter2", ""};
  return options;
}

TEST(AnyStorage, LocalPathsNeedNoS3) {
  const testing::TemporaryFolder folder;
  const std::unique_ptr<AnyStorage> storage = make_any_storage();
  const auto file = storage->create(folder / "a/b");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->append("text").ok());
  ASSERT_TRUE((*file)->close(false).ok());
  const auto info = storage->stat(folder / "a/b");
  ASSERT_TRUE(info.ok() && *info);
  EXPECT_EQ((*info)->size, 4U);
  EXPECT_TRUE(storage->traits(folder / "a").exchanges_folders);
  EXPECT_FALSE(storage->traits("s3://bucket/a").exchanges_folders);
  EXPECT_TRUE(storage->requests().empty());
}

TEST(AnyStorage, AnS3PathLeadsToS3) {
  const std::unique_ptr<AnyStorage> storage = make_any_storage();
  storage->use(nobody_there());
  const auto info = storage->stat("s3://bucket/key");
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(info.error().kind, ErrorKind::input);
  EXPECT_NE(info.error().message.find("'s3://bucket/key': '127.0.0.1:1' does not answer"), std::string::npos)
      << info.error().message;
  EXPECT_EQ(info.error().message.find("hunter2"), std::string::npos);
  EXPECT_FALSE(storage->requests().empty());
}

TEST(AnyStorage, WhatAProgramMakesIsTheSame) {
  const testing::TemporaryFolder folder;
  const std::unique_ptr<Storage> storage = make_storage(nobody_there());
  ASSERT_TRUE(storage->make_folder(folder / "a").ok());
  const auto local = storage->open(folder / "none");
  ASSERT_FALSE(local.ok());
  EXPECT_EQ(local.error().file, folder / "none");
  const auto remote = storage->stat("s3://bucket/key");
  ASSERT_FALSE(remote.ok());
  EXPECT_EQ(remote.error().file, "s3://bucket/key");
}

TEST(S3Options, TheProcessGoesBeforeTheFileAndS3GetsItsShare) {
  S3Settings settings;
  settings.region = "eu-central-1";
  const S3Options options = s3_options(settings, {{"A", "1"}}, {{"A", "2"}, {"B", "3"}}, 128U << 20);
  EXPECT_EQ(options.settings.region, "eu-central-1");
  EXPECT_EQ(options.environment, (std::map<std::string, std::string>{{"A", "1"}, {"B", "3"}}));
  EXPECT_EQ(options.memory, 16U << 20);
  EXPECT_EQ(options.part_size, 8U << 20);
  EXPECT_EQ(s3_options({}, {}, {}, 1U << 20).memory, 4U << 20);
}

TEST(AnyStorage, NothingMovesFromOneStorageToTheOther) {
  const std::unique_ptr<AnyStorage> storage = make_any_storage();
  storage->use(nobody_there());
  const Status moved = storage->rename("/tmp/a", "s3://bucket/a");
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().kind, ErrorKind::internal);
}

TEST(AnyStorage, WhatIsUsedLaterHolds) {
  const std::unique_ptr<AnyStorage> storage = make_any_storage();
  storage->use(nobody_there());
  EXPECT_FALSE(storage->stat("s3://bucket/key").ok());
  S3Options wrong = nobody_there();
  wrong.settings.endpoint = "nonsense";
  storage->use(wrong);
  const auto info = storage->stat("s3://bucket/key");
  ASSERT_FALSE(info.ok());
  EXPECT_NE(info.error().message.find("nonsense"), std::string::npos) << info.error().message;
}

}  // namespace
}  // namespace gristmill::storage
