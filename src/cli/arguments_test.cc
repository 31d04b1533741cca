#include "cli/arguments.h"

#include <gtest/gtest.h>

#include "gristmill/run.h"

namespace gristmill::cli {
namespace {

Result<Arguments> parsed(std::vector<std::string> words) {
  std::vector<char*> values;
  static std::string program = "gristmill";
  values.push_back(program.data());
  for (std::string& word : words) values.push_back(word.data());
  return parse_arguments(static_cast<int>(values.size()), values.data());
}

std::string error_of(std::vector<std::string> words) {
  const Result<Arguments> result = parsed(std::move(words));
  if (result.ok()) return "no error";
  EXPECT_EQ(result.error().kind, ErrorKind::usage);
  return result.error().message + " | " + result.error().advice;
}

const std::vector<std::string>* setting(const Arguments& arguments, std::string_view key) {
  for (const recipe::FlagValue& flag : arguments.flags) {
    if (flag.key == key) return &flag.values;
  }
  return nullptr;
}

using Words = std::vector<std::string>;

TEST(Arguments, FlagsOfSettingsGoToTheSettings) {
  const auto arguments = parsed({"run", "--collections", "a", "--collections=b", "-o", "out", "--strict"});
  ASSERT_TRUE(arguments.ok()) << arguments.error().message;
  EXPECT_EQ(arguments->command, Command::run);
  ASSERT_NE(setting(*arguments, "collections"), nullptr);
  EXPECT_EQ(*setting(*arguments, "collections"), (Words{"a", "b"}));
  ASSERT_NE(setting(*arguments, "output"), nullptr);
  EXPECT_EQ(*setting(*arguments, "output"), Words{"out"});
  ASSERT_NE(setting(*arguments, "strict"), nullptr);
  EXPECT_EQ(*setting(*arguments, "strict"), Words{"true"});
  EXPECT_EQ(setting(*arguments, "predictions"), nullptr);
  EXPECT_TRUE(arguments->own.empty());
}

TEST(Arguments, ASwitchOfASettingCanBeTurnedOff) {
  const auto arguments = parsed({"validate", "--strict=no"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(*setting(*arguments, "strict"), Words{"no"});
}

TEST(Arguments, FlagsOfTheCommandAreItsOwn) {
  const auto arguments = parsed({"show", "out", "quarantine", "--limit", "5", "--kept"});
  ASSERT_TRUE(arguments.ok()) << arguments.error().message;
  EXPECT_EQ(arguments->command, Command::show);
  EXPECT_EQ(arguments->words, (Words{"out", "quarantine"}));
  EXPECT_EQ(arguments->word(1), "quarantine");
  EXPECT_EQ(arguments->word(2), "");
  EXPECT_EQ(arguments->value("--limit"), "5");
  EXPECT_TRUE(arguments->has("--kept"));
  EXPECT_EQ(arguments->value("--kept"), "");
  EXPECT_FALSE(arguments->has("--profile"));
  EXPECT_TRUE(arguments->flags.empty());
}

TEST(Arguments, RepeatedFlagsAndWordsKeepTheirOrder) {
  const auto generated = parsed({"generate", "data", "--anomaly", "repairs=5%", "--anomaly", "rejections=1%"});
  ASSERT_TRUE(generated.ok()) << generated.error().message;
  EXPECT_EQ(generated->values("--anomaly"), (Words{"repairs=5%", "rejections=1%"}));
  const auto inspected = parsed({"inspect", "b", "--shapes", "3", "a"});
  ASSERT_TRUE(inspected.ok()) << inspected.error().message;
  EXPECT_EQ(inspected->words, (Words{"b", "a"}));
}

TEST(Arguments, MistakesNameTheNearest) {
  EXPECT_EQ(error_of({"-V"}), "there is no flag '-V' | see 'gristmill --help'");
  EXPECT_EQ(error_of({"run", "-x"}), "there is no flag '-x' | see 'gristmill run --help'");
  EXPECT_EQ(error_of({"rnu"}), "there is no command 'rnu', did you mean 'run'? | see 'gristmill --help'");
  EXPECT_EQ(error_of({"run", "--colections", "a"}),
            "there is no flag '--colections', did you mean '--collections'? | see 'gristmill run --help'");
  EXPECT_EQ(error_of({"show", "out", "quarantines"}),
            "there is no VIEW 'quarantines', did you mean 'quarantine'? | it can be sessions, models, labels, "
            "predictions, quarantine, checks");
  EXPECT_EQ(error_of({"show", "out", "--format", "tabel"}),
            "there is no --format 'tabel', did you mean 'table'? | it can be table, csv, json");
}

TEST(Arguments, WhatIsMissingIsAMistake) {
  EXPECT_EQ(error_of({}), "no command is given | see 'gristmill --help'; the usual one is 'run'");
  EXPECT_NE(error_of({"verify"}).find("OUT"), std::string::npos);
  EXPECT_NE(error_of({"verify"}).find("see 'gristmill verify --help'"), std::string::npos);
  EXPECT_NE(error_of({"show", "out", "--limit"}).find("--limit"), std::string::npos);
  EXPECT_NE(error_of({"verify", "out", "more"}), "no error");
  // A setting that is no list is given once.
  EXPECT_NE(error_of({"run", "--output", "a", "--output", "b"}).find("--output"), std::string::npos);
}

TEST(Arguments, HelpAndVersionAreTexts) {
  const auto help = parsed({"show", "--help"});
  ASSERT_TRUE(help.ok());
  EXPECT_EQ(help->command, Command::help);
  EXPECT_NE(help->text.find("--profile ID"), std::string::npos);
  EXPECT_NE(help->text.find("gristmill show out quarantine --reason invalid_json"), std::string::npos);
  EXPECT_EQ(help->text.find("--anomaly"), std::string::npos);
  const auto version = parsed({"--version"});
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(version->command, Command::version);
  EXPECT_EQ(version->text, "gristmill " + gristmill::version() + "\n");
}

TEST(Arguments, AFlagOfAnotherViewIsToldOfBeforeItsValue) {
  EXPECT_TRUE(error_of({"show", "out", "checks", "--sort", "x"}).starts_with("--sort does not belong to 'checks' | "));
  EXPECT_TRUE(error_of({"show", "--reason", "x", "out"}).starts_with("--reason does not belong to 'sessions' | "));
  EXPECT_TRUE(parsed({"show", "out", "--profile", "x"}).ok());
}

TEST(Arguments, TheVersionStandsAlone) {
  EXPECT_TRUE(parsed({"--version"}).ok());
  EXPECT_TRUE(error_of({"--version", "extra"}).find("'extra'") != std::string::npos);
}

}  // namespace
}  // namespace gristmill::cli
