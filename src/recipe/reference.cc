// The rules that hold for every setting are text; the settings themselves come from the table, one Markdown
// table a group. Tested in reference_test.cc, which also reads the example as a recipe.
#include "recipe/reference.h"

#include "recipe/table.h"

namespace gristmill::recipe {
namespace {

constexpr std::string_view introduction = R"(# Settings

This page is generated from the table in `src/recipe/table.cc`.

Every setting has a key in the recipe file, a flag and an environment variable. Where several are given,
the first of these holds:

1. the flag;
2. the environment variable;
3. the variable in `.env` in the working directory, or in the file named by `--env-file`;
4. the key in `gristmill.yaml` in the working directory, or in the file named by `--recipe`;
5. the default.

The value from the higher source replaces the other whole, lists too; only aliases are added to the
built-in ones. A value that is overridden must still be a good one. `gristmill explain` prints every value
with where it comes from. A key, flag or variable `GRISTMILL_...` that is not known is an error
(`GRISTMILL_TEST_...` is ignored).

## How values are written

- **Paths** are local paths or `s3://bucket/key` URIs, but where it says local. Relative ones are relative to the working
  directory, wherever they are written, in a recipe file in another folder too. `~` and `$NAME` are not
  filled in: your shell does that for flags.
- **Lists**: in YAML a list, or one value without a comma (`collections: data/`). As a flag, the flag
  several times; names also with commas between (`--carry app,device`), paths also one after the other
  (`--collections a.jsonl b.jsonl`). In a variable, with
  commas or line ends between; `\,` is a comma that belongs to a value.
- **Sizes**: bytes, or a number with a unit: `64MiB`, `1.5GiB`, `512KB`, `4g`. K, M, G, T and KiB, MiB,
  GiB, TiB are powers of 1024; KB, MB, GB, TB powers of 1000.
- **Thresholds** (`fail_above`): a whole number of findings, or a percentage of the data set's lines that
  are not blank, such as `5%` or `0.1%`. A check that is given `fail_above` but no severity has the
  severity `fail`; `range: ignore` is short for `range: {severity: ignore}`.
- **True and false**: `true`, `yes`, `on`, `1` and `false`, `no`, `off`, `0`.
- **Aliases** match as loosely as the names themselves: ASCII case, `_` and `-` do not count. A name can
  stand for one field only.
- An environment variable that is empty counts as not set.
- In YAML a value that begins with `*`, such as a glob, must stand in quotes: `'*.jsonl'`.

`.env` holds `NAME=value` lines, with or without `export`. In single quotes, `\'` and `\\` are escapes; in
double quotes, `\n`, `\r`, `\t`, `\"`, `\\` and `\$`; a quoted value may hold line ends. Outside quotes a
`#` after a space begins a comment. Of a name that occurs twice the last one holds. Variables of other
programs may stand there too; a line of theirs that cannot be read is skipped with a warning.

## An example

```yaml
)";

constexpr std::string_view example = R"(# gristmill.yaml
collections: data/collections/
predictions:
  - data/predictions/
  - archive/predictions/2025/
output: out

carry: [app_version]
models:
  swipe: [swipe_model]
  keystroke: [keystroke_model, keystrokes_model]
aliases:
  profile_id: [user, uid]

limits:
  line: 16MiB
checks:
  range: ignore
  duplicate_ids: {severity: fail, fail_above: 10}
  rejected_lines: {severity: fail, fail_above: 0.1%}

memory: 2GiB
)";

std::string code(std::string_view text) {
  if (text.empty()) return "";
  std::string cell = "`";
  for (const char c : text) {
    if (c == '|') cell += '\\';  // in a Markdown table, inside code too
    cell += c;
  }
  return cell + "`";
}

std::string row(const Setting& setting) {
  const std::string shape = setting.value_shape();
  std::string text = "| " + code(setting.in_recipe_file ? setting.key : "");
  text += " | " + code(setting.flag + (shape.empty() ? "" : " " + shape));
  if (!setting.short_flag.empty()) text += ", " + code(setting.short_flag);
  text += " | " + code(setting.environment);
  text += " | " + code(setting.default_text);
  text += " | " + setting.help + (setting.repeatable() ? ". Repeatable" : "") + ". |\n";
  return text;
}

// What a reader must know about the settings of a group as a whole, told from its first setting.
std::string_view group_note(const Setting& first) {
  if (first.key == "collections") {
    return "The inputs' names and bytes are recorded in `inputs_id`, not the places they are read from.\n\n";
  }
  if (first.changes_data) {
    return "These may change the data. They are recorded in `inputs_id` and in the Parquet metadata.\n\n";
  }
  if (first.key == "accumulate") {
    return "They are not in the recipe as recorded: the ledger has what became of the inputs.\n\n";
  }
  if (first.key.starts_with("checks.")) {
    return "These say whether the data is published (see `publish_anyway`). They never change it.\n\n";
  }
  return "These never change the data.\n\n";
}

}  // namespace

std::string_view example_recipe() { return example; }

std::string settings_reference_markdown() {
  std::string text(introduction);
  text += example;
  text += "```\n\n## All settings\n\nAn empty default means none.\n";
  std::string group;
  for (const Setting& setting : settings_table()) {
    if (setting.group != group) {
      group = setting.group;
      text += "\n### " + group + "\n\n" + std::string(group_note(setting));
      text += "| key | flag | environment variable | default | meaning |\n|---|---|---|---|---|\n";
    }
    text += row(setting);
  }
  return text;
}

}  // namespace gristmill::recipe
