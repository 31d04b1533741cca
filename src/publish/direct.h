// The direct way: files are written at their places, where there is no output yet and moving copies.
//
// A run's folder in the staging area then holds `_direct/` (a record that there are such files, put before the first of
// them, and the storage's notes) beside the manifest and `_SUCCESS`. As long as the output is not committed, the record
// tells whoever comes next what to remove: the files that carry this run's mark.
#pragma once

#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"

namespace gristmill::publish {

inline constexpr std::string_view direct_name = "_direct";

// Whether this run may write so: the storage marks files, and nothing is published. REQUIRES: the lock of the area
// inside.
Result<bool> may_be_direct(Storage& storage, const OutputPlaces& places);

// Puts the record. From then on new files below the root carry the run's mark. False, and there is no record, where the
// server does not do what that takes. REQUIRES: the run's folder is empty.
Result<bool> begin_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id);

// Whether the record is there of a run that has died, and not only before it had cleaned up: what is published is not
// its output. REQUIRES: the lock of the area inside, as for what follows.
Result<bool> is_left_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id);

// Removes what the run wrote at its places; the record stays. REQUIRES: it is not what is published.
Status remove_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id);

// Removes what it left unfinished there, where it is published. The record stays.
Status end_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id);

// Moves what the staged manifest lists from its places into the run's folder; then the record goes, and the output is
// staged as any other. An output error where a file at one of its places is not the run's. Repeated from wherever it
// was cut off by remove_direct().
Status stage_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id);

}  // namespace gristmill::publish
