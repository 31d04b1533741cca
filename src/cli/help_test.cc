#include "cli/help.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace gristmill::cli {
namespace {

const CommandText& text_of_command(const std::string& name) {
  const auto table = command_table();
  return *std::find_if(table.begin(), table.end(), [&](const CommandText& text) { return text.name == name; });
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Help, FitsTheWidth) {
  for (const CommandText& command : command_table()) {
    for (const unsigned width : {50U, 80U, 120U}) {
      const std::string help = help_of(command, width);
      for (const std::string& line : lines_of(help.substr(0, help.find("\nExamples:\n")))) {
        // A term that is too long alone stays whole.
        const bool lone_word = line.find(' ', std::min(line.find_first_not_of(' '), line.size())) == std::string::npos;
        EXPECT_TRUE(line.size() <= width || lone_word || line.starts_with("      --")) << line;
      }
    }
  }
}

TEST(Help, SaysNothingOfItsMaking) {
  for (const CommandText& command : command_table()) {
    const std::string help = help_of(command, 80);
    EXPECT_EQ(help.find("{true}"), std::string::npos) << command.name;
    EXPECT_EQ(help.find("REQUIRED"), std::string::npos) << command.name;
    EXPECT_EQ(help.find("  OUT OUT"), std::string::npos) << command.name;
    for (const FlagText& flag : command.flags) {
      const bool elsewhere = flag.group == "S3" && command.name != "run";
      EXPECT_EQ(help.find(flag.name) == std::string::npos, elsewhere) << command.name << " " << flag.name;
    }
  }
}

TEST(Help, TellsHowACommandIsUsed) {
  EXPECT_NE(help_of(text_of_command("run"), 80).find("\nUsage: gristmill run [OPTIONS]\n"), std::string::npos);
  EXPECT_NE(help_of(text_of_command("show"), 80).find("\nUsage: gristmill show [OPTIONS] OUT [VIEW]\n"),
            std::string::npos);
  EXPECT_NE(help_of(text_of_command("inspect"), 80).find("\nUsage: gristmill inspect [OPTIONS] [FILES...]\n"),
            std::string::npos);
}

TEST(Help, WrapsUnderneath) {
  const CommandText command{
      .name = "x",
      .what = "What",
      .flags = {{.name = "--flag", .short_name = "-f", .help = std::string(45, 'a') + " " + std::string(20, 'b')},
                {.name = "--a-very-long-name", .value = {.shape = "A|VERY|LONG|SHAPE"}, .help = "c"}}};
  const std::string help = help_of(command, 80);
  const std::string left(30, ' ');
  EXPECT_NE(help.find("\n  -f, --flag" + std::string(18, ' ') + std::string(45, 'a') + "\n" + left +
                      std::string(20, 'b') + "\n"),
            std::string::npos)
      << help;
  EXPECT_NE(help.find("\n      --a-very-long-name A|VERY|LONG|SHAPE\n" + left + "c\n"), std::string::npos) << help;
}

}  // namespace
}  // namespace gristmill::cli
