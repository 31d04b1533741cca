#include "cli/console.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "storage/temporary_folder_testing.h"

namespace gristmill::cli {
namespace {

using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

// A variable of the environment for a test's time; nullptr: it is not set.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    if (value == nullptr) {
      unsetenv(name_);
    } else {
      setenv(name_, value, 1);
    }
  }
  const char* name_;
  std::optional<std::string> before_;
};

TEST(Console, AnErrorHasItsAdviceBelowIt) {
  CaptureStderr();
  print_error(Error::usage("no output is given", "give one"));
  print_error(Error::interrupted());
  print_error(Error::usage("alone", ""));
  const std::string said = GetCapturedStderr();
  EXPECT_TRUE(said.starts_with("gristmill: error: no output is given\n  give one\ngristmill: ")) << said;
  EXPECT_EQ(said.find("error: interrupted"), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with("gristmill: error: alone\n")) << said;
}

TEST(Console, WhatATerminalObeysIsShown) {
  CaptureStderr();
  print_error(Error::input("cannot read 'a\x1b[2Jb'", "look at \r it"));
  note("c\x07");
  EXPECT_EQ(GetCapturedStderr(), "gristmill: error: cannot read 'a\\x1b[2Jb'\n  look at \\x0d it\ngristmill: c\\x07\n");
}

TEST(Console, ResultsGoToStdoutAlone) {
  CaptureStdout();
  CaptureStderr();
  print("a\n");
  const Result<bool> more = print_data("b\x1b\n");
  EXPECT_EQ(GetCapturedStderr(), "");
  EXPECT_EQ(GetCapturedStdout(), "a\nb\x1b\n");  // data are as they are
  EXPECT_TRUE(more.ok() && *more);
  EXPECT_TRUE(printed().ok());
}

TEST(Console, TheStyleIsThatOfTheTerminalOrWhatIsAsked) {
  const Variable lc_all("LC_ALL", nullptr);
  const Variable lc_ctype("LC_CTYPE", nullptr);
  const Variable no_color("NO_COLOR", nullptr);
  const Variable term("TERM", "xterm");
  CaptureStdout();  // a file, that is, no terminal
  for (const auto& [columns, width] : {std::pair{"80", 80U}, {"20", 20U}, {"19", 100U}, {"80x", 100U}, {"", 100U}}) {
    const Variable variable("COLUMNS", columns);
    EXPECT_EQ(style_of_stdout(recipe::Colour::automatic).width, width) << columns;
  }
  for (const auto& [language, unicode] :
       {std::pair{"de_DE.UTF-8", true}, {"C.utf8", true}, {"C", false}, {"de_DE.ISO-8859-1", false}, {"", false}}) {
    const Variable variable("LANG", language);
    EXPECT_EQ(style_of_stdout(recipe::Colour::automatic).unicode, unicode) << language;
  }
  {
    const Variable overrules("LC_ALL", "C");
    const Variable variable("LANG", "C.UTF-8");
    EXPECT_FALSE(style_of_stdout(recipe::Colour::automatic).unicode);
  }
  EXPECT_FALSE(style_of_stdout(recipe::Colour::automatic).colour);
  EXPECT_TRUE(style_of_stdout(recipe::Colour::always).colour);
  EXPECT_FALSE(style_of_stdout(recipe::Colour::never).colour);
  GetCapturedStdout();
}

class ConsoleLogTest : public ::testing::Test {
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

TEST_F(ConsoleLogTest, ToTheTerminalWhatIsAsked) {
  using Messages = std::vector<std::string>;
  EXPECT_EQ(messages(logged()), (Messages{"three\\x1b", "four"}));
  settings_.quiet = true;
  EXPECT_EQ(messages(logged()), (Messages{"four"}));
  settings_.quiet = false;
  settings_.verbose = true;
  EXPECT_EQ(messages(logged()), (Messages{"one", "two", "three\\x1b", "four"}));
}

TEST_F(ConsoleLogTest, AsJsonOneObjectALine) {
  settings_.log_format = recipe::LogFormat::json;
  const std::string text = logged();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_NE(text.find(R"("level": "info", "event": "second", "message": "two"})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("message": "three\\x1b"})"), std::string::npos) << text;
}

TEST_F(ConsoleLogTest, FieldsAreMembersAndTheRunIsNamedFromItsBeginningOn) {
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

TEST_F(ConsoleLogTest, ToAFile) {
  settings_.log_file = folder_ / "log";
  EXPECT_EQ(logged(), "");
  EXPECT_EQ(messages(testing::read_text(settings_.log_file)), (std::vector<std::string>{"two", "three\\x1b", "four"}));
  settings_.log_file = folder_.path();
  const Result<LogSink> log = make_log(settings_);
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().kind, ErrorKind::usage);
  EXPECT_NE(log.error().message.find("'" + settings_.log_file + "' cannot be written"), std::string::npos);
}

TEST(Console, WarningsOfTheNetworkGoToTheLogOnceThereIsOne) {
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

// Where stderr is no terminal there is a line every five seconds, and nothing of a short run.
TEST(Console, ShortProgressSaysNothing) {
  Progress progress;
  CaptureStderr();
  {
    const ProgressDisplay display(progress, {});
  }
  EXPECT_EQ(GetCapturedStderr(), "");
}

}  // namespace
}  // namespace gristmill::cli
