// What is told to other programs at the end of a run: the file of its result, that of its metrics, the command that
// the user named.
#pragma once

#include <string>
#include <vector>

#include "events/run_result.h"
#include "gristmill/storage.h"
#include "recipe/settings.h"

namespace gristmill::cli {

// Warnings say what could not be told; the run has ended as it has.
void tell_end(const recipe::ConsoleSettings& console, Storage& storage, const events::Ending& ending);

// Of a command that failed before its settings were known whole: to where its flags or the environment name.
void tell_early_end(const std::vector<recipe::FlagValue>& flags, Storage& storage, const events::Ending& ending);

}  // namespace gristmill::cli
