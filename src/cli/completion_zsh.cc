// One `_arguments` call a command; zsh does the rest. The last lines let the script be sourced as well as lie
// in a folder of $fpath. Tested by tests/programs/test_completion.py in a real zsh.
#include "cli/completion.h"

namespace gristmill::cli {
namespace {

std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// ":message:action" of a value; empty for a flag without one.
std::string action_of(const ValueText& value, const std::string& name) {
  const std::string message = ":" + escaped(name, ":") + ":";
  switch (value.kind) {
    case FlagValueKind::none: return "";
    case FlagValueKind::text: return message + " ";
    case FlagValueKind::open:
    case FlagValueKind::choice: return message + "(" + escaped(joined(value.choices, " "), ":") + ")";
    case FlagValueKind::file: return message + "_files";
    case FlagValueKind::folder: return message + "_files -/";
  }
  return "";
}

std::string specification(const FlagText& flag, const std::string& spelling) {
  std::string text = flag.repeatable ? "*" : "(" + joined(spellings_of(flag), " ") + ")";
  const bool takes_value = flag.value.kind != FlagValueKind::none;
  text += spelling + (takes_value && spelling.starts_with("--") ? "=" : "");
  text += "[" + escaped(flag.help, "[]:\\") + "]";
  return shell_quoted(text + action_of(flag.value, flag.value.shape));
}

std::string arguments_of(const CommandText& command) {
  std::string text = "      _arguments \\\n        '(- *)'{-h,--help}'[Print this help message and exit]'";
  for (const FlagText& flag : command.flags) {
    for (const std::string& spelling : spellings_of(flag)) {
      text += " \\\n        " + specification(flag, spelling);
    }
  }
  for (std::size_t place = 0; place < command.words.size(); ++place) {
    const WordText& word = command.words[place];
    text += " \\\n        " +
            shell_quoted((word.repeatable ? "*" : std::to_string(place + 1)) +
                         (word.required || word.repeatable ? "" : ":") + action_of(word.value, word.name));
  }
  return text + "\n";
}

}  // namespace

std::string zsh_completion() {
  std::string commands;
  std::string cases;
  for (const CommandText& command : command_table()) {
    commands += "        " + shell_quoted(escaped(command.name, ":") + ":" + command.what) + "\n";
    cases += "    " + command.name + ")\n" + arguments_of(command) + "      ;;\n";
  }
  return "#compdef gristmill\n"
         "# Completion of gristmill for zsh, made by 'gristmill completion zsh'.\n\n"
         "_gristmill() {\n"
         "  local curcontext=$curcontext state line ret=1\n"
         "  typeset -A opt_args\n"
         "  _arguments -C \\\n"
         "    '(- *)'{-h,--help}'[Print this help message and exit]' \\\n"
         "    '(- *)--version[Print the version]' \\\n"
         "    '1:command:->command' \\\n"
         "    '*::argument:->argument' && ret=0\n"
         "  if [[ $state == command ]]; then\n"
         "    local -a commands=(\n" +
         commands +
         "    )\n"
         "    _describe command commands && ret=0\n"
         "    return ret\n"
         "  fi\n"
         "  [[ $state == argument ]] || return ret\n"
         "  case $words[1] in\n" +
         cases +
         "  esac\n"
         "}\n\n"
         "if [[ $funcstack[1] == _gristmill ]]; then\n"
         "  _gristmill \"$@\"\n"
         "elif (( $+functions[compdef] )); then\n"
         "  compdef _gristmill gristmill\n"
         "fi\n";
}

}  // namespace gristmill::cli
