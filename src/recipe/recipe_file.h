// The recipe file: YAML, one nested map whose leaves are settings.
//
//   output: out
//   limits: {line: 16MiB}
//   checks:
//     range: ignore            # short for {severity: ignore}
//     rejected_lines: {severity: fail, fail_above: 5%}
//   aliases: {profile_id: [user, uid]}
//   aggregates:                # a row is checked as it is read, and handed on as text
//     mean_tap_score: {of: predictions, mean: score, models: [tap_model]}
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/aggregates.h"
#include "gristmill/result.h"
#include "recipe/table.h"

namespace gristmill::recipe {

struct RecipeFileEntry {
  const Setting* setting = nullptr;  // of the table; never null
  std::vector<std::string> values;   // one, unless the setting is repeatable; not yet read as its type
  std::size_t line = 0;              // of the key, from 1
};

// In the order of the file, each setting at most once. Broken YAML, tabs, unknown and duplicate keys,
// and a list, map or nothing where a value should be are usage errors "<file_name> line 7: ...".
[[nodiscard]] Result<std::vector<RecipeFileEntry>> parse_recipe_file(std::string_view text, std::string_view file_name);

// Rows of `aggregates` by themselves, as a flag or a program gives them: "NAME: {of: predictions, mean: score}", or
// several in braces.
[[nodiscard]] Result<std::vector<Aggregate>> parse_aggregates(const std::string& text);

}  // namespace gristmill::recipe
