// What went where people were forgotten, as JSON (docs/guide/forget.md): their ids by keyed hashes alone.
#pragma once

#include <string>

#include "gristmill/run.h"

namespace gristmill::growth {

// REQUIRES: the outcome of forget().
std::string receipt_json(const RunOutcome& outcome);

}  // namespace gristmill::growth
