// For each repair, and each reason but limits: a line that meets it, and the same line as it should be written.
#pragma once

#include <string_view>

#include "gristmill/data.h"

namespace gristmill::report {

struct MendedLine {
  std::string_view name;  // of a repair (gristmill/repairs.h) or of a reason (gristmill/data.h)
  Dataset dataset;
  std::string_view line;
  std::string_view mended;
};

// Null where none is known: for a limit, for `not_wrapped`, which depends on the recipe, and for another name.
const MendedLine* mended_line(std::string_view name);

}  // namespace gristmill::report
