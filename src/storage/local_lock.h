// Locks of the local storage, for local.cc.
#pragma once

#include <memory>
#include <string>

#include "gristmill/storage.h"
#include "storage/local_guard.h"

namespace gristmill::storage {

// As Storage::try_lock and Storage::try_lock_folder. `guard` must outlive the lock.
Result<std::unique_ptr<FileLock>> try_lock_local_file(LocalGuard& guard, const std::string& path);
Result<std::unique_ptr<FileLock>> try_lock_local_folder(LocalGuard& guard, const std::string& path);

}  // namespace gristmill::storage
