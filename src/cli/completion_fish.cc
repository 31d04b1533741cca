// One `complete` line a flag, each with the commands that it belongs to. Tested by
// tests/programs/test_completion.py in a real fish.
#include "cli/completion.h"

namespace gristmill::cli {
namespace {

constexpr std::string_view fish_engine = R"script(
# The command and its words so far, without flags and their values: "show out" gives two lines.
function __gristmill_words
    set -l tokens (commandline -opc)
    set -l skip 0
    for token in $tokens[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        if string match -q -- '-*' $token
            contains -- $token $__gristmill_flags_with_value; and set skip 1
            continue
        end
        echo $token
    end
end

# Whether the command is one of those named.
function __gristmill_in
    set -l words (__gristmill_words)
    test (count $words) -gt 0; and contains -- $words[1] $argv
end

# Whether the word to complete is number PLACE, from 0, of COMMAND.
function __gristmill_at # COMMAND PLACE
    set -l words (__gristmill_words)
    test (count $words) -eq (math $argv[2] + 1); and test $words[1] = $argv[1]
end

complete -c gristmill -f
complete -c gristmill -s h -l help -d 'Print this help message and exit'
complete -c gristmill -n 'test (count (__gristmill_words)) -eq 0' -l version -d 'Print the version'
)script";

// The flags of `complete` for a value.
std::string value_of(const ValueText& value) {
  switch (value.kind) {
    case FlagValueKind::none: return "";
    case FlagValueKind::text: return " -x";
    case FlagValueKind::open:
    case FlagValueKind::choice: return " -x -a " + shell_quoted(joined(value.choices, " "));
    case FlagValueKind::file: return " -r -F";
    case FlagValueKind::folder: return " -x -a '(__fish_complete_directories)'";
  }
  return "";
}

// Fish's single quotes know two escapes.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

}  // namespace

std::string fish_completion() {
  std::vector<std::string> with_value;
  std::string lines;
  for (const CommandText& command : command_table()) {
    lines += "complete -c gristmill -n 'test (count (__gristmill_words)) -eq 0' -a " + command.name + " -d " +
             fish_quoted(command.what) + "\n";
    for (std::size_t place = 0; place < command.words.size(); ++place) {
      const ValueText& value = command.words[place].value;
      const std::string where = command.words[place].repeatable
                                    ? "__gristmill_in " + command.name
                                    : "__gristmill_at " + command.name + " " + std::to_string(place);
      lines += "complete -c gristmill -n '" + where + "'" + value_of(value) + "\n";
    }
  }
  for (const auto& [flag, commands] : shared_flags()) {
    if (flag.value.kind != FlagValueKind::none) {
      for (const std::string& spelling : spellings_of(flag)) with_value.push_back(spelling);
    }
    lines += "complete -c gristmill -n '__gristmill_in " + joined(commands, " ") + "' -l " + flag.name.substr(2) +
             (flag.short_name.empty() ? "" : " -s " + flag.short_name.substr(1)) + value_of(flag.value) + " -d " +
             fish_quoted(flag.help) + "\n";
  }
  std::string script = "# Completion of gristmill for fish, made by 'gristmill completion fish'.\n\n";
  script += "set -g __gristmill_flags_with_value " + joined(with_value, " ") + "\n";
  return script.append(fish_engine).append(lines);
}

}  // namespace gristmill::cli
