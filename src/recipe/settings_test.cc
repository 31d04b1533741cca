#include "recipe/settings.h"

#include <gtest/gtest.h>

namespace gristmill::recipe {
namespace {

// The sources of a test: files by absolute path, below the working directory /project.
struct Sources {
  std::vector<FlagValue> flags;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> files;

  Result<Settings> resolve() const {
    SettingsSources sources{
        flags, environment, "/project", [this](const std::string& path, const Settings&) {
          const auto found = files.find(path);
          if (found == files.end()) return Result<std::optional<std::string>>(std::nullopt);
          if (found->second == "UNREADABLE") {
            return Result<std::optional<std::string>>(Error::input("cannot read '" + path + "'", "check its mode"));
          }
          return Result<std::optional<std::string>>(found->second);
        }};
    return resolve_settings(sources);
  }
  Settings good() const {
    Result<Settings> result = resolve();
    EXPECT_TRUE(result.ok()) << result.error().message;
    return result ? std::move(*result) : Settings{};
  }
  std::string message() const {
    const Result<Settings> result = resolve();
    if (result) return "no error";
    EXPECT_EQ(result.error().kind, ErrorKind::usage);
    return result.error().message;
  }
  std::string advice() const {
    const Result<Settings> result = resolve();
    return result ? "no error" : result.error().advice;
  }
};

std::string origin(const Settings& settings, std::string_view key) {
  for (const GivenSetting& entry : settings.origins) {
    if (entry.key == key) return entry.value + " from " + entry.origin;
  }
  return "no such setting";
}

using Names = std::vector<std::string>;

TEST(Settings, DefaultsAreARecipe) {
  const Settings settings = Sources{}.good();
  EXPECT_EQ(canonical_meaning(settings.recipe), canonical_meaning(Recipe{}));
  EXPECT_EQ(settings.origins.size(), settings_table().size());
  EXPECT_EQ(origin(settings, "limits.line"), "64MiB from default");
  EXPECT_EQ(origin(settings, "threads"), "auto from default");
  EXPECT_EQ(origin(settings, "recipe"), "gristmill.yaml from default");
  EXPECT_TRUE(settings.files_read.empty());
  EXPECT_TRUE(settings.warnings.empty());
}

TEST(Settings, TheHigherSourceHolds) {
  Sources sources;
  sources.files["/project/gristmill.yaml"] = "\nthreads: 2\n";
  EXPECT_EQ(origin(sources.good(), "threads"), "2 from gristmill.yaml line 2");
  sources.files["/project/.env"] = "X=1\n\nGRISTMILL_THREADS=3\n";
  EXPECT_EQ(origin(sources.good(), "threads"), "3 from .env line 3");
  EXPECT_EQ(sources.good().files_read, (Names{".env", "gristmill.yaml"}));
  sources.environment["GRISTMILL_THREADS"] = "4";
  EXPECT_EQ(origin(sources.good(), "threads"), "4 from environment variable GRISTMILL_THREADS");
  sources.flags = {{"threads", {"5"}}};
  EXPECT_EQ(origin(sources.good(), "threads"), "5 from flag --threads");
  EXPECT_EQ(sources.good().recipe.threads, 5U);
}

TEST(Settings, AHigherListReplacesALowerOne) {
  Sources sources;
  sources.files["/project/gristmill.yaml"] = "collections: [a, b]\naliases: {behaviour: [x], profile_id: [user]}\n";
  sources.environment["GRISTMILL_ALIASES_BEHAVIOUR"] = "y";
  sources.flags = {{"collections", {"c"}}};
  const Settings settings = sources.good();
  EXPECT_EQ(settings.recipe.collections, Names{"c"});
  EXPECT_EQ(settings.recipe.aliases[1], Names{"y"});
  EXPECT_EQ(settings.recipe.aliases[3], Names{"user"});
}

TEST(Settings, ListsBySource) {
  Sources sources;
  sources.flags = {{"collections", {"a,b", "c"}}, {"carry", {"x,y", "z"}}};
  sources.environment["GRISTMILL_PREDICTIONS"] = "p\\,q, r";
  sources.environment["GRISTMILL_SWIPE_MODELS"] = "m\nn\n";
  const Settings settings = sources.good();
  EXPECT_EQ(settings.recipe.collections, (Names{"a,b", "c"}));
  EXPECT_EQ(settings.recipe.carry, (Names{"x", "y", "z"}));
  EXPECT_EQ(settings.recipe.predictions, (Names{"p,q", "r"}));
  EXPECT_EQ(settings.recipe.swipe_models, (Names{"m", "n"}));
}

TEST(Settings, AFlagInTwoPiecesIsOneFlag) {
  Sources sources;
  sources.flags = {{"collections", {"a"}}, {"strict", {}}, {"collections", {"b"}}};
  EXPECT_EQ(sources.good().recipe.collections, (Names{"a", "b"}));
  EXPECT_TRUE(sources.good().recipe.strict);
  sources.flags = {{"threads", {"1"}}, {"threads", {"2"}}};
  EXPECT_EQ(sources.message(), "flag --threads: more than one value is given");
}

TEST(Settings, AnEmptyVariableIsNotSet) {
  Sources sources;
  sources.files["/project/gristmill.yaml"] = "output: out\n";
  sources.environment = {{"GRISTMILL_OUTPUT", ""}, {"GRISTMILL_CARRY", ""}};
  EXPECT_EQ(sources.good().recipe.output, "out");
  sources.environment["GRISTMILL_CARRY"] = " ,";
  EXPECT_EQ(sources.message(), "environment variable GRISTMILL_CARRY: there is no value between the commas");
}

TEST(Settings, NamedFilesMustExist) {
  Sources sources;
  sources.flags = {{"recipe", {"conf/r.yaml"}}};
  EXPECT_EQ(sources.message(), "flag --recipe: 'conf/r.yaml' is no file: it is not there, or it is a folder");
  sources.files["/project/conf/r.yaml"] = "threads: x\n";
  EXPECT_EQ(sources.message(), "conf/r.yaml line 1: threads: 'x' is not a whole number");
  sources.files["/project/conf/r.yaml"] = "output: out\n";
  EXPECT_EQ(origin(sources.good(), "output"), "out from conf/r.yaml line 1");
  EXPECT_EQ(origin(sources.good(), "recipe"), "conf/r.yaml from flag --recipe");

  sources.environment["GRISTMILL_ENV_FILE"] = "/etc/x.env";
  EXPECT_EQ(sources.message(),
            "environment variable GRISTMILL_ENV_FILE: '/etc/x.env' is no file: it is not there, or it is a folder");
  sources.files["/etc/x.env"] = "GRISTMILL_OUTPUT=there\n";
  EXPECT_EQ(origin(sources.good(), "output"), "there from /etc/x.env line 1");
}

TEST(Settings, ANamedFileTakesThePlaceOfTheDefaultOne) {
  Sources sources;
  sources.files = {{"/project/gristmill.yaml", "broken: ["}, {"/project/.env", "GRISTMILL_X"}};
  sources.files["/project/r.yaml"] = "threads: 2";
  sources.files["/project/e.env"] = "GRISTMILL_MEMORY=1GiB";
  sources.flags = {{"recipe", {"r.yaml"}}, {"env_file", {"e.env"}}};
  EXPECT_EQ(sources.good().recipe.threads, 2U);
  EXPECT_EQ(sources.good().recipe.memory, 1ULL << 30);
}

TEST(Settings, DotenvMayNameTheRecipeButNotItself) {
  Sources sources;
  sources.files = {{"/project/.env", "GRISTMILL_RECIPE=r.yaml\n"}, {"/project/r.yaml", "threads: 2\n"}};
  EXPECT_EQ(sources.good().recipe.threads, 2U);
  sources.files["/project/.env"] = "GRISTMILL_ENV_FILE=other.env\n";
  EXPECT_EQ(sources.message(), ".env line 1: GRISTMILL_ENV_FILE says which file this is, so it cannot stand in it");
}

TEST(Settings, AnUnreadableFileIsAnError) {
  Sources sources;
  sources.files["/project/.env"] = "UNREADABLE";
  EXPECT_EQ(sources.message(), "cannot read '/project/.env'");
  sources.flags = {{"env_file", {".env"}}};
  EXPECT_EQ(sources.message(), "flag --env-file: cannot read '/project/.env'");
}

TEST(Settings, UnknownNamesAreErrorsWithTheNearestKnown) {
  Sources sources;
  sources.environment["GRISTMILL_OUTPTU"] = "x";
  EXPECT_EQ(sources.message(), "environment variable GRISTMILL_OUTPTU is no setting");
  EXPECT_EQ(sources.advice(), "did you mean GRISTMILL_OUTPUT?");
  sources = {};
  sources.files["/project/.env"] = "A=1\nGRISTMILL_LIMIT_LINE=5\n";
  EXPECT_EQ(sources.message(), ".env line 2: GRISTMILL_LIMIT_LINE is no setting");
  EXPECT_EQ(sources.advice(), "did you mean GRISTMILL_LIMITS_LINE?");
  sources = {};
  sources.flags = {{"thread", {"5"}}};
  EXPECT_EQ(sources.message(), "unknown setting 'thread'");
  EXPECT_EQ(sources.advice(), "did you mean 'threads'?");
}

TEST(Settings, VariablesOfTestsAndOthersAreIgnored) {
  Sources sources;
  sources.environment = {{"GRISTMILL_TEST_ANYTHING", "x"}, {"GRIST", "y"}, {"PATH", "z"}, {"gristmill_output", "q"}};
  EXPECT_EQ(sources.good().recipe.output, "");
}

TEST(Settings, AnOverriddenValueIsStillChecked) {
  Sources sources;
  sources.files["/project/gristmill.yaml"] = "threads: many\n";
  sources.flags = {{"threads", {"2"}}};
  EXPECT_EQ(sources.message(), "gristmill.yaml line 1: threads: 'many' is not a whole number");
}

TEST(Settings, ErrorsSayWhere) {
  Sources sources;
  sources.environment["GRISTMILL_MEMORY"] = "4";
  EXPECT_EQ(sources.message(), "environment variable GRISTMILL_MEMORY: 4 is too small");
  sources = {};
  sources.files["/project/.env"] = "GRISTMILL_MEMORY=4";
  EXPECT_EQ(sources.message(), ".env line 1: GRISTMILL_MEMORY: 4 is too small");
  sources = {};
  sources.flags = {{"memory", {"4"}}};
  EXPECT_EQ(sources.message(), "flag --memory: 4 is too small");
  sources.flags = {{"output", {}}};
  EXPECT_EQ(sources.message(), "flag --output: no value is given");
}

TEST(Settings, ErrorsHaveWhatTheyAreAbout) {
  const auto place = [](const Sources& sources) {
    const Result<Settings> result = sources.resolve();
    if (result) return std::string("no error");
    const Error& error = result.error();
    return error.file + "|" + std::to_string(error.line) + "|" + error.key;
  };
  Sources sources;
  sources.flags = {{"memory", {"4"}}};
  EXPECT_EQ(place(sources), "|0|memory");
  sources.flags = {{"thread", {"5"}}};
  EXPECT_EQ(place(sources), "|0|thread");
  sources.flags = {{"recipe", {"none.yaml"}}};
  EXPECT_EQ(place(sources), "none.yaml|0|recipe");
  sources = {};
  sources.environment["GRISTMILL_LIMITS_LINE"] = "huge";
  EXPECT_EQ(place(sources), "|0|limits.line");
  sources = {};
  sources.files["/project/.env"] = "A=1\nGRISTMILL_MEMORY=4\n";
  EXPECT_EQ(place(sources), ".env|2|memory");
  sources.files["/project/.env"] = "A=1\nGRISTMILL_MEMROY=4\n";
  EXPECT_EQ(place(sources), ".env|2|");
  sources.files["/project/.env"] = "GRISTMILL_MEMORY\n";
  EXPECT_EQ(place(sources), ".env|1|");
  sources = {};
  sources.files["/project/gristmill.yaml"] = "threads: 1\nlimits: {line: huge}\n";
  EXPECT_EQ(place(sources), "gristmill.yaml|2|limits.line");
  sources.files["/project/gristmill.yaml"] = "limits:\n  lime: 5\n";
  EXPECT_EQ(place(sources), "gristmill.yaml|2|limits.lime");
  sources.files["/project/gristmill.yaml"] = "\ncarry: [a, a]\n";
  EXPECT_EQ(place(sources), "gristmill.yaml|2|carry");
}

TEST(Settings, OthersVariablesInDotenvAreHandedOver) {
  Sources sources;
  sources.files["/project/.env"] =
      "AWS_REGION=a\nAWS_REGION=b\nthis is not for us\nGRISTMILL_THREADS=1\nGRISTMILL_THREADS=2\n";
  const Settings settings = sources.good();
  EXPECT_EQ(settings.dotenv, (std::map<std::string, std::string>{{"AWS_REGION", "b"}}));
  EXPECT_EQ(settings.warnings, Names{".env line 3 is not NAME=value and is skipped"});
  EXPECT_EQ(origin(settings, "threads"), "2 from .env line 5");
}

TEST(Settings, SecretsInDotenvStayOutOfMessages) {
  for (const char* line : {"GRISTMILL_S3_SECRET=hunter2", "GRISTMILL_OUTPUT='hunter2", "GRISTMILL_OUTPUT hunter2",
                           "AWS_SECRET hunter2\nGRISTMILL_X=1", "GRISTMILL_OUTPUT=s3://k:hunter2@b"}) {
    Sources sources;
    sources.files["/project/.env"] = line;
    const Result<Settings> result = sources.resolve();
    ASSERT_FALSE(result.ok()) << line;
    EXPECT_EQ((result.error().message + result.error().advice).find("hunter2"), std::string::npos) << line;
  }
}

TEST(Settings, VariablesAreNotFilledInOutsideTheShell) {
  Sources sources;
  sources.files["/project/.env"] = "GRISTMILL_OUTPUT=$HOME/out\n";
  EXPECT_EQ(sources.message(), ".env line 1: GRISTMILL_OUTPUT: a variable ('$') is not filled in here");
  sources = {};
  sources.files["/project/gristmill.yaml"] = "collections: [a, 'b/${DAY}/c']\n";
  EXPECT_EQ(sources.message(), "gristmill.yaml line 1: collections: a variable ('$') is not filled in here");
  sources = {};
  sources.flags = {{"output", {"$out"}}};
  EXPECT_EQ(sources.good().recipe.output, "$out");
}

TEST(Settings, AThresholdWithoutASeverityMeansFail) {
  Sources sources;
  sources.files["/project/gristmill.yaml"] =
      "checks: {range: {fail_above: 1%}, time: {severity: warn, fail_above: 3}}\n";
  Settings settings = sources.good();
  EXPECT_EQ(settings.recipe.checks[7].severity, Severity::fail);
  EXPECT_EQ(settings.recipe.checks[7].fail_above, 1.0);
  EXPECT_TRUE(settings.recipe.checks[7].percent);
  EXPECT_EQ(origin(settings, "checks.range.severity"), "fail from fail_above of gristmill.yaml line 1");
  EXPECT_EQ(settings.recipe.checks[8].severity, Severity::warn);
  EXPECT_FALSE(settings.recipe.checks[8].percent);
  sources.environment["GRISTMILL_CHECKS_RANGE_SEVERITY"] = "warn";
  EXPECT_EQ(sources.good().recipe.checks[7].severity, Severity::warn);
}

TEST(Settings, ASeverityKeepsTheThreshold) {
  Sources sources;
  sources.files["/project/gristmill.yaml"] = "checks: {range: fail, rejected_lines: warn}\n";
  const Settings settings = sources.good();
  EXPECT_EQ(settings.recipe.checks[7].severity, Severity::fail);
  EXPECT_EQ(settings.recipe.checks[7].fail_above, 0.0);
  EXPECT_EQ(settings.recipe.checks[4].severity, Severity::warn);
  EXPECT_EQ(origin(settings, "checks.rejected_lines.fail_above"), "5% from default");
}

TEST(Settings, OfQuietAndVerboseTheHigherHolds) {
  Sources sources;
  sources.files["/project/gristmill.yaml"] = "quiet: true\n";
  sources.flags = {{"verbose", {}}};
  const Settings settings = sources.good();
  EXPECT_TRUE(settings.console.verbose);
  EXPECT_FALSE(settings.console.quiet);
  EXPECT_EQ(origin(settings, "quiet"), "false from flag --verbose");
  sources.flags.push_back({"quiet", {"true"}});
  EXPECT_EQ(sources.message(), "flag --quiet: quiet and verbose are both set");
}

TEST(Settings, AliasClashesAreNamedWithTheirPlace) {
  Sources sources;
  sources.files["/project/gristmill.yaml"] = "aliases:\n  profile_id: [user]\n  session_id: [U-S-E-R]\n";
  EXPECT_EQ(sources.message(),
            "gristmill.yaml line 3: aliases.session_id: 'U-S-E-R' is a name of the field profile_id already");
  sources.files["/project/gristmill.yaml"] = "carry: [a, a]\n";
  EXPECT_EQ(sources.message(), "gristmill.yaml line 1: carry: 'a' is named twice");
}

TEST(Settings, WarnsOfAFileThatIsNearlyTheRecipe) {
  Sources sources;
  sources.files["/project/gristmill.yml"] = "threads: 2\n";
  EXPECT_EQ(sources.good().warnings,
            Names{"gristmill.yml is not read: rename it to gristmill.yaml, or name it with --recipe"});
  sources.files["/project/gristmill.yaml"] = "threads: 3\n";
  EXPECT_TRUE(sources.good().warnings.empty());
}

TEST(Settings, AMissingSettingNamesTheWaysToGiveIt) {
  const Error error = missing_setting(*find_setting("output"));
  EXPECT_EQ(error.kind, ErrorKind::usage);
  EXPECT_EQ(error.message, "no output is given");
  EXPECT_EQ(error.advice, "give --output, set GRISTMILL_OUTPUT, or write 'output:' into gristmill.yaml");
}

}  // namespace
}  // namespace gristmill::recipe
