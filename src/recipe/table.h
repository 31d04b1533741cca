// The one table of all settings. The command line's flags, the environment variables, the keys of the
// recipe file, their defaults, the help and docs/guide/settings.md are all derived from it.
//
// A setting has one key, `limits.line`: its place in the recipe file. The flag is the key with '-' for
// '.' and '_' (`--limits-line`), except `--swipe-models` and `--keystroke-models`; the environment
// variable is the flag in capitals (`GRISTMILL_LIMITS_LINE`).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/s3_options.h"

namespace gristmill::recipe {

struct Settings;
enum class LogFormat : std::uint8_t;
enum class Colour : std::uint8_t;

enum class SettingType : std::uint8_t {
  boolean,     // true/false, yes/no, on/off, 1/0
  count,       // a whole number
  byte_size,   // 64MiB, see text/byte_size.h
  text,        // in one piece
  choice,      // one of `choices`
  path,        // one file or folder
  paths,       // several; each flag value is one path
  names,       // several; a flag value may hold more than one, with commas between
  threshold,   // 5%, 0.1% or a whole number
  share,       // 50%, or none
  aggregates,  // several rows NAME: {of: ..., ...}; in a recipe file a table
  by_dataset,  // VALUE for both data sets, or DATASET=VALUE for one, of `choices` if there are any; in a recipe file a
               // map too
};

// Where a setting lives in Settings: what is assigned and shown. An enumeration's values are in the
// order of `choices`; a choice may be a text too.
using SettingTarget =
    std::variant<bool*, std::uint32_t*, std::uint64_t*, std::string*, std::vector<std::string>*, Severity*,
                 SessionScope*, ChangedInputs*, SameContent*, Layout*, LogFormat*, Colour*, CheckPolicy*, S3Addressing*,
                 S3Encryption*, S3Publish*, std::array<Framing, dataset_count>*,
                 std::array<std::string, dataset_count>*, std::optional<double>*, std::vector<Aggregate>*>;

struct Setting {
  std::string key = {};          // limits.line
  std::string flag = {};         // --limits-line
  std::string short_flag = {};   // -o, or empty
  std::string environment = {};  // GRISTMILL_LIMITS_LINE
  SettingType type = SettingType::boolean;
  std::string shape = {};         // of a text or names: URL, REGION; empty: as usual for the type
  std::string group = {};         // heading in the help and the reference
  std::string help = {};          // one sentence, no full stop
  std::string default_text = {};  // as a user would write it; empty: none
  bool changes_data = false;      // part of canonical_meaning
  bool automatic = false;         // a number where 0 means "auto"
  bool adds_to_default = false;   // names given are added to the default ones, not put in their place
  bool local_only = false;        // a path that may not be an s3:// URI
  bool holds_blanks = false;      // a text of several words
  // A setting that says which file to read may not stand in that file, or in one that is read later.
  bool in_dotenv = true;
  bool in_recipe_file = true;
  std::uint64_t least = 0;  // of a number other than 0 where `automatic`
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::string> choices = {};
  std::function<SettingTarget(Settings&)> target = nullptr;

  bool repeatable() const {
    return type == SettingType::paths || type == SettingType::names || type == SettingType::by_dataset ||
           type == SettingType::aggregates;
  }
  // What stands after the flag in the help: PATH, NAME, SIZE, N, text|json; empty for a boolean.
  std::string value_shape() const;
};

// In the order of the reference, settings of one group together. Made once; lives as long as the program.
std::span<const Setting> settings_table();

// nullptr: there is none of that key.
const Setting* find_setting(std::string_view key);

}  // namespace gristmill::recipe
