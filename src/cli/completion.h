// Completion scripts, written out from the table of commands: a new command, flag or value is in them without
// anything being done for it. A script runs in the shell alone and starts no gristmill.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_table.h"

namespace gristmill::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

// For the writers of the three.

// A flag with the commands that have it in this meaning: --collections of a run is not that of generate.
struct SharedFlag {
  FlagText flag;
  std::vector<std::string> commands;
};
std::vector<SharedFlag> shared_flags();
// The spellings of a flag: "--output", "-o".
std::vector<std::string> spellings_of(const FlagText& flag);
// In single quotes, for any of the three shells.
std::string shell_quoted(std::string_view text);
std::string joined(const std::vector<std::string>& words, std::string_view between);

}  // namespace gristmill::cli
