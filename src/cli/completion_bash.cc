// Bash hands over words that it has cut at '=' and ':' too, so the script cuts the line itself, at spaces, and
// takes off what stands before the last ':' from the answers, which bash keeps. Tested by
// tests/programs/test_completion.py in a real bash.
#include "cli/completion.h"

namespace gristmill::cli {
namespace {

constexpr std::string_view bash_engine = R"script(
# Fills COMPREPLY with what of KIND begins with $2: @file, @folder, @text, or the words themselves.
_gristmill_offer() {
  case $1 in
    @file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    @folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    @text) ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
      if [[ $2 == *:* && $COMP_WORDBREAKS == *:* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${2%"${2##*:}"}"}")
      fi
      ;;
  esac
}

_gristmill() {
  COMPREPLY=()
  local line=${COMP_LINE:0:COMP_POINT}
  local current=${line##*[[:space:]]}
  local -a words
  read -ra words <<<"${line%"$current"}"
  local command='' previous='' word place=0 index
  for ((index = 1; index < ${#words[@]}; index++)); do
    word=${words[index]}
    if [[ $previous == -* && $previous != *=* && -n $(_gristmill_value "$command" "$previous") ]]; then
      previous=''
      continue
    fi
    previous=$word
    [[ $word == -* ]] && continue
    if [[ -z $command ]]; then command=$word; else ((place++)); fi
  done
  local kind
  if [[ $previous == -* && $previous != *=* ]]; then
    kind=$(_gristmill_value "$command" "$previous")
    if [[ -n $kind ]]; then
      _gristmill_offer "$kind" "$current"
      return
    fi
  fi
  if [[ $current == --*=* ]]; then
    kind=$(_gristmill_value "$command" "${current%%=*}")
    if [[ -n $kind ]]; then _gristmill_offer "$kind" "${current#*=}"; fi
    return
  fi
  if [[ $current == -* ]]; then
    _gristmill_offer "$(_gristmill_flags "$command")" "$current"
  elif [[ -z $command ]]; then
    _gristmill_offer "$(_gristmill_commands)" "$current"
  else
    kind=$(_gristmill_word "$command" "$place")
    if [[ -n $kind ]]; then _gristmill_offer "$kind" "$current"; fi
  fi
}

complete -F _gristmill gristmill
)script";

// What _gristmill_offer is told; empty for a flag without a value.
std::string kind_of(const ValueText& value) {
  switch (value.kind) {
    case FlagValueKind::none: return "";
    case FlagValueKind::text: return "@text";
    case FlagValueKind::open:
    case FlagValueKind::choice: return joined(value.choices, " ");
    case FlagValueKind::file: return "@file";
    case FlagValueKind::folder: return "@folder";
  }
  return "";
}

}  // namespace

std::string bash_completion() {
  std::string commands;
  std::string flags;
  std::string words;
  for (const CommandText& command : command_table()) {
    commands += (commands.empty() ? "" : " ") + command.name;
    std::string names = "--help";
    for (const FlagText& flag : command.flags) names += " " + joined(spellings_of(flag), " ");
    flags += "    " + command.name + ") echo " + shell_quoted(names) + " ;;\n";
    for (std::size_t place = 0; place < command.words.size(); ++place) {
      words += "    " + command.name + ":" + (command.words[place].repeatable ? "*" : std::to_string(place)) +
               ") echo " + shell_quoted(kind_of(command.words[place].value)) + " ;;\n";
    }
  }
  std::string values;
  for (const auto& [flag, commands_with] : shared_flags()) {
    const std::string kind = kind_of(flag.value);
    if (kind.empty()) continue;
    std::vector<std::string> patterns;
    for (const std::string& command : commands_with) {
      for (const std::string& spelling : spellings_of(flag)) patterns.push_back(command + ":" + spelling);
    }
    values += "    " + joined(patterns, " | ") + ") echo " + shell_quoted(kind) + " ;;\n";
  }
  std::string script = "# Completion of gristmill for bash, made by 'gristmill completion bash'.\n\n";
  script += "_gristmill_commands() { echo " + shell_quoted(commands) + "; }\n\n";
  script +=
      "_gristmill_flags() { # COMMAND\n  case $1 in\n" + flags + "    *) echo '--help --version' ;;\n  esac\n}\n\n";
  script += "_gristmill_word() { # COMMAND PLACE\n  case $1:$2 in\n" + words + "  esac\n}\n\n";
  script +=
      "_gristmill_value() { # COMMAND FLAG; nothing if it takes no value\n  case $1:$2 in\n" + values + "  esac\n}\n";
  return script.append(bash_engine);
}

}  // namespace gristmill::cli
