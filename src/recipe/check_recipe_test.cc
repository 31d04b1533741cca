#include "gristmill/recipe.h"

#include <gtest/gtest.h>

#include "recipe/settings.h"

namespace gristmill::recipe {
namespace {

std::string message(const Recipe& recipe) {
  const Status status = check_recipe(recipe);
  return status ? "good" : status.error().message;
}

std::vector<std::string>& aliases(Recipe& recipe, Field field) {
  return recipe.aliases[static_cast<std::size_t>(field)];
}

TEST(CheckRecipe, AnErrorHasItsSetting) {
  Recipe recipe;
  recipe.carry = {"a", "a"};
  EXPECT_EQ(check_recipe(recipe).error().key, "carry");
  recipe.carry = {};
  recipe.memory = 4;
  EXPECT_EQ(check_recipe(recipe).error().key, "memory");
}

TEST(CheckRecipe, TheDefaultIsGood) { EXPECT_EQ(message(Recipe{}), "good"); }

TEST(CheckRecipe, AnAliasStandsForOneField) {
  Recipe recipe;
  aliases(recipe, Field::profile_id) = {"user", "PROFILE-ID", "User"};  // its own names again are harmless
  EXPECT_EQ(message(recipe), "good");
  aliases(recipe, Field::session_id) = {"u_s_e_r"};
  EXPECT_EQ(message(recipe), "aliases.session_id: 'u_s_e_r' is a name of the field profile_id already");
  aliases(recipe, Field::session_id) = {"modelName"};
  EXPECT_EQ(message(recipe), "aliases.session_id: 'modelName' is a name of the field model_name already");
  aliases(recipe, Field::session_id) = {"Behavior"};
  EXPECT_EQ(message(recipe), "aliases.session_id: 'Behavior' is a name of the field behaviour already");
  aliases(recipe, Field::session_id) = {"--"};
  EXPECT_EQ(message(recipe), "aliases.session_id: '--' is nothing but '_' and '-', which do not count in a name");
}

TEST(CheckRecipe, CarriedFieldsAreDistinctAndNotTheMetadata) {
  Recipe recipe;
  recipe.carry = {"a", "A", "profile_id"};  // exact names, not loosened ones
  EXPECT_EQ(message(recipe), "good");
  recipe.carry = {"a", "b", "a"};
  EXPECT_EQ(message(recipe), "carry: 'a' is named twice");
  recipe.carry = {"meta"};
  aliases(recipe, Field::metadata) = {"Meta"};
  EXPECT_EQ(message(recipe), "carry: 'meta' is the metadata, whose fields are in every row");
}

TEST(CheckRecipe, HoldsProgramsToTheRangesOfTheTable) {
  Recipe recipe;
  recipe.depth_limit = 0;
  EXPECT_EQ(message(recipe), "limits.depth: 0 is too small");
  recipe = {};
  recipe.memory = 1;
  EXPECT_EQ(message(recipe), "memory: 1 is too small");
  recipe = {};
  recipe.checks[0].fail_above = -1;
  EXPECT_EQ(message(recipe), "checks.missing_ids.fail_above: a threshold cannot be negative or infinite");
  recipe = {};
  recipe.swipe_models = {"\xc3"};
  EXPECT_EQ(message(recipe), "models.swipe: '?' is not UTF-8");
}

}  // namespace
}  // namespace gristmill::recipe
