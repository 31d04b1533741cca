#include "cli/run_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "storage/temporary_folder_testing.h"

namespace gristmill::cli {
namespace {

using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class RunLogTest : public ::testing::Test {
 protected:
  recipe::ConsoleSettings settings_;
  testing::TemporaryFolder folder_;

  // What the log holds of one message of each level.
  std::string logged() {
    CaptureStderr();
    {
      Result<LogSink> log = make_log(settings_);
      EXPECT_TRUE(log.ok());
      (*log)({LogLevel::debug, "first", "one"});
      (*log)({LogLevel::info, "second", "two"});
      (*log)({LogLevel::warning, "third", "three\x1b"});
      (*log)({LogLevel::error, "fourth", "four"});
    }
    return GetCapturedStderr();
  }
  static std::vector<std::string> messages(const std::string& text) {
    std::vector<std::string> met;
    for (const char* word : {"one", "two", "three\\x1b", "four"}) {
      if (text.find(word) != std::string::npos) met.emplace_back(word);
    }
    return met;
  }
};

TEST_F(RunLogTest, ToTheTerminalWhatIsAsked) {
  using Messages = std::vector<std::string>;
  EXPECT_EQ(messages(logged()), (Messages{"three\\x1b", "four"}));
  settings_.quiet = true;
  EXPECT_EQ(messages(logged()), (Messages{"four"}));
  settings_.quiet = false;
  settings_.verbose = true;
  EXPECT_EQ(messages(logged()), (Messages{"one", "two", "three\\x1b", "four"}));
}

TEST_F(RunLogTest, AsJsonOneObjectALine) {
  settings_.log_format = recipe::LogFormat::json;
  const std::string text = logged();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_NE(text.find(R"("level": "info", "event": "second", "message": "two"})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("message": "three\\x1b"})"), std::string::npos) << text;
}

TEST_F(RunLogTest, FieldsAreMembersAndTheRunIsNamedFromItsBeginningOn) {
  settings_.log_format = recipe::LogFormat::json;
  CaptureStderr();
  {
    const Result<LogSink> log = make_log(settings_);
    ASSERT_TRUE(log.ok());
    (*log)({LogLevel::info, "early", "a"});
    (*log)({LogLevel::info, "run_begun", "b", {{"run_id", std::string("r1")}}});
    (*log)({LogLevel::info, "counted", "c", {{"lines", std::uint64_t{7}}, {"seconds", 0.5}, {"passed", true}}});
  }
  const std::string text = GetCapturedStderr();
  EXPECT_NE(text.find(R"("event": "early", "message": "a"})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("event": "run_begun", "run_id": "r1", "message": "b"})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("run_id": "r1", "lines": 7, "seconds": 0.5, "passed": true, "message": "c"})"),
            std::string::npos)
      << text;
}

TEST_F(RunLogTest, ToAFile) {
  settings_.log_file = folder_ / "log";
  EXPECT_EQ(logged(), "");
  EXPECT_EQ(messages(testing::read_text(settings_.log_file)), (std::vector<std::string>{"two", "three\\x1b", "four"}));
  settings_.log_file = folder_.path();
  const Result<LogSink> log = make_log(settings_);
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().kind, ErrorKind::usage);
  EXPECT_NE(log.error().message.find("'" + settings_.log_file + "' cannot be written"), std::string::npos);
}

TEST(RunLog, WarningsOfTheNetworkGoToTheLogOnceThereIsOne) {
  CaptureStderr();
  network_warning("first");
  std::string logged;
  set_network_log([&](const LogEvent& event) {
    EXPECT_EQ(event.level, LogLevel::warning);
    EXPECT_EQ(event.code, "request_again");
    logged += event.message;
  });
  network_warning("second");
  set_network_log({});
  EXPECT_EQ(GetCapturedStderr(), "gristmill: first\n");
  EXPECT_EQ(logged, "second");
}

}  // namespace
}  // namespace gristmill::cli
