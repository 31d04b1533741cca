// Locks of the local storage, for local.cc.
#pragma once

#include <memory>
#include <string>

#include "storage/local_guard.h"
#include "gristmill/storage.h"

namespace gristmill {

// As Storage::try_lock and Storage::try_lock_folder. `guard` must outlive the lock.
Result<std::unique_ptr<FileLock>> try_lock_local_file(LocalGuard& guard, const std::string& path);
Result<std::unique_ptr<FileLock>> try_lock_local_folder(LocalGuard& guard, const std::string& path);

}  // namespace gristmill
