// The command line: commands, their flags (declared from the one table of settings) and their help.
#pragma once

#include <string>
#include <vector>

#include "gristmill/result.h"
#include "recipe/settings.h"

namespace gristmill::cli {

enum class Command { help, version, run, validate, explain, verify, publish, recover };

struct Arguments {
  Command command = Command::help;
  std::vector<FlagValue> flags;  // of the settings
  std::string output;            // of verify, publish and recover: the output root
  bool fsync = false;            // of publish and recover
  std::string text;              // of help and version: what to print
};

// A usage error names the nearest known flag or command.
Result<Arguments> parse_arguments(int count, char** values);

}  // namespace gristmill::cli
