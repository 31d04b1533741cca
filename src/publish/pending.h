// A publication past its point of no return and not at its end, as those who read an output meet it.
#pragma once

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"

namespace gristmill::publish {

// An output error if a journal has been begun in this root. It says whether the run lives, which then holds the lock,
// or is to be finished by `recover`. Writes nothing, and keeps no lock.
Status refuse_pending(Storage& storage, const OutputPlaces& places);

}  // namespace gristmill::publish
