// What a recipe says about parsing; shared by all parsers of a run.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "record/field_names.h"

namespace gristmill::record {

struct ParseRules {
  // REQUIRES: the recipe holds together (check_recipe): that it carries no name twice is relied on.
  explicit ParseRules(const Recipe& recipe)
      : names(recipe),
        unwrap(recipe.unwrap),
        carry(recipe.carry),
        depth_limit(recipe.depth_limit),
        rows_limit(recipe.rows_limit),
        strict(recipe.strict) {}
  FieldNames names;
  std::array<std::string, dataset_count> unwrap;  // by data set; empty: lines are not wrapped
  std::vector<std::string> carry;
  std::uint32_t depth_limit;
  std::uint64_t rows_limit;  // bytes
  bool strict;
  bool fast_path = true;  // off: every line goes to the complete parser
};

}  // namespace gristmill::record
