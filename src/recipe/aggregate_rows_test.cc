#include "recipe/aggregate_rows.h"

#include <gtest/gtest.h>

#include "gristmill/recipe.h"
#include "recipe/recipe_file.h"

namespace gristmill::recipe {
namespace {

// The row as it is shown, or what is wrong with it and the advice.
std::string row(const std::string& text) {
  const Result<std::vector<Aggregate>> rows = parse_aggregates(text);
  if (!rows) return "error: " + rows.error().message + " | " + rows.error().advice;
  std::string shown;
  for (const Aggregate& each : *rows) shown += (shown.empty() ? "" : "; ") + show_aggregate(each);
  return shown;
}

TEST(Aggregates, OfAllKindsComeBackAsTheyAreShown) {
  for (const char* text :
       {"a: {of: collections, count: rows}", "a: {of: collections, count: collection_id, where: timestamp is null}",
        "a: {of: labels, count: rows, behaviour_types: [swipes, taps], platforms: [mobile]}",
        "a: {of: labels, min: timestamp, where: platform is not null}",
        "a: {of: predictions, mean: score, weight: confidence, models: [a b, swipe_model]}",
        "a: {of: predictions, sum: confidence, where: score is not null}",
        "a: {of: predictions, max: timestamp, where: model_name is null}",
        "_B9: {of: labels, count: collection_id, platforms: [\"\", \" x\", \"a,b\", \"null\", \"é\"]}"}) {
    EXPECT_EQ(row(text), text);
  }
  EXPECT_EQ(row("a: {of: predictions, count: rows, models: [c, a, c]}"),
            "a: {of: predictions, count: rows, models: [a, c]}");
  EXPECT_EQ(row("a: {of: predictions, count: rows, models: c, where: score  IS Null}"),
            "a: {of: predictions, count: rows, models: [c], where: score is null}");
  EXPECT_EQ(row("{a: {of: labels, count: rows}, b: {count: rows, of: collections}}"),
            "a: {of: labels, count: rows}; b: {of: collections, count: rows}");
}

TEST(Aggregates, ErrorsNameTheRowAndWhatIsPossible) {
  const std::pair<const char*, const char*> errors[] = {
      {"tap-score: {of: predictions, mean: score}",
       "'tap-score': the name has other characters than letters, digits and '_', or begins with a digit | write a name "
       "such as mean_tap_score"},
      {"Profile_ID: {of: labels, count: rows}", "'Profile_ID': every row has this column already | write another name"},
      {"a: {count: rows}", "'a': 'of' is missing | write of: collections, labels, predictions, one of them"},
      {"a: {of: prediction, count: rows}",
       "'a': of: 'prediction' is not one of collections, labels, predictions | did you mean 'predictions'?"},
      {"a: {of: labels}",
       "'a': a function is missing | write one of count, mean, sum, min, max, such as 'count: rows'"},
      {"a: {of: predictions, mean: score, max: score}",
       "'a': it has two functions, mean and max | make two rows of it, or remove one"},
      {"a: {of: predictions, mean: scores}",
       "'a': mean: 'scores' is not one of score, confidence, timestamp | did you mean 'score'?"},
      {"a: {of: labels, mean: score}", "'a': mean: 'score' is not one of timestamp | write one of them"},
      {"a: {of: labels, count: row}", "'a': count: 'row' is not one of rows, collection_id | did you mean 'rows'?"},
      {"a: {of: predictions, mean: score, weigth: confidence}", "'a': unknown key 'weigth' | did you mean 'weight'?"},
      {"a: {of: predictions, sum: score, weight: confidence}",
       "'a': 'weight' stands beside sum | only mean has a weight; remove it"},
      {"a: {of: labels, count: rows, models: [m]}",
       "'a': 'models' is no filter for labels | it is one for predictions; remove it"},
      {"a: {of: predictions, count: rows, platforms: [m]}",
       "'a': 'platforms' is no filter for predictions | it is one for labels; remove it"},
      {"a: {of: predictions, count: rows, models: []}",
       "'a': 'models' is an empty list | name at least one, or remove the filter"},
      {"a: {of: predictions, count: rows, models: }",
       "'a': 'models' has no value, or one that is not plain | write 'models: value', or a list [a, b] where it may be "
       "one"},
      {"a: {of: [predictions], count: rows}", "'a': 'of' is one value, not a list | write 'of: value'"},
      {"a: {of: predictions, count: rows, where: score = null}",
       "'a': where: 'score = null' is no condition | write 'score is null' or 'score is not null', with one of the "
       "fields that the rows have"},
      {"a: {of: collections, count: rows, where: platform is null}",
       "'a': where: 'platform' is not one of collection_id, timestamp | write one of them"},
      {"a: {of: labels, count: rows, of: labels}", "'a': 'of' is given a second time | keep one of the two"},
      {"a: {of: labels, count: rows}\n---\nb: {of: labels, count: rows}",
       "'a: {of: labels, count: rows}?---?b: {of: labels, count: rows}' holds more than one document | write it as in "
       "the "
       "recipe file: 'mean_tap_score: {of: predictions, mean: score}'"},
      {"{}", "'{}' is no column | write it as in the recipe file: 'mean_tap_score: {of: predictions, mean: score}'"},
      {"a: rows", "'a': it says nothing of the column | write a: {of: predictions, mean: score}, or the like"}};
  for (const auto& [text, error] : errors) EXPECT_EQ(row(text), std::string("error: ") + error) << text;
}

TEST(Aggregates, NamesAreOneWithoutRegardToCase) {
  Aggregate lines{.name = "lines"};
  Aggregate other{.name = "LINES"};
  EXPECT_TRUE(check_aggregates({lines}).ok());
  EXPECT_EQ(check_aggregates({lines, other}).error().message, "'LINES' has the name of another column, 'lines'");
}

TEST(Aggregates, ATableThatIsTheUsualOneIsNotRecorded) {
  Recipe recipe;
  const std::string usual = canonical_meaning(recipe);
  recipe.aggregates = session_columns(Recipe{});
  EXPECT_EQ(canonical_meaning(recipe), usual);
  std::swap((*recipe.aggregates[3].models)[0], (*recipe.aggregates[3].models)[1]);
  EXPECT_EQ(canonical_meaning(recipe), usual);
  std::swap(recipe.aggregates[0], recipe.aggregates[1]);
  const std::string swapped = canonical_meaning(recipe);
  EXPECT_EQ(
      swapped.substr(0, 154),
      R"({"aggregates":[{"mean":"score","name":"weighted_mean_model_score","of":"predictions","weight":"confidence"},)"
      R"({"count":"collection_id","name":"number_of_col)");
  EXPECT_EQ(swapped.find("\"models\":{"), std::string::npos);
}

TEST(Aggregates, WithoutAnyModelNothingCounts) {
  Recipe recipe;
  recipe.swipe_models.clear();
  EXPECT_TRUE(session_columns(recipe)[2].models->empty());
}

}  // namespace
}  // namespace gristmill::recipe
