#include "storage/faulty.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>

#include "storage/temporary_folder_testing.h"

namespace gristmill::storage {
namespace {

using testing::read_text;
using testing::run_in_child;
using testing::TemporaryFolder;
using testing::was_killed;
using testing::write_text;

class FaultyStorageTest : public ::testing::Test {
 protected:
  // create, append, append, close, rename
  Status write(Storage& storage) {
    GM_ASSIGN(const std::unique_ptr<WritableFile> file, storage.create(folder_ / "a"));
    GM_RETURN_IF_ERROR(file->append("0123"));
    GM_RETURN_IF_ERROR(file->append("4567"));
    GM_RETURN_IF_ERROR(file->close(false));
    return storage.rename(folder_ / "a", folder_ / "b");
  }

  FaultPlan plan(std::string_view text) {
    auto parsed = parse_fault_plan(text);
    EXPECT_TRUE(parsed.ok()) << text;
    return parsed.ok() ? *parsed : FaultPlan{};
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> local_ = make_local_storage();
};

TEST_F(FaultyStorageTest, CountsOperations) {
  FaultPlan counting = plan("count");
  counting.log = folder_ / "log";
  std::shared_ptr<FaultLog> log;
  auto storage = make_faulty_storage(*local_, counting, &log);
  ASSERT_TRUE(write(*storage).ok());
  storage.reset();
  ASSERT_EQ(log->operations().size(), 5U);
  EXPECT_EQ(log->operations()[4], "rename " + (folder_ / "a") + " " + (folder_ / "b"));
  const std::string text = read_text(folder_ / "log");
  EXPECT_EQ(text.substr(0, 9), "5\ncreate ");
  EXPECT_EQ(read_text(folder_ / "b"), "01234567");
}

TEST_F(FaultyStorageTest, FailsOnce) {
  auto storage = make_faulty_storage(*local_, plan("error:2:ENOSPC"));
  Status written = write(*storage);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::output);
  EXPECT_NE(written.error().message.find("No space left on device"), std::string::npos);
  EXPECT_EQ(read_text(folder_ / "a"), "01");
  EXPECT_TRUE(storage->remove(folder_ / "a").ok());
  EXPECT_TRUE(write(*storage).ok());
}

TEST_F(FaultyStorageTest, FailsFromThenOn) {
  auto storage = make_faulty_storage(*local_, plan("error-from:3:EIO"));
  EXPECT_FALSE(write(*storage).ok());
  const Status removed = storage->remove(folder_ / "a");
  ASSERT_FALSE(removed.ok());
  EXPECT_NE(removed.error().message.find("Input/output error"), std::string::npos);
}

TEST_F(FaultyStorageTest, KillsBeforeAndAfter) {
  EXPECT_TRUE(was_killed(run_in_child([&] {
    auto storage = make_faulty_storage(*local_, plan("kill:3"));
    static_cast<void>(write(*storage));
  })));
  EXPECT_EQ(read_text(folder_ / "a"), "012345");
  std::filesystem::remove(folder_ / "a");
  EXPECT_TRUE(was_killed(run_in_child([&] {
    auto storage = make_faulty_storage(*local_, plan("kill-after:5"));
    static_cast<void>(write(*storage));
  })));
  EXPECT_EQ(read_text(folder_ / "b"), "01234567");
}

TEST_F(FaultyStorageTest, Pauses) {
  auto storage = make_faulty_storage(*local_, plan("pause:1:50"));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(write(*storage).ok());
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
}

TEST_F(FaultyStorageTest, FaultsFallWithinTreesToo) {
  for (const char* name : {"t/a", "t/b/c", "t/d"}) write_text(folder_ / name, "");
  std::shared_ptr<FaultLog> log;
  auto storage = make_faulty_storage(*local_, plan("error:8:EACCES"), &log);
  EXPECT_FALSE(storage->remove_tree(folder_ / "t").ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "t/a"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "t/d"));
}

TEST_F(FaultyStorageTest, RefusesAPlanThatItDoesNotUnderstand) {
  for (const char* text :
       {"", "kill", "kill:", "kill:0", "kill:x", "error:1", "error:1:ENONSENSE", "kill:1:2", "pause:1", "count:1"}) {
    const auto parsed = parse_fault_plan(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  }
}

TEST_F(FaultyStorageTest, ReadsThePlanFromTheEnvironment) {
  ::unsetenv("GRISTMILL_TEST_FAULT");
  auto found = fault_plan_from_environment();
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->has_value());
  ::setenv("GRISTMILL_TEST_FAULT", "error:7:EIO", 1);
  ::setenv("GRISTMILL_TEST_FAULT_LOG", "/some/log", 1);
  found = fault_plan_from_environment();
  ::unsetenv("GRISTMILL_TEST_FAULT");
  ::unsetenv("GRISTMILL_TEST_FAULT_LOG");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->at, 7U);
  EXPECT_EQ((*found)->error_number, EIO);
  EXPECT_EQ((*found)->log, "/some/log");
}

}  // namespace
}  // namespace gristmill::storage
