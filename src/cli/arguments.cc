// CLI11 cuts the line into commands and flags and writes the help; what a flag means is settings.h's
// business. Tested by tests/whole_program.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "gristmill/run.h"
#include "recipe/nearest.h"

namespace gristmill::cli {
namespace {

struct CommandText {
  Command command;
  const char* name;
  const char* what;
  const char* examples;
  bool takes_settings;
};

constexpr CommandText commands[] = {
    {Command::run, "run", "Partition, aggregate, check and publish both data sets",
     "  gristmill run --collections data/collections --predictions data/predictions --output out\n"
     "  gristmill run --collections 'in/2025-05-*.jsonl.gz' --output out --threads 4 --memory 512MiB\n"
     "  gristmill run --recipe nightly.yaml --publish-anyway\n",
     true},
    {Command::validate, "validate", "Check both data sets and write nothing; the exit codes are those of run",
     "  gristmill validate --collections data/collections --predictions data/predictions\n"
     "  gristmill validate --recipe nightly.yaml --strict\n",
     true},
    {Command::explain, "explain", "Show every setting and where it comes from, the files and the plan; do nothing",
     "  gristmill explain --recipe nightly.yaml\n"
     "  gristmill explain --collections data/collections --output out\n",
     true},
    {Command::generate, "generate", "Write synthetic data of a chosen shape, to try gristmill and its speed on",
     "  gristmill generate data\n"
     "  gristmill generate data --profiles 100 --anomaly repairs=5% --anomaly rejections=1%\n"
     "  gristmill generate data --profiles 20000 --skew zipf:1.1 --files 8 --compression zst\n",
     false},
    {Command::verify, "verify", "Check a published output against its manifest",
     "  gristmill verify out\n", false},
    {Command::publish, "publish", "Publish the output that a failed check kept back",
     "  gristmill publish out\n", false},
    {Command::recover, "recover", "Finish a publication that was cut off, and remove what dead runs left",
     "  gristmill recover out\n", false},
};

constexpr const char* exit_codes =
    "Exit codes: 0 published, 1 internal error, 2 usage or settings, 3 input cannot be read,\n"
    "            4 output cannot be written, 5 a check failed, 130 interrupted\n";

// The values of one setting's flag, as CLI11 fills them in.
struct Binding {
  const Setting* setting = nullptr;
  CLI::Option* option = nullptr;
  std::vector<std::string> values;
};

void declare_settings(CLI::App& command, std::vector<std::unique_ptr<Binding>>& bindings) {
  for (const Setting& setting : settings_table()) {
    if (setting.flag.empty()) continue;
    auto binding = std::make_unique<Binding>();
    binding->setting = &setting;
    const std::string names = (setting.short_flag.empty() ? "" : setting.short_flag + ",") + setting.flag;
    std::string help = setting.help;
    if (!setting.default_text.empty() && setting.type != SettingType::boolean) {
      help += " [default: " + setting.default_text + "]";
    }
    if (setting.type == SettingType::boolean) {
      binding->option = command.add_flag(names + "{true}", binding->values, help);
    } else {
      binding->option = command.add_option(names, binding->values, help)
                            ->type_name(setting.value_shape())
                            ->expected(1)
                            ->multi_option_policy(setting.repeatable() ? CLI::MultiOptionPolicy::TakeAll
                                                                       : CLI::MultiOptionPolicy::Throw);
      if (setting.repeatable()) binding->option->type_size(1)->expected(1, -1)->allow_extra_args(false);
    }
    binding->option->group(setting.group);
    bindings.push_back(std::move(binding));
  }
}

void declare_generate(CLI::App& command, std::string& output, GenerateFlags& flags) {
  command.add_option("output", output, "The folder that gets collections/ and predictions/")
      ->required()
      ->type_name("OUTPUT_FOLDER");
  const auto add = [&](const char* group, const char* name, std::string& value, const char* shape, const char* help) {
    command.add_option(name, value, help)->type_name(shape)->group(group);
  };
  add("Shape", "--profiles", flags.profiles, "N", "Profiles [default: 1000]");
  add("Shape", "--sessions", flags.sessions, "N", "Sessions of a profile [default: 10]");
  add("Shape", "--collections", flags.collections, "N", "Collections of a session [default: 5]");
  add("Shape", "--behaviours", flags.behaviours, "N",
      "Keystrokes and swipes of a collection, together [default: 60]");
  add("Shape", "--predictions", flags.predictions, "N",
      "Predictions of a session [default: one for each collection]");
  add("Shape", "--skew", flags.skew, "even|zipf[:EXPONENT]",
      "even: all profiles alike; zipf: the same sessions in all, but one giant profile among many [default: even]");
  command.add_option("--anomaly", flags.anomalies,
                     "Share of the lines that carry an anomaly: the name of a repair, a rejection or a finding, or "
                     "repairs or rejections for all of them (docs/generate.md); can be repeated")
      ->type_name("NAME=SHARE")
      ->group("Anomalies")
      ->type_size(1)
      ->expected(1, -1)
      ->allow_extra_args(false);
  add("Anomalies", "--line-limit", flags.line_limit, "SIZE",
      "The length that lines with the anomaly line_too_long exceed [default: 64MiB]");
  command.add_flag("--spaced", flags.spaced, "White space as Python's json.dumps writes it by default")
      ->group("Files");
  add("Files", "--files", flags.files, "N", "Files of each data set [default: 1]");
  add("Files", "--compression", flags.compression, "none|gz|zst", "How they are compressed [default: none]");
  command.add_flag("--force", flags.force, "Replace data that was generated into the folder before")->group("Files");
  add("Ways", "--seed", flags.seed, "N", "The same seed gives the same bytes [default: 1]");
  add("Ways", "--threads", flags.threads, "N", "Threads; 0: the usable cores. Changes no byte [default: 0]");
  command.add_flag("-q,--quiet", flags.quiet, "Print errors only")->group("Ways");
}

// CLI11's own words for what it does not know, made ours, with the nearest known one.
Error usage_error(const CLI::App& app, const CLI::App* command, const std::vector<std::string>& words,
                  const CLI::ParseError& error) {
  const std::string see = "see 'gristmill " + (command != nullptr ? command->get_name() + " " : "") + "--help'";
  for (const std::string& word : words) {
    if (command == nullptr && !word.starts_with('-')) {
      std::vector<std::string> names;
      for (const CommandText& text : commands) names.emplace_back(text.name);
      const auto nearest = nearest_match(word, names);
      return Error::usage("there is no command '" + word + "'" + (nearest ? ", did you mean '" + *nearest + "'?" : ""),
                          see);
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
    if (exists) continue;
    const auto nearest = nearest_match(flag, known);
    return Error::usage("there is no flag '" + flag + "'" + (nearest ? ", did you mean '" + *nearest + "'?" : ""), see);
  }
  return Error::usage(error.what(), see);
}

}  // namespace

Result<Arguments> parse_arguments(int count, char** values) {
  CLI::App app("gristmill: partitions, session aggregates and quality checks for behaviour data, in one run.",
               "gristmill");
  app.footer(std::string("Try it:\n  gristmill run --collections COLLECTIONS --predictions PREDICTIONS --output OUT\n"
                         "  gristmill COMMAND --help\n\n") +
             exit_codes);
  app.set_version_flag("--version", "gristmill " + version(), "Print the version");
  app.require_subcommand(0, 1);
  std::vector<std::unique_ptr<Binding>> bindings;
  std::map<const CLI::App*, const CommandText*> texts;
  std::string output;
  bool fsync = false;
  GenerateFlags generate;
  for (const CommandText& text : commands) {
    CLI::App* command = app.add_subcommand(text.name, text.what);
    texts[command] = &text;
    command->footer(std::string("Examples:\n") + text.examples + "\n" + exit_codes);
    if (text.takes_settings) {
      declare_settings(*command, bindings);
    } else if (text.command == Command::generate) {
      declare_generate(*command, output, generate);
    } else {
      command->add_option("output", output, "The output folder")->required()->type_name("OUT");
      if (text.command != Command::verify) {
        command->add_flag("--fsync", fsync, "Wait for the disk, so that a loss of power keeps the old or the new");
      }
    }
  }

  Arguments arguments;
  std::vector<std::string> words(values + 1, values + count);
  try {
    app.parse(count, values);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    arguments.text = chosen.empty() ? app.help() : chosen.front()->help();
    return arguments;
  } catch (const CLI::CallForVersion&) {
    arguments.command = Command::version;
    arguments.text = "gristmill " + version() + "\n";
    return arguments;
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    return usage_error(app, chosen.empty() ? nullptr : chosen.front(), words, error);
  }
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return Error::usage("no command is given", "see 'gristmill --help'; the usual one is 'run'");
  arguments.command = texts[chosen.front()]->command;
  arguments.output = output;
  arguments.fsync = fsync;
  arguments.generate = std::move(generate);
  for (const auto& binding : bindings) {
    if (binding->option->count() == 0) continue;
    arguments.flags.push_back({binding->setting->key, binding->values});
  }
  return arguments;
}

}  // namespace gristmill::cli
