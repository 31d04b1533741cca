// What a run's stages hand on, whichever scheduler does them: Routed, then tasks::Settled (which has what was ground in
// it), then the published outcome. Each is made by its stage alone.
#pragma once

#include <string>
#include <vector>

#include "gristmill/accounting.h"
#include "source/line_source.h"

namespace gristmill::scheduling {

struct Routed {
  std::vector<source::FileTally> tallies;  // by file
  Accounting accounting;                   // blank lines, bytes routed and spilled
  std::string inputs_id;                   // Coordinator::name_inputs
};

}  // namespace gristmill::scheduling
