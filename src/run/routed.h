// What the first of a run's stages hands on, whichever scheduler does it; tasks::Settled, which has what was ground in
// it, follows.
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
