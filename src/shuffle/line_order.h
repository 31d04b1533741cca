// The order in which the lines of a bucket are ground.
#pragma once

#include <vector>

#include "shuffle/routed_line.h"

namespace gristmill::shuffle {

// Orders lines by (hash of the profile, place). Fast where many lines share a profile and come in few runs that are
// in order already, as the shares of a bucket are.
void order_by_profile(std::vector<const LineHeader*>& lines);

}  // namespace gristmill::shuffle
