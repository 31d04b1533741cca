#include "cli/manual.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/command_table.h"
#include "recipe/table.h"

namespace gristmill::cli {
namespace {

bool has(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

std::string with_hyphens_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '-' ? std::string("\\-") : std::string(1, c);
  return escaped;
}

TEST(Manual, HasEveryCommandFlagAndSetting) {
  const std::string page = manual_page();
  for (const CommandText& command : command_table()) {
    EXPECT_TRUE(has(page, ".SS \"gristmill " + command.name)) << command.name;
    for (const FlagText& flag : command.flags) {
      EXPECT_TRUE(has(page, "\\fB" + with_hyphens_escaped(flag.name) + "\\fR")) << flag.name;
    }
  }
  for (const recipe::Setting& setting : recipe::settings_table()) {
    if (setting.flag.empty()) continue;
    EXPECT_TRUE(has(page, "Variable " + setting.environment)) << setting.key;
  }
}

TEST(Manual, HasTheUsualSections) {
  const std::string page = manual_page();
  for (const char* section :
       {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "SETTINGS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"}) {
    EXPECT_TRUE(has(page, ".SH " + std::string(section) + "\n")) << section;
  }
}

TEST(Manual, NoTextIsTakenForARequest) {
  std::istringstream lines(manual_page());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_FALSE(line.starts_with('\'')) << line;
    if (!line.starts_with('.')) continue;
    const std::string request = line.substr(0, line.find(' '));
    const std::string known = ".TH .SH .SS .PP .TP .br .nf .fi .RS .RE .nh .ad";
    EXPECT_NE(known.find(request), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace gristmill::cli
