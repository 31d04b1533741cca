// The command line, cut into a command, its words and its flags as the table of commands has them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/command_table.h"
#include "gristmill/result.h"
#include "recipe/settings.h"

namespace gristmill::cli {

struct Arguments {
  Command command = Command::help;
  std::vector<recipe::FlagValue> flags;  // of the settings
  std::vector<std::string> words;        // in their places; those not given are missing
  // The command's own flags: "--limit" to "5"; of a flag without a value, to nothing.
  std::map<std::string, std::vector<std::string>, std::less<>> own;
  std::string text;  // of help and version: what to print

  std::string word(std::size_t place) const { return place < words.size() ? words[place] : std::string(); }
  bool has(std::string_view flag) const { return own.find(flag) != own.end(); }
  // Empty if the flag was not given.
  std::vector<std::string> values(std::string_view flag) const {
    const auto found = own.find(flag);
    return found == own.end() ? std::vector<std::string>() : found->second;
  }
  std::string value(std::string_view flag) const {
    const std::vector<std::string> given = values(flag);
    return given.empty() ? std::string() : given.front();
  }
};

// A usage error names the nearest known command, flag or value.
Result<Arguments> parse_arguments(int count, char** values);

// How many, as --limit has it; 0 for all.
Result<std::uint64_t> parse_limit(const std::string& text);

}  // namespace gristmill::cli
