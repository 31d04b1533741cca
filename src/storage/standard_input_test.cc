#include "storage/standard_input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "storage/temporary_folder_testing.h"

namespace gristmill::storage {
namespace {

using gristmill::testing::TemporaryFolder;

// Puts something else in the place of standard input, until it is destroyed.
class Redirected {
 public:
  explicit Redirected(int descriptor) : before_(::dup(STDIN_FILENO)) { ::dup2(descriptor, STDIN_FILENO); }
  ~Redirected() {
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
  }

 private:
  int before_;
};

bool never() { return false; }

std::string all_of(const StandardInput& input) {
  const auto file = input.open();
  EXPECT_TRUE(file.ok());
  std::string text((*file)->size(), '\0');
  EXPECT_EQ(*(*file)->read_at(0, text.data(), text.size()), text.size());
  EXPECT_TRUE((*file)->check_unchanged().ok());
  return text;
}

TEST(StandardInput, OfAPipeIsKept) {
  const TemporaryFolder folder;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string sent(3'000'000, 'x');
  std::thread writer([&] {
    std::size_t done = 0;
    while (done < sent.size()) {
      const ssize_t written = ::write(ends[1], sent.data() + done, sent.size() - done);
      ASSERT_GT(written, 0);
      done += static_cast<std::size_t>(written);
    }
    ::close(ends[1]);
  });
  StandardInput input;
  {
    const Redirected redirected(ends[0]);
    EXPECT_EQ(input.stat()->size, 0U);
    EXPECT_TRUE(input.keep(folder.path(), never).ok());
  }
  writer.join();
  ::close(ends[0]);
  EXPECT_EQ(input.stat()->size, sent.size());
  EXPECT_EQ(all_of(input), sent);
  EXPECT_EQ(input.stat()->identity, input.stat()->identity);
}

TEST(StandardInput, OfAFileIsReadWhereItLies) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/in";
  const Descriptor file(open_retrying(path.c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_EQ(write_fully(file.number(), "one\ntwo\n", -1), 0);

  StandardInput from_start;
  {
    ASSERT_EQ(::lseek(file.number(), 0, SEEK_SET), 0);
    const Redirected redirected(file.number());
    ASSERT_TRUE(from_start.keep("/nowhere", never).ok());  // needs no scratch file
  }
  EXPECT_EQ(all_of(from_start), "one\ntwo\n");
  const std::uint64_t before = from_start.stat()->identity;
  ASSERT_EQ(write_fully(file.number(), "three\n", 8), 0);
  EXPECT_NE(from_start.stat()->identity, before);

  StandardInput from_within;
  {
    ASSERT_EQ(::lseek(file.number(), 4, SEEK_SET), 4);
    const Redirected redirected(file.number());
    ASSERT_TRUE(from_within.keep(folder.path(), never).ok());
  }
  EXPECT_EQ(all_of(from_within), "two\nthree\n");
}

TEST(StandardInput, ThatNobodyEndsIsGivenUp) {
  const TemporaryFolder folder;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Redirected redirected(ends[0]);
  int asked = 0;
  StandardInput input;
  const Status status = input.keep(folder.path(), [&] { return ++asked == 2; });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::interrupted);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(StandardInput, ThatCannotBeKeptIsAnError) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[1]);
  const Redirected redirected(ends[0]);
  StandardInput input;
  const Status status = input.keep("/nowhere", never);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::output);
  ::close(ends[0]);
}

}  // namespace
}  // namespace gristmill::storage
