// gristmill completion, and what the three scripts share.
#include <algorithm>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/console.h"

namespace gristmill::cli {

std::vector<SharedFlag> shared_flags() {
  std::vector<SharedFlag> flags;
  for (const CommandText& command : command_table()) {
    for (const FlagText& flag : command.flags) {
      const auto known = std::find_if(flags.begin(), flags.end(), [&](const SharedFlag& other) {
        return other.flag.name == flag.name && other.flag.help == flag.help;
      });
      if (known == flags.end()) {
        flags.push_back({flag, {command.name}});
      } else {
        known->commands.push_back(command.name);
      }
    }
  }
  return flags;
}

std::vector<std::string> spellings_of(const FlagText& flag) {
  std::vector<std::string> spellings = {flag.name};
  if (!flag.short_name.empty()) spellings.push_back(flag.short_name);
  return spellings;
}

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "'";
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

Result<int> completion_command(const std::string& shell) {
  GM_RETURN_IF_ERROR(print_data(shell == "bash"  ? bash_completion()
                                : shell == "zsh" ? zsh_completion()
                                                 : fish_completion()));
  return 0;
}

}  // namespace gristmill::cli
