// What a person sets first is written out by hand, with examples; the rest is the table, group by group. A
// section's own line (`limits:`) stays live above its commented settings: a section with nothing in it means
// nothing, and a setting below it can be switched on by removing one '#'. Tested in starter_test.cc, which
// removes all of them.
#include "recipe/starter.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "recipe/table.h"

namespace gristmill::recipe {
namespace {

constexpr std::size_t widest_line = 100;

constexpr std::string_view head =
    R"(# Settings for `gristmill run`, `validate` and `explain`, read from the folder that they are started in.
#
# To begin: change the three settings below, look at what would be done with `gristmill explain`, then
# `gristmill run`. Everything after them is commented out and shows its default: remove the '#' before a
# setting, and nothing else, to change it.
#
# A flag or an environment variable wins over this file. Paths are relative to the folder that gristmill
# is started in. A value that begins with '*' stands in quotes.

)";

struct FirstSetting {
  std::string_view key;
  std::string_view value;
  std::string_view examples;
};

constexpr FirstSetting first_settings[] = {
    {"collections", "data/collections/",
     "#   collections: data/2025-05-15.jsonl.gz\n"
     "#   collections: [archive/2025/, 'today/*.jsonl']\n"},
    {"predictions", "data/predictions/",
     "#   predictions: 'data/predictions/2025-05-*.jsonl.zst'\n"
     "#   predictions: []                     none: collections alone\n"},
    {"output", "out",
     "#   output: /srv/gristmill/nightly      a folder of gristmill's own: it refuses one that holds other files\n"},
};

bool is_first(const Setting& setting) {
  return std::any_of(std::begin(first_settings), std::end(first_settings),
                     [&](const FirstSetting& first) { return first.key == setting.key; });
}

// `text` as comment lines that are not too wide.
std::string prose(std::string_view text, std::size_t indent) {
  std::string out;
  std::string line;
  const auto end_line = [&] {
    out.append(indent, ' ').append("#").append(line).append("\n");
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (!line.empty() && indent + line.size() + space + 2 > widest_line) end_line();
    line.append(" ").append(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  end_line();
  return out;
}

std::string heading(std::string_view group) { return "# ---- " + std::string(group) + "\n"; }

std::vector<std::string> parts_of(const std::string& key) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t dot = key.find('.', begin);
    parts.push_back(key.substr(begin, dot - begin));
    if (dot == std::string::npos) return parts;
    begin = dot + 1;
  }
}

// What holds for all settings of a group, said once.
std::string_view note_on(const Setting& first) {
  if (first.key.starts_with("checks.")) {
    return "severity is ignore, warn or fail; a check that is given fail_above alone has the severity fail";
  }
  return {};
}

std::string yaml_of(const Setting& setting, const std::string& name, std::size_t indent) {
  std::string text = prose(setting.help, indent).append(indent, ' ');
  if (setting.type == SettingType::aggregates) {
    // As prose: a setting that is switched on has its default, and this one may not stand beside models.
    return text + "# In place of models, for example:\n# " + name +
           ":\n"
           "#   number_of_collections: {of: collections, count: collection_id}\n"
           "#   mean_tap_score: {of: predictions, mean: score, models: [tap_model]}\n";
  }
  if (setting.repeatable()) return text + "#" + name + ": [" + setting.default_text + "]\n";
  if (setting.default_text.empty()) {
    const std::string value = setting.type == SettingType::path ? "/a/path"
                              : setting.shape == "URL"          ? "https://host"
                                                                : setting.shape;
    return text + "#" + name + ": " + value + "    # none by default\n";
  }
  if (setting.type == SettingType::choice) {
    return text + "#" + name + ": " + setting.default_text + "    # " + setting.value_shape() + "\n";
  }
  return text + "#" + name + ": " + setting.default_text + "\n";
}

}  // namespace

std::string starter_recipe() {
  std::string text(head);
  for (const FirstSetting& first : first_settings) {
    text += prose(find_setting(first.key)->help + ". For example:", 0);
    text.append(first.examples).append(first.key).append(": ").append(first.value).append("\n\n");
  }
  std::string group = find_setting(first_settings[0].key)->group;
  std::vector<std::string> open;  // the sections that are open
  for (const Setting& setting : settings_table()) {
    if (!setting.in_recipe_file || is_first(setting)) continue;
    if (setting.group != group) {
      group = setting.group;
      text += "\n" + heading(group);
      if (const std::string_view note = note_on(setting); !note.empty()) text += prose(note, 0);
    }
    std::vector<std::string> parts = parts_of(setting.key);
    const std::string name = parts.back();
    parts.pop_back();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i < open.size() && open[i] == parts[i]) continue;
      open.resize(i);
      text.append(2 * i, ' ').append(parts[i]).append(":\n");
      open.push_back(parts[i]);
    }
    open.resize(parts.size());
    text += yaml_of(setting, name, 2 * parts.size());
  }
  return text;
}

std::string starter_dotenv() {
  std::string text =
      "# Environment variables for gristmill, read from the folder that it is started in. They win over\n"
      "# gristmill.yaml and give way to the real environment and to flags. All are commented out and show their\n"
      "# defaults, an empty one counting as not set; gristmill.yaml says what they mean.\n"
      "# Lists have commas between their values. Variables of other programs may stand here too.\n";
  std::string group;
  for (const Setting& setting : settings_table()) {
    if (!setting.in_dotenv) continue;
    if (setting.group != group) {
      group = setting.group;
      text += "\n" + heading(group);
    }
    text += "#" + setting.environment + "=" + setting.default_text + "\n";
  }
  return text;
}

}  // namespace gristmill::recipe
