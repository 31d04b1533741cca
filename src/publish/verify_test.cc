#include <gtest/gtest.h>

#include <atomic>

#include "publish/publication_testing.h"

namespace gristmill::publish {
namespace {

using testing::Files;
using testing::publish;
using testing::TemporaryFolder;
using testing::why;
using testing::write_text;
using Kind = VerifyDifference::Kind;

class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto published = publish(*storage_, out_, "r1", {{"a/1", "one"}, {"a/2", "two"}, {"b", ""}, {"c", "three"}});
    ASSERT_TRUE(published.ok()) << why(published);
  }
  VerifyReport check(unsigned threads = 1) {
    auto report = verify(*storage_, out_, threads);
    EXPECT_TRUE(report.ok()) << why(report);
    return report.ok() ? *report : VerifyReport();
  }

  TemporaryFolder folder_;
  std::string out_ = folder_ / "out";
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(VerifyTest, AWholeOutputHasNoDifferences) {
  const VerifyReport report = check();
  EXPECT_EQ(report.differences, 0U);
  EXPECT_EQ(report.files, 4U);
  EXPECT_EQ(report.bytes, 11U);
  EXPECT_EQ(report.run_id, "r1");
}

TEST_F(VerifyTest, TellsEveryKindOfDifference) {
  std::filesystem::remove(out_ + "/a/1");
  write_text(out_ + "/a/2", "TWO");
  write_text(out_ + "/b", "x");
  write_text(out_ + "/stranger", "");
  std::filesystem::remove(out_ + "/_SUCCESS");
  for (const unsigned threads : {1U, 4U}) {
    const VerifyReport report = check(threads);
    EXPECT_EQ(report.differences, 5U);
    ASSERT_EQ(report.examples.size(), 5U);
    EXPECT_EQ(report.examples[0].path, "_SUCCESS");
    EXPECT_EQ(report.examples[0].kind, Kind::missing);
    EXPECT_EQ(report.examples[1].path, "a/1");
    EXPECT_EQ(report.examples[1].kind, Kind::missing);
    EXPECT_EQ(report.examples[2].path, "a/2");
    EXPECT_EQ(report.examples[2].kind, Kind::checksum);
    EXPECT_EQ(report.examples[3].path, "b");
    EXPECT_EQ(report.examples[3].kind, Kind::size);
    EXPECT_EQ(report.examples[3].detail, "1 bytes instead of 0");
    EXPECT_EQ(report.examples[4].path, "stranger");
    EXPECT_EQ(report.examples[4].kind, Kind::not_listed);
  }
}

TEST_F(VerifyTest, KeepsTheFirstExamplesOfMany) {
  Files files;
  for (int i = 1000; i < 3000; ++i) files["p/" + std::to_string(i)] = "x";
  ASSERT_TRUE(publish(*storage_, out_, "r2", files).ok());
  for (int i = 1500; i < 3000; ++i) std::filesystem::remove(out_ + "/p/" + std::to_string(i));
  const VerifyReport report = check(3);
  EXPECT_EQ(report.differences, 1500U);
  ASSERT_EQ(report.examples.size(), 1000U);
  EXPECT_EQ(report.examples.front().path, "p/1500");
  EXPECT_EQ(report.examples.back().path, "p/2499");
}

TEST_F(VerifyTest, NeedsAWholeManifest) {
  write_text(out_ + "/_manifest.json", "{}\n");
  auto report = verify(*storage_, out_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::output);
  std::filesystem::remove_all(out_);
  report = verify(*storage_, out_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::input);
}

TEST_F(VerifyTest, StopsWhenAskedTo) {
  std::atomic<int> asked = 0;
  const auto report = verify(*storage_, out_, 2, [&] { return ++asked > 2; });
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::interrupted);
}

TEST_F(VerifyTest, ALivePublicationIsNoneThatWasCutOff) {
  write_text(out_ + "/_staging/COMMIT", "{\"run_id\":\"r9\",\"manifest\":\"\",\"replaces\":\"\"}\n");
  const auto told = [&] {
    const auto report = verify(*storage_, out_);
    const auto tree = find_readable(*storage_, out_);
    EXPECT_FALSE(report.ok() || tree.ok());
    if (report.ok() || tree.ok()) return std::string();
    EXPECT_EQ(report.error().message, tree.error().message);
    return report.error().message;
  };
  EXPECT_NE(told().find("was cut off before its end"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(out_ + "/_staging/lock"));
  {
    const auto lock = storage_->try_lock(out_ + "/_staging/lock");
    ASSERT_TRUE(lock.ok() && *lock != nullptr);
    EXPECT_NE(told().find("is being published just now by run r9"), std::string::npos) << told();
  }
  EXPECT_NE(told().find("was cut off before its end"), std::string::npos);
}

TEST_F(VerifyTest, SuccessIsAnEmptyFile) {
  write_text(out_ + "/_SUCCESS", "x");
  EXPECT_EQ(check().examples.at(0).kind, Kind::size);
  std::filesystem::remove(out_ + "/_SUCCESS");
  std::filesystem::create_directory(out_ + "/_SUCCESS");
  EXPECT_EQ(check().examples.at(0).kind, Kind::missing);
  EXPECT_FALSE(find_readable(*storage_, out_).ok());
}

}  // namespace
}  // namespace gristmill::publish
