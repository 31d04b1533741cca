// The way of the journal: the staged files are moved into the output root one by one. What makes that
// whole is the COMMIT record: from when it is there, this can be repeated from any point until done.
#pragma once

#include <string>
#include <vector>

#include "gristmill/result.h"
#include "publish/places.h"
#include "publish/record.h"
#include "storage/storage.h"

namespace gristmill {

struct JournalMove {
  bool fsync = false;
  // Files that the old and the new manifest list with the same size and checksum are not moved.
  // REQUIRES: the root was intact when COMMIT was written, and nothing has been moved since.
  bool skip_unchanged = false;
};

// Makes the output that COMMIT names the published one: afterwards the root has its files, its manifest
// and `_SUCCESS`, and of the staged folder only remains are left. REQUIRES: the lock of the area.
// Notes name files that gristmill did not write.
Status roll_forward(Storage& storage, const OutputPlaces& places, const StagedRecord& record,
                    const JournalMove& how, std::vector<std::string>& notes);

}  // namespace gristmill
