// The one table of commands: what each is for, the words and flags that it takes, its examples. The command
// line, its help and the completion scripts are all derived from it; flags of settings come from the table of
// settings in turn.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill::recipe {
struct Setting;
}

namespace gristmill::cli {

enum class Command : std::uint8_t {
  help,
  version,
  init,
  run,
  update,
  replay,
  forget,
  validate,
  inspect,
  explain,
  generate,
  show,
  batches,
  history,
  diff,
  compact,
  ddl,
  report,
  verify,
  publish,
  recover,
  completion
};

enum class FlagValueKind : std::uint8_t {
  none,    // of a flag: it takes no value
  text,    // anything
  choice,  // one of `choices`
  open,    // anything, such as one of `choices`
  file,
  folder
};

// What a flag or a word of a command may hold.
struct ValueText {
  FlagValueKind kind = FlagValueKind::none;
  std::string shape = {};                 // in the help: PATH, N|auto
  std::vector<std::string> choices = {};  // of choice and open
};

struct FlagText {
  std::string name = {};        // --limits-line
  std::string short_name = {};  // -o, or empty
  ValueText value = {};
  std::string help = {};
  std::string group = {};  // heading in the help; empty: none
  bool repeatable = false;
  std::vector<std::string> views = {};       // of `show`: those that it belongs to; empty: every one
  const recipe::Setting* setting = nullptr;  // of a flag that is a setting; lives as long as the program
};

// A word that is no flag, known by its place.
struct WordText {
  std::string name = {};
  ValueText value = {};
  bool required = false;
  bool repeatable = false;  // of the last word: any number of them
  std::string help = {};
};

struct CommandText {
  Command command = Command::help;
  std::string name = {};
  std::string what = {};
  std::string examples = {};
  std::vector<WordText> words = {};
  std::vector<FlagText> flags = {};
};

// In the order of the help. Made once; lives as long as the program. A flag that takes a value in one
// command takes one in every command that has it, but not always the same.
std::span<const CommandText> command_table();

// "there is no THING 'WORD', did you mean 'NEAREST'?", for mistakes.
std::string unknown_word(std::string_view thing, std::string_view word, const std::vector<std::string>& known);

}  // namespace gristmill::cli
