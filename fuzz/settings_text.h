// Settings from the text of a recipe file and of a .env file, through the real loader; and what it promises
// whatever the texts are.
#pragma once

#include <string>
#include <string_view>

#include "recipe/settings.h"
#include "record/line_parser.h"
#include "rendered_line.h"
#include "require.h"

namespace gristmill::fuzz {

inline void check_settings(std::string_view recipe, std::string_view dotenv) {
  recipe::SettingsSources sources;
  sources.working_directory = "/w";
  sources.read_file = [&](const std::string& path, const recipe::Settings&) -> Result<std::optional<std::string>> {
    if (path == "/w/gristmill.yaml") return std::optional<std::string>(recipe);
    if (path == "/w/.env") return std::optional<std::string>(dotenv);
    return std::optional<std::string>();
  };
  const Result<recipe::Settings> settings = recipe::resolve_settings(sources);
  if (!settings) {
    require(settings.error().kind == ErrorKind::usage, "bad settings are a usage error", settings.error().message);
    require(!settings.error().message.empty(), "an error says what is wrong");
    return;
  }
  const Status checked = check_recipe(settings->recipe);
  require(checked.ok(), "what was resolved holds together", checked.ok() ? "" : checked.error().message);
  require(settings->origins.size() == recipe::settings_table().size(), "every setting has an origin");
  check_compact_json(canonical_meaning(settings->recipe));
  render_once(settings->recipe, Dataset::collections, R"({"metadata":{"profileId":" p"},"x":1})");
}

}  // namespace gristmill::fuzz
