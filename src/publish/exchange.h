// The way of exchange: the staged folder and the output root swap places in one step of the file system.
#pragma once

#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"

namespace gristmill::publish {

// Finds out whether the root can be exchanged with a folder in the area beside it: empty if so, else
// why not. Exchanges two probe folders in `area` (made for that, with the root's attributes where
// there is a root) and removes them. REQUIRES: the lock of the area.
Result<std::string> refusal_of_exchange(Storage& storage, const std::string& root, const std::string& area);

// Makes `staged` the root; what was the root, if there was one, is at `staged` afterwards. An error
// means that nothing was moved. With `fsync`, what is staged is on the disk before.
Status move_by_exchange(Storage& storage, const OutputPlaces& places, const std::string& staged, bool fsync);

// Waits until the disk knows of the move; only then may the old root be removed.
Status sync_exchange(Storage& storage, const OutputPlaces& places);

// Removes the tree at `replaced`, which has been an output root, by its own manifest. Files that are not
// listed there are kept: the folder with them is moved beside the root, and a note says where. Fine if
// the tree is gone, in whole or in part.
Status remove_replaced(Storage& storage, const OutputPlaces& places, const std::string& replaced,
                       std::vector<std::string>& notes);

}  // namespace gristmill::publish
