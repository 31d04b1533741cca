// Where scratch files lie unless a setting says otherwise.
#pragma once

#include <string>

namespace gristmill::storage {

// $TMPDIR, else /tmp.
std::string default_scratch_folder();

}  // namespace gristmill::storage
