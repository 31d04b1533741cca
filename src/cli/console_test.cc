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
