#include "record/field_names.h"

#include <gtest/gtest.h>

namespace gristmill::record {
namespace {

TEST(FieldNames, KnowsEveryCanonicalName) {
  const FieldNames names{Recipe{}};
  for (std::size_t i = 0; i < field_count; ++i) {
    EXPECT_EQ(names.find(field_names[i]), static_cast<Field>(i)) << field_names[i];
  }
}

TEST(FieldNames, CaseUnderscoreAndHyphenDoNotMatter) {
  const FieldNames names{Recipe{}};
  for (const char* name :
       {"profileId", "profile-id", "ProfileID", "profileid", "PROFILE_ID", "__profile--id__", "p_r-o_f-i_l-e_i-d"}) {
    EXPECT_EQ(names.find(name), Field::profile_id) << name;
  }
  EXPECT_EQ(names.find("Metadata"), Field::metadata);
  EXPECT_EQ(names.find("meta_data"), Field::metadata);
  EXPECT_EQ(names.find("modelName"), Field::model_name);
  EXPECT_EQ(names.find("TimeStamp"), Field::timestamp);
}

TEST(FieldNames, OtherNamesAreNone) {
  const FieldNames names{Recipe{}};
  for (const char* name :
       {"", "_", "-_-", "profile id", "profile.id", "profile_i", "profile_idd", "profiles_id", "id", "meta",
        " metadata", "metadata ", "m\xC3\xA9tadata", "behaviours", "behavio", "prof\xC4\xB1le_id"}) {
    EXPECT_EQ(names.find(name), std::nullopt) << name;
  }
  EXPECT_EQ(names.find(std::string_view("score\0", 6)), std::nullopt);
}

TEST(FieldNames, TheBuiltInAliasOfBehaviour) {
  EXPECT_EQ(FieldNames(Recipe{}).find("behavior"), Field::behaviour);
  EXPECT_EQ(FieldNames(Recipe{}).find("BEHAVIOR"), Field::behaviour);
  EXPECT_EQ(FieldNames(Recipe{}).find("behaviour"), Field::behaviour);
}

TEST(FieldNames, AddedAliasesMatchAsLoosely) {
  Recipe recipe;
  recipe.aliases[static_cast<std::size_t>(Field::profile_id)] = {"User-ID", "uid"};
  recipe.aliases[static_cast<std::size_t>(Field::score)] = {"W\xC3\xA9rt"};
  const FieldNames names(recipe);
  for (const char* name : {"user_id", "userId", "USERID", "User-ID", "uid", "U_I_D"})
    EXPECT_EQ(names.find(name), Field::profile_id) << name;
  EXPECT_EQ(names.find("profile_id"), Field::profile_id);
  EXPECT_EQ(names.find("w\xC3\xA9rt"), Field::score);
  EXPECT_EQ(names.find("W\xC3\x89RT"), std::nullopt);  // only ASCII has a lower case here
}

TEST(FieldNames, LongNamesAreNoneHoweverLong) {
  const FieldNames names{Recipe{}};
  EXPECT_EQ(names.find(std::string(1U << 20, 'x')), std::nullopt);
  EXPECT_EQ(names.find("score" + std::string(1U << 20, '_')), Field::score);
  EXPECT_EQ(names.find(std::string(1U << 20, '-') + "score"), Field::score);
  EXPECT_EQ(names.find("score" + std::string(300, '_') + "s"), std::nullopt);
}

TEST(FieldNames, LongAliasesAreFound) {
  for (const std::size_t length : {14U, 255U, 256U, 257U, 1000U}) {
    Recipe recipe;
    const std::string alias(length, 'q');
    recipe.aliases[static_cast<std::size_t>(Field::timestamp)] = {alias};
    const FieldNames names(recipe);
    EXPECT_EQ(names.find(alias), Field::timestamp) << length;
    EXPECT_EQ(names.find("_" + std::string(length, 'Q') + "-"), Field::timestamp) << length;
    EXPECT_EQ(names.find(alias + "q"), std::nullopt) << length;
    EXPECT_EQ(names.find(alias.substr(1)), std::nullopt) << length;
    EXPECT_EQ(names.find("timestamp"), Field::timestamp) << length;
  }
}

TEST(Loosened, IsLowerCaseWithoutUnderscoreAndHyphen) {
  EXPECT_EQ(loosened("Profile-ID_"), "profileid");
  EXPECT_EQ(loosened("_-_"), "");
  EXPECT_EQ(loosened("\xC3\x89 @[`{Z"), "\xC3\x89 @[`{z");
}

}  // namespace
}  // namespace gristmill::record
