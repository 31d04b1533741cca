#include "recipe/recipe_file.h"

#include <gtest/gtest.h>

namespace gristmill::recipe {
namespace {

// "key=value|value@line" of every entry; of an error, its message and advice.
std::vector<std::string> parsed(std::string_view text) {
  const Result<std::vector<RecipeFileEntry>> result = parse_recipe_file(text, "r.yaml");
  if (!result) return {result.error().message + "; " + result.error().advice};
  std::vector<std::string> found;
  for (const RecipeFileEntry& entry : *result) {
    std::string line = entry.setting->key + "=";
    for (std::size_t i = 0; i < entry.values.size(); ++i) line += (i == 0 ? "" : "|") + entry.values[i];
    found.push_back(line + "@" + std::to_string(entry.line));
  }
  return found;
}

std::string message(std::string_view text) {
  const Result<std::vector<RecipeFileEntry>> result = parse_recipe_file(text, "r.yaml");
  return result ? "no error" : result.error().message;
}
std::string advice(std::string_view text) {
  const Result<std::vector<RecipeFileEntry>> result = parse_recipe_file(text, "r.yaml");
  return result ? "no error" : result.error().advice;
}

using Lines = std::vector<std::string>;

TEST(RecipeFile, ReadsNestedKeys) {
  EXPECT_EQ(parsed("output: out\n\nlimits:\n  line: 16MiB\n  depth: 10\nmodels: {swipe: [a, 'b,c']}\n"),
            (Lines{"output=out@1", "limits.line=16MiB@4", "limits.depth=10@5", "models.swipe=a|b,c@6"}));
  EXPECT_EQ(parsed("collections: data/\npredictions:\n  - a\n  - \"*.jsonl\"\ncarry: []\n"),
            (Lines{"collections=data/@1", "predictions=a|*.jsonl@2", "carry=@5"}));
}

TEST(RecipeFile, ReadsChecksInBothForms) {
  EXPECT_EQ(parsed("checks:\n  range: ignore\n  rejected_lines: {severity: fail, fail_above: 5%}\n"),
            (Lines{"checks.range.severity=ignore@2", "checks.rejected_lines.severity=fail@3",
                   "checks.rejected_lines.fail_above=5%@3"}));
}

TEST(RecipeFile, EmptyFilesAndSectionsSetNothing) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "limits:\n#  line: 1\nchecks:\n", "{}\n", "~\n"}) {
    EXPECT_EQ(parsed(text), Lines{}) << text;
  }
}

TEST(RecipeFile, AcceptsByteOrderMarkCrlfAnchorsAndUtf8) {
  EXPECT_EQ(parsed("\xEF\xBB\xBFoutput: out\r\nstrict: true\r\n"), (Lines{"output=out@1", "strict=true@2"}));
  EXPECT_EQ(parsed("carry: &names [a, b]\nmodels:\n  swipe: *names\n"), (Lines{"carry=a|b@1", "models.swipe=a|b@3"}));
  EXPECT_EQ(parsed("carry: ['äöü', 'ß']\noutput: \"grün\"\n"), (Lines{"carry=äöü|ß@1", "output=grün@2"}));
}

TEST(RecipeFile, NamesTheNearestKey) {
  EXPECT_EQ(parsed("output: a\nouptut: b\n"), (Lines{"r.yaml line 2: unknown key 'ouptut'; did you mean 'output'?"}));
  EXPECT_EQ(parsed("checks:\n  rejected: fail\n"),
            (Lines{"r.yaml line 2: unknown key 'rejected' in 'checks'; did you mean 'rejected_lines'?"}));
  EXPECT_EQ(parsed("checks: {range: {severty: fail}}\n"),
            (Lines{"r.yaml line 1: unknown key 'severty' in 'checks.range'; did you mean 'severity'?"}));
  EXPECT_EQ(parsed("aliases: {profile: [a]}\n"),
            (Lines{"r.yaml line 1: unknown key 'profile' in 'aliases'; did you mean 'profile_id'?"}));
  EXPECT_EQ(advice("limits: {width: 1}\n"), "known here: line, depth, rows");
}

TEST(RecipeFile, FindsAKeyInItsSection) {
  EXPECT_EQ(advice("limits.line: 1\n"), "did you mean limits: {line: ...}?");
  EXPECT_EQ(advice("depth: 1\n"), "did you mean limits: {depth: ...}?");
  EXPECT_EQ(advice("swipe_models: [a]\n"), "did you mean models: {swipe: ...}?");
  EXPECT_EQ(advice("checks.range.severity: warn\n"), "did you mean checks: {range: {severity: ...}}?");
}

TEST(RecipeFile, RefusesWhatSaysWhereToRead) {
  EXPECT_EQ(message("recipe: other.yaml\n"), "r.yaml line 1: 'recipe' cannot be set in a recipe file");
  EXPECT_EQ(advice("env_file: x\n"), "use the flag --env-file or the environment variable GRISTMILL_ENV_FILE");
}

TEST(RecipeFile, RefusesDuplicateKeys) {
  EXPECT_EQ(message("output: a\nthreads: 1\noutput: b\n"),
            "r.yaml line 3: 'output' is given a second time, after line 1");
  EXPECT_EQ(message("limits:\n  line: 1\n  line: 2\n"), "r.yaml line 3: 'line' is given a second time, after line 2");
  EXPECT_EQ(message("limits: {line: 1}\nlimits: {depth: 2}\n"),
            "r.yaml line 2: 'limits' is given a second time, after line 1");
}

