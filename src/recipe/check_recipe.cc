// Each value by itself, as the settings' table says, then all of them together. Tested in check_recipe_test.cc.
#include "gristmill/recipe.h"
#include "recipe/name_conflicts.h"
#include "recipe/settings.h"
#include "recipe/value.h"

gristmill::Status gristmill::check_recipe(const Recipe& recipe) {
  using namespace gristmill::recipe;
  Settings settings;
  settings.recipe = recipe;
  for (const Setting& setting : settings_table()) {
    Status status = check_setting(setting, settings);
    if (!status) {
      status.error().message.insert(0, setting.key + ": ");
      status.error().key = setting.key;
      return status;
    }
  }
  const Recipe usual;
  if (!recipe.aggregates.empty() &&
      (recipe.swipe_models != usual.swipe_models || recipe.keystroke_models != usual.keystroke_models)) {
    return Error::usage("models: they have no meaning beside aggregates",
                        "leave them as they are, and name the models in the rows of aggregates")
        .of_key("aggregates");
  }
  return check_names_together(recipe, [](const std::string& key) { return key; });
}
