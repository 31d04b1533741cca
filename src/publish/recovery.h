// What runs that died have left in a staging area.
#pragma once

#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"

namespace gristmill::publish {

enum class KeptOutput : std::uint8_t { stays, goes };

// Finishes what the area's COMMIT says, if it has one, and removes everything else that is not the lock
// (or, as `kept` says, a kept output). What was done is noted, a sentence each. Can be cut off and
// repeated at any point. REQUIRES: the lock of the area.
Status recover_area(Storage& storage, const OutputPlaces& places, const StagingArea& area, KeptOutput kept, bool fsync,
                    std::vector<std::string>& notes);

}  // namespace gristmill::publish
