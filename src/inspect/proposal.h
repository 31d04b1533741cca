// The recipe to start from: what was given, and what the data suggests of names, framing, wrappers, carried fields and
// models.
#pragma once

#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "inspect/alias_finder.h"
#include "inspect/inspect.h"

namespace gristmill::inspect {

// An input as it was named, and what its files turned out to be.
struct InspectedInput {
  std::string argument;
  std::vector<std::size_t> files;  // indices into Inspection::files
};

// How files were read.
struct ReadingRecipe {
  const Recipe& given;
  const Recipe& read_by;  // that, with what was found
  const std::vector<ProposedAlias>& aliases;
};
// The result is YAML.
std::string propose_recipe(const Inspection& inspection, const ReadingRecipe& reading,
                           const std::vector<InspectedInput>& inputs, const FieldsNearTop& near_top);

}  // namespace gristmill::inspect
