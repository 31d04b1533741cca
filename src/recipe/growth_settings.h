// The settings of outputs that grow.
#pragma once

#include <vector>

#include "recipe/table.h"

namespace gristmill::recipe {

// Without what the table fills in: flags, variables and default texts.
std::vector<Setting> growth_settings();

}  // namespace gristmill::recipe
