#include "storage/output_file.h"

#include <gtest/gtest.h>

#include <random>

#include "storage/faulty.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::storage {
namespace {

using testing::read_text;
using testing::TemporaryFolder;

class OutputFileTest : public ::testing::Test {
 protected:
  OutputOptions options(std::size_t buffer_size = 16) {
    OutputOptions result;
    result.root = folder_.path();
    result.buffer_size = buffer_size;
    return result;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(OutputFileTest, WritesWhatIsAppendedInAnySizes) {
  std::mt19937 random(3);
  for (const std::size_t buffer_size : {1U, 2U, 16U, 100U, 4096U}) {
    OutputFile file(*storage_, options(buffer_size));
    const std::string path = "a/b" + std::to_string(buffer_size);
    ASSERT_TRUE(file.open(path).ok());
    EXPECT_TRUE(file.is_open());
    std::string expected;
    for (int i = 0; i < 200; ++i) {
      std::string piece(random() % 40, static_cast<char>('a' + i % 26));
      if (!piece.empty() && i % 5 == 0) piece.back() = '\n';
      ASSERT_TRUE(file.append(piece).ok());
      expected += piece;
      // The other way to write: straight into the buffer.
      const std::size_t size = random() % (file.room_limit() + 1);
      ASSERT_TRUE(file.make_room(size).ok());
      std::memset(file.position(), '\n', size);
      file.advance(size);
      expected.append(size, '\n');
    }
    const auto written = file.close();
    ASSERT_TRUE(written.ok());
    EXPECT_FALSE(file.is_open());
    EXPECT_EQ(read_text(folder_ / path), expected);
    EXPECT_EQ(written->path, path);
    EXPECT_EQ(written->size, expected.size());
    EXPECT_EQ(written->hash, hash128(expected));
    EXPECT_EQ(written->newlines, static_cast<std::uint64_t>(std::count(expected.begin(), expected.end(), '\n')));
  }
}

TEST_F(OutputFileTest, AppendsNothing) {
  OutputFile file(*storage_, options());
  ASSERT_TRUE(file.open("a").ok());
  EXPECT_TRUE(file.append({}).ok());
  EXPECT_TRUE(file.append("").ok());
  const auto written = file.close();
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->size, 0U);
  EXPECT_EQ(written->newlines, 0U);
  EXPECT_EQ(written->hash, hash128(""));
  EXPECT_EQ(read_text(folder_ / "a"), "");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "a"));
}

TEST_F(OutputFileTest, StartsAnewWithEveryFile) {
  OutputFile file(*storage_, options());
  for (const std::string text : {"first\n", "second file, longer than the buffer\n", "", "x"}) {
    const std::string path = "f" + std::to_string(text.size());
    ASSERT_TRUE(file.open(path).ok());
    ASSERT_TRUE(file.append(text).ok());
    const auto written = file.close();
    ASSERT_TRUE(written.ok());
    EXPECT_EQ(written->path, path);
    EXPECT_EQ(written->size, text.size());
    EXPECT_EQ(written->hash, hash128(text));
    EXPECT_EQ(read_text(folder_ / path), text);
  }
}

TEST_F(OutputFileTest, DoesNotOverwrite) {
  OutputFile file(*storage_, options());
  ASSERT_TRUE(file.open("a").ok());
  ASSERT_TRUE(file.append("1").ok());
  ASSERT_TRUE(file.close().ok());
  const Status again = file.open("a");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::output);
  EXPECT_FALSE(file.is_open());
  EXPECT_EQ(read_text(folder_ / "a"), "1");
}

TEST_F(OutputFileTest, EveryFaultComesOut) {
  // Operations: create, append ..., close. Each of them may fail.
  const auto run = [&](std::uint64_t at) -> Status {
    FaultPlan plan;
    plan.action = at == 0 ? FaultPlan::Action::none : FaultPlan::Action::error;
    plan.at = at;
    plan.error_number = ENOSPC;
    const auto faulty = make_faulty_storage(*storage_, plan);
    OutputFile file(*faulty, options(4));
    GM_RETURN_IF_ERROR(file.open("f" + std::to_string(at)));
    GM_RETURN_IF_ERROR(file.append("abc"));
    GM_RETURN_IF_ERROR(file.append("defghijk"));
    GM_RETURN_IF_ERROR(file.append("l"));
    GM_ASSIGN(const WrittenFile written, file.close());
    EXPECT_EQ(written.size, 12U);
    return {};
  };
  EXPECT_TRUE(run(0).ok());
  for (std::uint64_t at = 1; at <= 5; ++at) {
    const Status status = run(at);
    ASSERT_FALSE(status.ok()) << at;
    EXPECT_EQ(status.error().kind, ErrorKind::output);
    EXPECT_NE(status.error().message.find("No space left"), std::string::npos) << status.error().message;
  }
}

TEST_F(OutputFileTest, KnowsTheSha256OnRequest) {
  OutputOptions with_sha256 = options();
  with_sha256.sha256 = true;
  OutputFile file(*storage_, with_sha256);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(file.open("f" + std::to_string(i)).ok());
    ASSERT_TRUE(file.append("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").ok());
    const auto written = file.close();
    ASSERT_TRUE(written.ok());
    EXPECT_EQ(written->sha256,
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");  // FIPS 180-2
  }
  OutputFile without(*storage_, options());
  ASSERT_TRUE(without.open("g").ok());
  EXPECT_EQ(without.close()->sha256, "");
}

}  // namespace
}  // namespace gristmill::storage
