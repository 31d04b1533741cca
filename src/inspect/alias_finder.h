// Names of fields that a run would not know: what `aliases` would be.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/data.h"
#include "gristmill/recipe.h"
#include "inspect/inspect.h"

namespace gristmill::inspect {

// Every path of not more than three steps, by group.
using FieldsNearTop = std::array<std::vector<InspectedField>, line_groups>;

struct ProposedAlias {
  Field field;
  std::string name;
  std::uint64_t lines = 0;          // that have it
  std::vector<std::string> others;  // names that would have done as well
};
// Of fields that `recipe` does not find, not more than one name each.
std::vector<ProposedAlias> find_aliases(const Recipe& recipe, const FieldsNearTop& near_top);

// Is it near to the field's name, or one that people give it?
bool may_be_meant(std::string_view name, Field field);
// Can a recipe say that name?
bool can_be_named(const std::string& name);

}  // namespace gristmill::inspect