TEST(RecipeFile, RefusesValuesOfTheWrongShape) {
  EXPECT_EQ(message("output:\nthreads: 1\n"), "r.yaml line 1: 'output' has no value");
  EXPECT_EQ(message("output: ~\n"), "r.yaml line 1: 'output' has no value");
  EXPECT_EQ(message("\ncarry:\n"), "r.yaml line 2: 'carry' has no value");
  EXPECT_EQ(message("output: [a]\n"), "r.yaml line 1: 'output' is one value, not a list");
  EXPECT_EQ(message("output: {a: b}\n"), "r.yaml line 1: 'output' is one value, not a map");
  EXPECT_EQ(message("carry: {a: b}\n"), "r.yaml line 1: 'carry' is a list, not a map");
  EXPECT_EQ(message("carry: [a, [b]]\n"), "r.yaml line 1: 'carry' holds something that is not a plain value");
  EXPECT_EQ(message("carry: [a, ~]\n"), "r.yaml line 1: 'carry' holds something that is not a plain value");
  EXPECT_EQ(message("carry: a, b\n"), "r.yaml line 1: 'carry' holds a comma but is not a list");
  EXPECT_EQ(message("limits: 5\n"), "r.yaml line 1: 'limits' is a section, not a value");
  EXPECT_EQ(message("limits: [5]\n"), "r.yaml line 1: 'limits' is a section, not a value");
  EXPECT_EQ(message("checks:\n  range: [ignore]\n"), "r.yaml line 2: 'checks.range' is a section, not a value");
  EXPECT_EQ(message("? [a]\n: b\n"), "r.yaml line 1: a key must be a name");
  EXPECT_EQ(message("- a\n"), "r.yaml line 1: a recipe is a list of 'key: value' lines, and this is none");
  EXPECT_EQ(message("output\n"), "r.yaml line 1: a recipe is a list of 'key: value' lines, and this is none");
  EXPECT_EQ(message("output: a\n---\noutput: b\n"), "r.yaml line 2: this does not belong to what stands above");
  EXPECT_EQ(message("carry: &c [*c]\n"), "r.yaml line 1: 'carry' holds something that is not a plain value");
}

TEST(RecipeFile, RefusesBrokenText) {
  EXPECT_EQ(message("limits:\n\tline: 1\n"), "r.yaml line 2: the line is indented with a tab");
  EXPECT_EQ(message("limits:\n  \tline: 1\n"), "r.yaml line 2: the line is indented with a tab");
  EXPECT_EQ(message("limits: {line: 1}\n\t# a comment\n"), "no error");
  EXPECT_EQ(message("output: \xff\n"), "r.yaml line 1: this is not UTF-8");
  EXPECT_EQ(message("\xff\xfeo\0u\0"), "r.yaml line 1: this is not UTF-8");
  EXPECT_EQ(message(std::string_view("output: a\0b\n", 12)), "r.yaml line 1: there is a NUL byte");
  EXPECT_EQ(message("limits:\n  line: 1\n   depth: 2\n").substr(0, 36), "r.yaml line 3: this is not YAML: ill");
  EXPECT_EQ(message("carry: [a, b\noutput: c\n").substr(0, 31), "r.yaml line 2: this is not YAML");
  EXPECT_EQ(advice("output: a: b\n"), "look at the indentation; a value that holds ': ' must stand in quotes");
}

TEST(RecipeFile, RefusesAQuoteThatIsNeverClosed) {
  EXPECT_EQ(message("threads: 1\noutput: 'out\ncollections: in\n"),
            "r.yaml line 2: the quote that begins here is not closed");
  EXPECT_EQ(message("output: 'it''s\n"), "r.yaml line 1: the quote that begins here is not closed");
  EXPECT_NE(message("carry: ['ä', 'b]\n"), "no error");
  EXPECT_NE(message("output: \"out\\\"\nthreads: 1\n"), "no error");
  EXPECT_EQ(parsed("output: 'it''s'\ncarry: ['ä''', \"a\\\"\"]"), (Lines{"output=it's@1", "carry=ä'|a\"@2"}));
}

TEST(RecipeFile, SaysThatAGlobNeedsQuotes) {
  EXPECT_EQ(advice("collections: *.jsonl\n"), "a value that begins with * must stand in quotes: '*.jsonl'");
  EXPECT_EQ(advice("collections:\n  - *.jsonl\n"), "a value that begins with * must stand in quotes: '*.jsonl'");
}

TEST(RecipeFile, AStrayCommaDoesNotHang) {
  for (const char* text : {",", ",a\n", "output: a\n...\n,", ",~limits:|\n# x", "[a] b"}) {
    EXPECT_EQ(message(text).find("this does not belong to what stands above") != std::string::npos, true) << text;
  }
}

TEST(RecipeFile, SurvivesDeepNesting) {
  EXPECT_NE(message("carry: " + std::string(100000, '[')), "no error");
  EXPECT_NE(message("carry: " + std::string(100000, '{')), "no error");
}

}  // namespace
}  // namespace gristmill::recipe
