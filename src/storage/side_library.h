// Parts of gristmill that bring large libraries with them lie in shared libraries of their own, loaded when they
// are needed: most commands never do.
#pragma once

#include "gristmill/result.h"

namespace gristmill::storage {

// The function `symbol` of the library of this name, which lies beside the program or library that this is part of,
// or where that one's run path says. It stays loaded. An internal error if it cannot be loaded; `purpose` says what
// for: "what writes Parquet".
Result<void*> load_from_side_library(const char* library, const char* symbol, const char* purpose);

}  // namespace gristmill::storage
