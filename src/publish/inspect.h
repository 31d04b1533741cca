// What lies in an output root, for publication.cc.
#pragma once

#include "gristmill/result.h"
#include "publish/places.h"
#include "publish/publish.h"
#include "storage/storage.h"

namespace gristmill {

// As inspect_root(), for places already found.
Result<RootInspection> inspect_places(Storage& storage, const OutputPlaces& places,
                                      const InterruptCheck& interrupted);

}  // namespace gristmill
