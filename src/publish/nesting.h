// Outputs within outputs: refused, since each would take the other's files for a stranger's.
#pragma once

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"

namespace gristmill::publish {

// An output error if a folder above the root is an output of gristmill's. One that may not
// be looked into is none. On S3 only the two nearest are asked for.
Status refuse_nested(Storage& storage, const OutputPlaces& places);

}  // namespace gristmill::publish
