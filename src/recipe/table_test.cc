#include "recipe/table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "recipe/settings.h"
#include "recipe/value.h"

namespace gristmill::recipe {
namespace {

TEST(Table, DerivesNamesFromKeys) {
  const Setting* line = find_setting("limits.line");
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->flag, "--limits-line");
  EXPECT_EQ(line->environment, "GRISTMILL_LIMITS_LINE");
  EXPECT_EQ(line->default_text, "64MiB");
  EXPECT_EQ(find_setting("models.swipe")->flag, "--swipe-models");
  EXPECT_EQ(find_setting("models.swipe")->environment, "GRISTMILL_SWIPE_MODELS");
  EXPECT_EQ(find_setting("checks.rejected_lines.fail_above")->flag, "--checks-rejected-lines-fail-above");
  EXPECT_EQ(find_setting("limits"), nullptr);
}

TEST(Table, HasTheFlagsThatUsersAreTold) {
  std::set<std::string> flags;
  for (const Setting& setting : settings_table()) flags.insert(setting.flag);
  for (const char* flag :
       {"--collections", "--predictions", "--output",         "--threads",          "--memory", "--recipe",
        "--env-file",    "--strict",      "--publish-anyway", "--sha256",           "--fsync",  "--spill-directory",
        "--sessions",    "--carry",       "--swipe-models",   "--keystroke-models", "--quiet",  "--verbose",
        "--log-format",  "--log-file",    "--limits-line",    "--limits-depth"}) {
    EXPECT_TRUE(flags.contains(flag)) << flag;
  }
}

TEST(Table, HasTheDefaultsOfTheSpecification) {
  const auto default_of = [](const char* key) { return find_setting(key)->default_text; };
  EXPECT_EQ(default_of("limits.depth"), "128");
  EXPECT_EQ(default_of("models.swipe"), "swipe_model");
  EXPECT_EQ(default_of("models.keystroke"), "keystroke_model, keystrokes_model");
  EXPECT_EQ(default_of("aliases.behaviour"), "");
  EXPECT_EQ(default_of("framing"), "auto");
  EXPECT_EQ(default_of("sessions"), "collections");
  EXPECT_EQ(default_of("threads"), "auto");
  EXPECT_EQ(default_of("memory"), "auto");
  const std::map<std::string_view, std::string> that_fail = {
      {"missing_ids", "50%"}, {"rejected_lines", "5%"}, {"unusable_files", "0"}, {"nothing_recognised", "50%"}};
  for (const CheckDescription& each : all_checks()) {
    const auto found = that_fail.find(each.name);
    const bool fails = found != that_fail.end();
    const std::string key = "checks." + std::string(each.name);
    EXPECT_EQ(default_of((key + ".severity").c_str()), fails ? "fail" : "warn") << each.name;
    EXPECT_EQ(default_of((key + ".fail_above").c_str()), fails ? found->second : "0") << each.name;
  }
}

TEST(Table, EveryEntryIsComplete) {
  std::set<std::string> names;
  std::set<std::string> finished_groups;
  std::string group;
  for (const Setting& setting : settings_table()) {
    EXPECT_TRUE(names.insert(setting.key).second) << setting.key;
    EXPECT_TRUE(names.insert(setting.flag).second) << setting.flag;
    EXPECT_TRUE(names.insert(setting.environment).second) << setting.environment;
    EXPECT_FALSE(setting.help.empty()) << setting.key;
    EXPECT_NE(setting.help.back(), '.') << setting.key;
    EXPECT_EQ(setting.type == SettingType::choice || setting.key == "framing", !setting.choices.empty()) << setting.key;
    EXPECT_EQ(setting.type == SettingType::boolean, setting.value_shape().empty()) << setting.key;
    if (setting.group != group) {
      EXPECT_TRUE(finished_groups.insert(setting.group).second) << setting.group << " is in two parts";
      group = setting.group;
    }
  }
}

TEST(Table, DefaultTextsAreReadBackAsTheDefaults) {
  for (const Setting& setting : settings_table()) {
    if (setting.default_text.empty()) continue;
    Settings settings;
    const std::vector<std::string> values =
        setting.repeatable() ? split_list(setting.default_text) : std::vector<std::string>{setting.default_text};
    EXPECT_TRUE(assign_setting(setting, values, settings).ok()) << setting.key;
    EXPECT_EQ(show_setting(setting, settings), setting.default_text) << setting.key;
  }
}

}  // namespace
}  // namespace gristmill::recipe
