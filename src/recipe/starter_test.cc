#include "recipe/starter.h"

#include <gtest/gtest.h>

#include <regex>

#include "recipe/settings.h"

namespace gristmill::recipe {
namespace {

Settings settings_from(const std::string& recipe, const std::string& dotenv) {
  SettingsSources sources;
  sources.working_directory = "/work";
  sources.read_file = [&](const std::string& path, const Settings&) -> Result<std::optional<std::string>> {
    return std::optional<std::string>(path.ends_with(".env") ? dotenv : recipe);
  };
  Result<Settings> settings = resolve_settings(sources);
  EXPECT_TRUE(settings.ok()) << settings.error().message << "; " << settings.error().advice;
  return settings.ok() ? *settings : Settings();
}

std::string switched_on(const std::string& text) {
  return std::regex_replace(text, std::regex("(^|\n)( *)#(?=[^ \n])"), "$1$2");
}

// A path or a text without a default is shown with an example.
bool has_example(const Setting& setting) {
  return (setting.type == SettingType::path || setting.type == SettingType::text) && setting.default_text.empty() &&
         setting.key != "output";
}

// Every setting's key and value, but for those with an example.
std::vector<std::string> values_of(const Settings& settings) {
  std::vector<std::string> values;
  for (const GivenSetting& origin : settings.origins) {
    if (!has_example(*find_setting(origin.key))) values.push_back(origin.key + " = " + origin.value);
  }
  return values;
}

std::vector<std::string> wanted_values() {
  Settings defaults = settings_from("", "");
  for (GivenSetting& origin : defaults.origins) {
    if (origin.key == "collections") origin.value = "data/collections/";
    if (origin.key == "predictions") origin.value = "data/predictions/";
    if (origin.key == "output") origin.value = "out";
  }
  return values_of(defaults);
}

TEST(Starter, LoadsAsItStandsAndChangesNothingButTheThreePlaces) {
  EXPECT_EQ(values_of(settings_from(starter_recipe(), starter_dotenv())), wanted_values());
}

TEST(Starter, EverySettingThatIsSwitchedOnHasItsDefault) {
  std::string recipe = switched_on(starter_recipe());
  ASSERT_NE(recipe, starter_recipe());
  const std::size_t key = recipe.find("kms_key:");  // which the default encryption has no use for
  ASSERT_NE(key, std::string::npos);
  recipe.insert(key, "#");
  const Settings settings = settings_from(recipe, "");
  EXPECT_EQ(values_of(settings), wanted_values());
  for (const GivenSetting& origin : settings.origins) {
    const Setting& setting = *find_setting(origin.key);
    if (!setting.in_recipe_file || setting.key == "s3.kms_key" || setting.key == "aggregates") continue;
    EXPECT_TRUE(origin.origin.starts_with("gristmill.yaml")) << origin.key << ": " << origin.origin;
  }
}

TEST(Starter, EveryVariableThatIsSwitchedOnHasItsDefault) {
  const std::string dotenv = switched_on(starter_dotenv());
  const Settings settings = settings_from(starter_recipe(), dotenv);
  EXPECT_EQ(values_of(settings), wanted_values());
  for (const Setting& setting : settings_table()) {
    if (!setting.in_dotenv) continue;
    EXPECT_NE(dotenv.find("\n" + setting.environment + "="), std::string::npos) << setting.environment;
  }
}

TEST(Starter, NamesEverySettingOfARecipe) {
  const std::string recipe = starter_recipe();
  for (const Setting& setting : settings_table()) {
    if (!setting.in_recipe_file) continue;
    const std::string name = setting.key.substr(setting.key.rfind('.') + 1) + ":";
    EXPECT_NE(recipe.find(name), std::string::npos) << setting.key;
  }
}

TEST(Starter, LinesFitATerminal) {
  for (const std::string& text : {starter_recipe(), starter_dotenv()}) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      EXPECT_LE(end - begin, 110U) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

}  // namespace
}  // namespace gristmill::recipe
