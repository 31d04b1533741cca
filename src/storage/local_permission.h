// What this user may do in local folders, for local.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "storage/local_guard.h"

namespace gristmill::storage {

// As Storage::find_trap and Storage::find_obstacle.
Result<std::string> find_local_trap(const LocalGuard& guard, const std::string& folder, const std::string& root);
Result<std::optional<Obstacle>> find_local_obstacle(const LocalGuard& guard, const std::string& from,
                                                    const std::string& into, const std::vector<std::string>& skip,
                                                    bool rest_stays);

}  // namespace gristmill::storage
