#include "recipe/reference.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "recipe/settings.h"

namespace gristmill::recipe {
namespace {

TEST(Reference, NamesEverySetting) {
  const std::string text = settings_reference_markdown();
  for (const Setting& setting : settings_table()) {
    EXPECT_NE(text.find("| `" + setting.environment + "` |"), std::string::npos) << setting.key;
    EXPECT_NE(text.find(setting.help), std::string::npos) << setting.key;
    EXPECT_EQ(text.find("| `" + setting.key + "` |") != std::string::npos, setting.in_recipe_file) << setting.key;
  }
  EXPECT_NE(text.find("| `limits.line` | `--limits-line SIZE` | `GRISTMILL_LIMITS_LINE` | `64MiB` | Longest line"),
            std::string::npos);
  EXPECT_NE(text.find("`--log-format text\\|json`"), std::string::npos);
}

TEST(Reference, ShowsAnExampleThatWorks) {
  EXPECT_NE(settings_reference_markdown().find(example_recipe()), std::string::npos);
  const Result<Settings> settings = resolve_settings(
      {{}, {}, "/project", [](const std::string& path, const Settings&) -> Result<std::optional<std::string>> {
         if (path != "/project/gristmill.yaml") return std::optional<std::string>();
         return std::optional<std::string>(example_recipe());
       }});
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->recipe.predictions.size(), 2U);
  EXPECT_EQ(settings->recipe.line_limit, 16ULL << 20);
  EXPECT_EQ(settings->recipe.checks[1].fail_above, 10.0);
  EXPECT_EQ(settings->recipe.checks[7].severity, Severity::ignore);
}

// Where it is not, GRISTMILL_TEST_WRITE_REFERENCE=1 has this test write it.
TEST(Reference, IsThePageInDocs) {
  const std::string path = GRISTMILL_SOURCE_DIR "/docs/guide/settings.md";
  if (std::getenv("GRISTMILL_TEST_WRITE_REFERENCE") != nullptr) {
    std::ofstream(path, std::ios::binary) << settings_reference_markdown();
  }
  std::ostringstream page;
  page << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(page.str(), settings_reference_markdown())
      << "docs/guide/settings.md is not what the settings are now: run this test with "
         "GRISTMILL_TEST_WRITE_REFERENCE=1";
}

}  // namespace
}  // namespace gristmill::recipe
