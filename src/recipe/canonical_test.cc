#include <gtest/gtest.h>

#include "recipe/settings.h"
#include "recipe/value.h"

namespace gristmill::recipe {
namespace {

TEST(CanonicalMeaning, OfTheDefaultRecipe) {
  EXPECT_EQ(canonical_meaning(Recipe{}),
            R"({"aliases":{"behaviour":["behavior"]},"carry":[],"limits":{"depth":128,"line":67108864},)"
            R"("models":{"keystroke":["keystroke_model","keystrokes_model"],"swipe":["swipe_model"]},)"
            R"("sessions":"collections","strict":false})");
}

TEST(CanonicalMeaning, SortsWhatHasNoOrder) {
  Recipe recipe;
  recipe.aliases[static_cast<std::size_t>(Field::session_id)] = {"Sitzung", "sit-zung", "sessionId", "a"};
  recipe.aliases[static_cast<std::size_t>(Field::behaviour)] = {"Behavior"};
  recipe.framing[1] = Framing::values;
  recipe.unwrap = {"a.b", ""};
  recipe.aliases[static_cast<std::size_t>(Field::metadata)] = {"meta"};
  recipe.swipe_models = {"b", "a", "b"};
  recipe.carry = {"z", "a\"\x01"};
  recipe.sessions = SessionScope::all;
  recipe.strict = true;
  EXPECT_EQ(
      canonical_meaning(recipe),
      R"({"aliases":{"behaviour":["behavior"],"metadata":["meta"],"session_id":["a","sitzung"]},)"
      R"("aliases_expected":{"behaviour":["behavior"],"session_id":["sessionid"]},)"
      R"("carry":["z","a\"\u0001"],"framing":{"collections":"auto","predictions":"values"},"limits":{"depth":128,"line":67108864},)"
      R"("models":{"keystroke":["keystroke_model","keystrokes_model"],"swipe":["a","b"]},)"
      R"("sessions":"all","strict":true,"unwrap":{"collections":"a.b","predictions":""}})");
}

// A value of each setting that is not its default.
std::string other_value(const Setting& setting) {
  switch (setting.type) {
    case SettingType::boolean: return setting.default_text == "true" ? "false" : "true";
    case SettingType::count: return "7";
    case SettingType::byte_size: return "3MiB";
    case SettingType::threshold:
    case SettingType::share: return "7%";
    case SettingType::choice:
      return setting.choices.back() == setting.default_text ? setting.choices.front() : setting.choices.back();
    case SettingType::by_dataset: return setting.choices.empty() ? "something" : setting.choices.back();
    case SettingType::aggregates: return "a: {of: labels, count: rows}";
    case SettingType::text: return setting.shape == "URL" ? "http://h" : "something";
    case SettingType::path:
    case SettingType::paths:
    case SettingType::names:
      return setting.key == "s3.bucket_owners" ? "123456789012"
             : setting.key == "drift.ignore"   ? "models"
                                               : "something";
  }
  return {};
}

TEST(CanonicalMeaning, ChangesExactlyWithTheSettingsThatChangeTheData) {
  for (const Setting& setting : settings_table()) {
    Settings settings;
    ASSERT_TRUE(assign_setting(setting, {other_value(setting)}, settings).ok()) << setting.key;
    EXPECT_NE(show_setting(setting, settings), setting.default_text) << setting.key;
    EXPECT_EQ(canonical_meaning(settings.recipe) != canonical_meaning(Recipe{}), setting.changes_data) << setting.key;
  }
}

}  // namespace
}  // namespace gristmill::recipe
