// Locks of the local storage, for local.cc.
#pragma once

#include <memory>
#include <string>

#include "storage/storage.h"

namespace gristmill {

// As Storage::try_lock and Storage::try_lock_folder.
Result<std::unique_ptr<FileLock>> try_lock_local_file(const std::string& path);
Result<std::unique_ptr<FileLock>> try_lock_local_folder(const std::string& path);

}  // namespace gristmill
