#include "cli/completion.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gristmill::cli {
namespace {

using Words = std::vector<std::string>;

TEST(Completion, QuotesForAShell) {
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("a b$c`d\\"), "'a b$c`d\\'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
}

TEST(Completion, JoinsWords) {
  EXPECT_EQ(joined({}, ", "), "");
  EXPECT_EQ(joined({"a"}, ", "), "a");
  EXPECT_EQ(joined({"a", "b", "c"}, ", "), "a, b, c");
}

TEST(Completion, AFlagHasItsSpellings) {
  EXPECT_EQ(spellings_of({.name = "--output", .short_name = "-o"}), (Words{"--output", "-o"}));
  EXPECT_EQ(spellings_of({.name = "--strict"}), Words{"--strict"});
}

// --collections of a run are files, as of a replay, where they are told otherwise; of generate a number.
TEST(Completion, FlagsOfOneNameAreToldApartByTheirMeaning) {
  std::size_t met = 0;
  for (const SharedFlag& shared : shared_flags()) {
    if (shared.flag.name != "--collections") continue;
    const bool of_generate =
        std::find(shared.commands.begin(), shared.commands.end(), "generate") != shared.commands.end();
    EXPECT_EQ(of_generate, shared.commands.size() == 1 && shared.commands.front() == "generate");
    EXPECT_EQ(shared.flag.value.kind, of_generate ? FlagValueKind::text : FlagValueKind::file);
    ++met;
  }
  EXPECT_EQ(met, 3U);
}

TEST(Completion, EveryFlagOfEveryCommandIsInOneOfThem) {
  const std::vector<SharedFlag> all = shared_flags();
  for (const CommandText& command : command_table()) {
    for (const FlagText& flag : command.flags) {
      const auto holds = [&](const SharedFlag& shared) {
        return shared.flag.name == flag.name && shared.flag.help == flag.help &&
               std::count(shared.commands.begin(), shared.commands.end(), command.name) == 1;
      };
      EXPECT_EQ(std::count_if(all.begin(), all.end(), holds), 1) << command.name << " " << flag.name;
    }
  }
}

TEST(Completion, EveryScriptHasEveryCommandFlagAndChoice) {
  for (const std::string& script : {bash_completion(), zsh_completion(), fish_completion()}) {
    EXPECT_EQ(script.back(), '\n');
    for (const CommandText& command : command_table()) {
      EXPECT_NE(script.find(command.name), std::string::npos) << command.name;
      for (const FlagText& flag : command.flags) {
        // fish has them as `-l output -s o`.
        EXPECT_NE(script.find(flag.name.substr(2)), std::string::npos) << flag.name;
        for (const std::string& choice : flag.value.choices) {
          if (choice.find(':') == std::string::npos) {
            EXPECT_NE(script.find(choice), std::string::npos) << choice;
          }
        }
      }
    }
  }
}

TEST(Completion, BashKnowsWhatAFlagTakes) {
  const std::string script = bash_completion();
  EXPECT_NE(script.find("generate:--compression) echo 'none gz zst'"), std::string::npos);
  EXPECT_NE(script.find("ddl:0) echo 'athena duckdb spark'"), std::string::npos);
  EXPECT_NE(script.find("inspect:*) echo '@file'"), std::string::npos);
  EXPECT_NE(script.find("verify:0) echo '@folder'"), std::string::npos);
  EXPECT_EQ(script.find("show:--kept"), std::string::npos);  // it takes nothing
}

}  // namespace
}  // namespace gristmill::cli
