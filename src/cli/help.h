// What --help prints, written out from the table of commands.
#pragma once

#include <string>

#include "cli/command_table.h"

namespace gristmill::cli {

// Of the command as a whole, and of one command, in lines of at most `width` columns where words allow it.
std::string general_help(unsigned width);
std::string help_of(const CommandText& command, unsigned width);

}  // namespace gristmill::cli
