// The way of the journal: the staged files are moved into the output root one by one. What makes that
// whole is the COMMIT record: from when it is there, this can be repeated from any point until done.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"
#include "publish/publish.h"
#include "publish/staged_run.h"

namespace gristmill::publish {

struct JournalMove {
  bool fsync = false;
  // Files that the old and the new manifest list with the same size and checksum are not moved.
  // REQUIRES: the root was intact when COMMIT was written, and nothing has been moved since.
  bool skip_unchanged = false;
  // Where listing takes long, the server's word for each copy does: the root is not listed at the end.
  // REQUIRES: the staged files were held against their manifest just now.
  bool trust_copies = false;
  // The files are at their places, nothing else is, and the root was held against the staged manifest just now: only
  // manifest and `_SUCCESS` are to come.
  bool in_place = false;
  std::function<Result<bool>(const FilesToMove& files)> help = {};  // MoveHelp, before the mover moves what is left
  std::string holder = {};                                          // of the lock of the area, for `help`
};

// Makes the output that COMMIT names the published one: afterwards the root has its files, its manifest
// and `_SUCCESS`, and of the staged folder only remains are left. REQUIRES: the lock of the area.
// Notes name files that gristmill did not write.
// REQUIRES: the record is not void.
Status roll_forward(Storage& storage, const OutputPlaces& places, const StagedRun& record, const JournalMove& how,
                    std::vector<std::string>& notes);

// Whether COMMIT came too late: another run has published since that which it replaces. A writer that no server
// fenced may leave such a one behind. Then nothing is to be moved. An output error where what is published is not
// whole, so that it may be this record's own half.
Result<bool> is_void(Storage& storage, const OutputPlaces& places, const StagedRun& record);

}  // namespace gristmill::publish
