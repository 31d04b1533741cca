// Folders that this user may not change, told as errors: before COMMIT, so that nothing is begun that cannot be
// ended, and after it, to say who can end it.
#pragma once

#include <string>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"

namespace gristmill::publish {

// An output error if the files of `staged` could not be moved to their places in the root, or those of the old output
// not be removed. `staged` is empty where the root is exchanged as a whole: then only the old files are asked for.
// With `rest_stays` nothing is removed but where something comes.
Status refuse_obstacle(Storage& storage, const OutputPlaces& places, const std::string& staged, bool rest_stays);

// The error with an advice that names who must do what, if a folder of the root or of `staged` is in the way.
Error with_remedy(Storage& storage, const OutputPlaces& places, const std::string& staged, Error error);

// As with_remedy, of an area that could not be emptied.
Error with_remedy(Storage& storage, const OutputPlaces& places, const StagingArea& area, Error error);

}  // namespace gristmill::publish
