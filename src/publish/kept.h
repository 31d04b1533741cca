// A kept output, between the run that made it and the one that publishes it.
#pragma once

#include <string>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"
#include "publish/publish.h"

namespace gristmill::publish {

// An output error if the folder that a record names is there but is no real folder. Nothing has been touched then.
Status refuse_false_folder(Storage& storage, const std::string& staged, const std::string& record);

// An output error if a file below `staged` has other content than its manifest says. Only files that changed in any
// way (content, mode, name) after `record` was written are read. REQUIRES: names and sizes are as listed.
Status check_kept_unchanged(Storage& storage, const std::string& staged, const std::string& record,
                            const InterruptCheck& interrupted);

}  // namespace gristmill::publish
