// The environment of the process.
#pragma once

#include <map>
#include <string>

namespace gristmill::cli {

// All variables, by name. Values may hold a SECRET.
std::map<std::string, std::string> environment();

}  // namespace gristmill::cli
