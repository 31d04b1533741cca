// The command line: commands, their flags (declared from the one table of settings) and their help.
#pragma once

#include <string>
#include <vector>

#include "gristmill/result.h"
#include "recipe/settings.h"

namespace gristmill::cli {

enum class Command { help, version, run, validate, explain, generate, verify, publish, recover };

// The flags of generate, as they were given; empty: not given.
struct GenerateFlags {
  std::string profiles, sessions, collections, behaviours, predictions;
  std::string skew;
  std::vector<std::string> anomalies;
  std::string line_limit;
  std::string files, compression, seed, threads;
  bool spaced = false;
  bool force = false;
  bool quiet = false;
};

struct Arguments {
  Command command = Command::help;
  std::vector<FlagValue> flags;  // of the settings
  std::string output;            // of verify, publish, recover and generate: the output folder
  bool fsync = false;            // of publish and recover
  GenerateFlags generate;
  std::string text;              // of help and version: what to print
};

// A usage error names the nearest known flag or command.
Result<Arguments> parse_arguments(int count, char** values);

}  // namespace gristmill::cli
