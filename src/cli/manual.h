// The manual page gristmill(1), written out from the tables of commands and settings: a new command, flag or setting is
// in it without anything being done for it. The build writes it with manual_writer.cc.
#pragma once

#include <string>

namespace gristmill::cli {

// In the language of man(7), UTF-8.
std::string manual_page();

}  // namespace gristmill::cli
