// The door of this room: settings from flags, environment, .env and a recipe file to one checked Recipe.
//
// Precedence: flag > environment variable > .env in the working directory (or --env-file) > recipe file
// (gristmill.yaml in the working directory, or --recipe) > default. A higher source replaces a value
// whole, lists too; aliases alone are added to the built-in ones. A value that is overridden must still
// be a good one. An environment variable or .env entry that is empty counts as not set; variables that
// begin with GRISTMILL_TEST_ are ignored. Relative paths are relative to the working directory, wherever
// they are written, and stay as written in the Recipe.
//
// Lists: in YAML a list, or a single value (which may then not hold a comma); in a variable, values
// between commas or line ends, `\,` being a comma that belongs to a value; a repeated flag. A flag value
// of names is cut at commas too, one of paths is not.
//
// A check that is given `fail_above` but no severity has the severity `fail`. Of `quiet` and `verbose`
// the one from the higher source holds.
//
// Messages name flag, variable or file and line. They quote the values of settings, but no credential in a
// URI, no unknown variable's value, and no line of a .env file that could not be read.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/report.h"
#include "gristmill/result.h"
#include "gristmill/s3_options.h"
#include "gristmill/storage.h"
#include "recipe/table.h"

namespace gristmill::recipe {

enum class LogFormat : std::uint8_t { text, json };
enum class Colour : std::uint8_t { automatic, always, never };

// How the command talks; nothing of it reaches the library.
struct ConsoleSettings {
  bool quiet = false;    // errors only
  bool verbose = false;  // never together with quiet
  LogFormat log_format = LogFormat::text;
  std::string log_file;  // empty: stderr
  Colour colour = Colour::automatic;
  // What is told to other programs at the end; empty: nothing.
  std::string result_file;
  std::string metrics_file;
  std::string on_end;   // a command for the shell
  std::string lineage;  // a file, or the http:// or https:// address of a server of OpenLineage
};

struct FlagValue {
  std::string key;                  // of the setting, not the flag: "limits.line"
  std::vector<std::string> values;  // as given; none for a boolean flag without a value
};

struct Settings {
  Recipe recipe;
  ConsoleSettings console;
  S3Settings s3;
  std::string recipe_file = "gristmill.yaml";
  std::string env_file = ".env";
  std::vector<std::string> files_read;        // of the two above, those that were there
  std::vector<GivenSetting> origins;          // of every setting, in the table's order
  std::vector<std::string> warnings;          // to be shown to the user; one line each
  std::map<std::string, std::string> dotenv;  // .env entries of other programs; SECRET, never shown
};

// The text of a file; nullopt if there is no such file (or it is a folder). `so_far`: what flags, environment and,
// for a recipe, .env say; an s3:// path needs it.
using SettingsFileReader =
    std::function<Result<std::optional<std::string>>(const std::string& path, const Settings& so_far)>;

// Reads through `storage`, which must outlive the reader. Files over 4 MiB are a usage error.
SettingsFileReader settings_file_reader(Storage& storage);

struct SettingsSources {
  std::vector<FlagValue> flags;
  std::map<std::string, std::string> environment;  // all of it; other programs' variables are skipped
  std::string working_directory;                   // absolute; relative file names are put after it
  SettingsFileReader read_file;
  bool default_files = true;       // reads .env and gristmill.yaml of the working directory though nobody names them
  std::string flag_word = "flag";  // "argument": messages then name the key instead of the flag
};

// REQUIRES: sources.read_file. The recipe holds together (check_recipe). Every error is a usage error. That a
// command needs an output, say, is the command's to check (missing_setting).
[[nodiscard]] Result<Settings> resolve_settings(const SettingsSources& sources);

// Those that are not defaults, for a report that anybody may read: without the endpoint of S3, which may hold a
// password.
std::vector<GivenSetting> given_settings(const Settings& settings);

// An error about a setting that a file gave says where that stands.
Error with_place(Error error, const Settings& settings);

// "no output is given", with the three ways to give it.
Error missing_setting(const Setting& setting);

}  // namespace gristmill::recipe
