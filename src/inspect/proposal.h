// The recipe to start from: what was given, and what the data suggests of names, carried fields and models.
#pragma once

#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "inspect/inspect.h"

namespace gristmill::inspect {

// An input as it was named, and what its files turned out to be.
struct InspectedInput {
  std::string argument;
  std::vector<std::size_t> files;  // indices into Inspection::files
};

// `near_top`: every path of not more than three steps, by group. The result is YAML.
std::string propose_recipe(const Inspection& inspection, const Recipe& recipe,
                           const std::vector<InspectedInput>& inputs,
                           const std::array<std::vector<InspectedField>, line_groups>& near_top);

}  // namespace gristmill::inspect
