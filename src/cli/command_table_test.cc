#include "cli/command_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "recipe/table.h"

namespace gristmill::cli {
namespace {

const CommandText& command_named(std::string_view name) {
  for (const CommandText& command : command_table()) {
    if (command.name == name) return command;
  }
  ADD_FAILURE() << "there is no command " << name;
  return command_table().front();
}

bool has_flag(const CommandText& command, std::string_view name) {
  return std::any_of(command.flags.begin(), command.flags.end(),
                     [&](const FlagText& flag) { return flag.name == name; });
}

TEST(CommandTable, EveryCommandIsThereOnceWithItsHelp) {
  std::set<Command> commands;
  std::set<std::string> names;
  for (const CommandText& command : command_table()) {
    EXPECT_TRUE(commands.insert(command.command).second) << command.name;
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_FALSE(command.what.empty()) << command.name;
    EXPECT_NE(command.examples.find("gristmill " + command.name), std::string::npos) << command.name;
  }
  for (int i = static_cast<int>(Command::init); i <= static_cast<int>(Command::completion); ++i) {
    EXPECT_TRUE(commands.contains(static_cast<Command>(i))) << i;
  }
}

TEST(CommandTable, FlagsOfACommandDoNotMeet) {
  for (const CommandText& command : command_table()) {
    std::set<std::string> names = {"--help", "-h"};
    for (const FlagText& flag : command.flags) {
      EXPECT_TRUE(flag.name.starts_with("--")) << command.name << " " << flag.name;
      EXPECT_TRUE(names.insert(flag.name).second) << command.name << " " << flag.name;
      if (!flag.short_name.empty()) {
        EXPECT_TRUE(names.insert(flag.short_name).second) << command.name << flag.name;
      }
      EXPECT_FALSE(flag.help.empty()) << command.name << " " << flag.name;
    }
  }
}

// Completion and the command line cut a line before they know what the value means.
TEST(CommandTable, AFlagTakesAValueEverywhereOrNowhere) {
  std::map<std::string, bool> takes_value;
  for (const CommandText& command : command_table()) {
    for (const FlagText& flag : command.flags) {
      const bool takes = flag.value.kind != FlagValueKind::none;
      EXPECT_EQ(takes_value.try_emplace(flag.name, takes).first->second, takes) << command.name << " " << flag.name;
      if (takes) {
        EXPECT_FALSE(flag.value.shape.empty()) << command.name << " " << flag.name;
      }
      const bool chooses = flag.value.kind == FlagValueKind::choice || flag.value.kind == FlagValueKind::open;
      if (chooses) {
        EXPECT_FALSE(flag.value.choices.empty()) << command.name << " " << flag.name;
      }
    }
  }
}

TEST(CommandTable, OnlyTheLastWordIsRepeatableAndNoneThatMayLackStandsBeforeOneThatMust) {
  for (const CommandText& command : command_table()) {
    bool optional = false;
    for (std::size_t i = 0; i < command.words.size(); ++i) {
      if (i + 1 < command.words.size()) {
        EXPECT_FALSE(command.words[i].repeatable) << command.name;
      }
      EXPECT_FALSE(optional && command.words[i].required) << command.name;
      optional |= !command.words[i].required;
    }
  }
}

TEST(CommandTable, EverySettingWithAFlagIsOneOfARun) {
  const CommandText& run = command_named("run");
  for (const recipe::Setting& setting : recipe::settings_table()) {
    if (!setting.flag.empty()) {
      EXPECT_TRUE(has_flag(run, setting.flag)) << setting.flag;
    }
  }
  for (const FlagText& flag : run.flags) EXPECT_TRUE(flag.setting != nullptr || flag.name == "--tables") << flag.name;
  EXPECT_EQ(command_named("update").flags.size(), run.flags.size());
  EXPECT_EQ(command_named("validate").flags.size(), run.flags.size() + 1)
      << "--format and --update in the place of --tables";
}

TEST(CommandTable, CommandsAboutAnOutputReachS3) {
  for (const char* name : {"show", "ddl", "report", "verify", "publish", "recover"}) {
    EXPECT_TRUE(has_flag(command_named(name), "--s3-endpoint")) << name;
    EXPECT_FALSE(has_flag(command_named(name), "--collections")) << name;
  }
}

TEST(CommandTable, AMistakeNamesTheNearestOrNothing) {
  EXPECT_EQ(unknown_word("command", "shwo", {"run", "show"}), "there is no command 'shwo', did you mean 'show'?");
  EXPECT_EQ(unknown_word("command", "zzzzzzzz", {"run", "show"}), "there is no command 'zzzzzzzz'");
}

}  // namespace
}  // namespace gristmill::cli
