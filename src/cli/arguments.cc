// CLI11 cuts the line into commands and flags, from the table of commands; the help is help.h's, and what the value
// of a setting means is recipe/settings.h's business. Tested by tests/programs.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/console.h"
#include "cli/help.h"
#include "gristmill/run.h"
#include "json/number.h"
#include "recipe/value.h"

namespace gristmill::cli {
namespace {

constexpr unsigned help_width = 80;  // where stdout is no terminal

// What was given for one flag or word, as CLI11 fills it in.
struct Binding {
  const FlagText* flag = nullptr;  // of a word: nullptr
  const WordText* word = nullptr;
  CLI::Option* option = nullptr;
  std::vector<std::string> values;  // of a flag, or of a word that may be repeated
  std::string value;                // of another word
};
using Bindings = std::vector<std::unique_ptr<Binding>>;

void declare_flag(CLI::App& command, const FlagText& flag, Bindings& bindings) {
  auto binding = std::make_unique<Binding>();
  binding->flag = &flag;
  const std::string names = (flag.short_name.empty() ? "" : flag.short_name + ",") + flag.name;
  if (flag.value.kind == FlagValueKind::none) {
    // A setting may be told `--strict=no`; a command's own flag is there or is not.
    const std::string given = flag.setting != nullptr ? names + "{true}" : names;
    binding->option = command.add_flag(given, binding->values, flag.help);
  } else {
    binding->option =
        command.add_option(names, binding->values, flag.help)
            ->type_name(flag.value.shape)
            ->expected(1)
            ->multi_option_policy(flag.repeatable ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
    // A flag takes one value, what follows it is a word; but paths, which a shell makes of a glob without quotes.
    const bool takes_several = flag.setting != nullptr && flag.setting->type == recipe::SettingType::paths;
    binding->option->type_size(1)->allow_extra_args(takes_several);
    if (flag.repeatable) binding->option->expected(1, -1);
  }
  if (!flag.group.empty()) binding->option->group(flag.group);
  bindings.push_back(std::move(binding));
}

void declare_word(CLI::App& command, const WordText& word, Bindings& bindings) {
  auto binding = std::make_unique<Binding>();
  binding->word = &word;
  if (word.repeatable) {
    binding->option = command.add_option(word.name, binding->values, word.help);
    binding->option->type_name(word.value.shape)->type_size(1)->expected(1, -1);
  } else {
    binding->option = command.add_option(word.name, binding->value, word.help);
    binding->option->type_name(word.value.shape)->expected(1);
  }
  if (word.required) binding->option->required();
  bindings.push_back(std::move(binding));
}

// CLI11's own words for what it does not know, made ours, with the nearest known one.
Error usage_error(const CLI::App& app, const CLI::App* command, const std::vector<std::string>& words,
                  const CLI::ParseError& error) {
  const std::string see = "see 'gristmill " + (command != nullptr ? command->get_name() + " " : "") + "--help'";
  for (const std::string& word : words) {
    if (command == nullptr && !word.starts_with('-')) {
      std::vector<std::string> names;
      for (const CommandText& text : command_table()) names.push_back(text.name);
      return Error::usage(unknown_word("command", word, names), see);
    }
    if (!word.starts_with("--")) continue;
    const std::string flag = word.substr(0, word.find('='));
    const CLI::App& where = command != nullptr ? *command : app;
    std::vector<std::string> known;
    bool exists = false;
    for (const CLI::Option* option : where.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        known.push_back("--" + name);
        exists |= known.back() == flag;
      }
    }
    if (!exists) return Error::usage(unknown_word("flag", flag, known), see);
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    const std::vector<std::string> extras = app.remaining(true);
    if (extras.front().starts_with('-'))
      return Error::usage("there is no flag " + recipe::in_quotes(extras.front()), see);
    const std::string name = command != nullptr ? " " + command->get_name() : "";
    const bool reads = command != nullptr && command->get_option_no_throw("--collections") != nullptr;
    return Error::usage("gristmill" + name + " takes no more arguments, but got " + recipe::in_quotes(extras.front()),
                        (reads ? "name inputs with --collections and --predictions; " : "") + see);
  }
  return Error::usage(error.what(), see);
}

// Values of settings are checked where settings are; of a command's own, the choices are checked here.
Status check_choice(const std::string& place, const ValueText& value, const std::string& given) {
  if (value.kind != FlagValueKind::choice) return {};
  if (std::find(value.choices.begin(), value.choices.end(), given) != value.choices.end()) return {};
  std::string known;
  for (const std::string& choice : value.choices) {
    if (choice.find(':') == std::string::npos) known += (known.empty() ? "" : ", ") + choice;
  }
  return Error::usage(unknown_word(place, given, value.choices), "it can be " + known);
}

// Words come before flags, so the view is known.
Status check_view(const FlagText& flag, const Arguments& arguments) {
  const std::string view = arguments.word(1).empty() ? "sessions" : arguments.word(1);
  if (flag.views.empty() || std::find(flag.views.begin(), flag.views.end(), view) != flag.views.end()) return {};
  std::string views;
  for (const std::string& each : flag.views) views += (views.empty() ? "" : ", ") + each;
  return Error::usage(flag.name + " does not belong to '" + view + "'", "of 'gristmill show OUT' it is for " + views);
}

Status take(const Binding& binding, Arguments& arguments) {
  if (binding.option->count() == 0) return {};
  if (binding.flag != nullptr) GM_RETURN_IF_ERROR(check_view(*binding.flag, arguments));
  if (binding.word != nullptr && binding.word->repeatable) {
    arguments.words.insert(arguments.words.end(), binding.values.begin(), binding.values.end());
  } else if (binding.word != nullptr) {
    GM_RETURN_IF_ERROR(check_choice(binding.word->name, binding.word->value, binding.value));
    arguments.words.push_back(binding.value);
  } else if (binding.flag->setting != nullptr) {
    arguments.flags.push_back({binding.flag->setting->key, binding.values});
  } else {
    const bool takes_value = binding.flag->value.kind != FlagValueKind::none;
    for (const std::string& value : binding.values) {
      if (takes_value) GM_RETURN_IF_ERROR(check_choice(binding.flag->name, binding.flag->value, value));
    }
    arguments.own[binding.flag->name] = takes_value ? binding.values : std::vector<std::string>();
  }
  return {};
}

}  // namespace

Result<Arguments> parse_arguments(int count, char** values) {
  CLI::App app("gristmill: partitions, session aggregates and quality checks for behaviour data, in one run.",
               "gristmill");
  app.set_version_flag("--version", "gristmill " + version(), "Print the version");
  app.require_subcommand(0, 1);
  Bindings bindings;
  // The flags of one command are declared only when that command is there: five hundred options cost
  // more time than a short command takes otherwise.
  std::vector<std::string> words(values + 1, values + count);
  // 'gristmill help run', as of other tools.
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  // What stands behind the '=' is a value, though it is empty: CLI11 would take the next word for it.
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--") || words[i].find('=') + 1 != words[i].size()) continue;
    words[i].pop_back();
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, "");
  }
  for (const CommandText& text : command_table()) {
    CLI::App* command = app.add_subcommand(text.name, text.what);
    if (std::find(words.begin(), words.end(), text.name) == words.end()) continue;
    for (const WordText& word : text.words) declare_word(*command, word, bindings);
    for (const FlagText& flag : text.flags) declare_flag(*command, flag, bindings);
  }

  Arguments arguments;
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    const unsigned width = width_of_stdout(help_width);
    arguments.text = general_help(width);
    for (const CommandText& text : command_table()) {
      if (!chosen.empty() && chosen.front()->get_name() == text.name) arguments.text = help_of(text, width);
    }
    return arguments;
  } catch (const CLI::CallForVersion&) {
    const auto more = std::find_if(words.begin(), words.end(), [](const auto& word) { return word != "--version"; });
    if (more != words.end()) {
      return Error::usage("--version stands alone, but there is " + recipe::in_quotes(*more), "see 'gristmill --help'");
    }
    arguments.command = Command::version;
    arguments.text = "gristmill " + version() + "\n";
    return arguments;
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    return usage_error(app, chosen.empty() ? nullptr : chosen.front(), words, error);
  }
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return Error::usage("no command is given", "see 'gristmill --help'; the usual one is 'run'");
  for (const CommandText& text : command_table()) {
    if (text.name == chosen.front()->get_name()) arguments.command = text.command;
  }
  for (const auto& binding : bindings) GM_RETURN_IF_ERROR(take(*binding, arguments));
  return arguments;
}

Result<std::uint64_t> parse_limit(const std::string& text) {
  if (const auto limit = json::whole_number(text)) return *limit;
  return Error::usage("--limit: '" + text + "' is not a whole number", "write how many, or 0 for all");
}

}  // namespace gristmill::cli
