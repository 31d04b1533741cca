// gristmill: the command. Arguments to settings to one command; every error is printed here, once.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/environment.h"
#include "cli/run_events.h"
#include "cli/run_log.h"
#include "cli/test_hooks.h"
#include "gristmill/run.h"
#include "storage/any_storage.h"
#include "storage/exceptions.h"

namespace gristmill::cli {
namespace {

S3Options s3_options_of(const recipe::Settings& settings) {
  S3Options options = s3_options(settings.s3, environment(), settings.dotenv, resources_of(settings.recipe).memory);
  options.interrupted = &interrupted_flag();
  options.warn = network_warning;
  apply_test_hooks(options);
  return options;
}

// `any`: the storage behind `storage`, which is told how to reach S3 as soon as that is known.
Result<recipe::Settings> settings_of(const Arguments& arguments, Storage& storage, storage::AnyStorage& any) {
  recipe::SettingsSources sources;
  sources.flags = arguments.flags;
  sources.environment = environment();
  char* folder = getcwd(nullptr, 0);
  if (folder == nullptr) {
    return Error::usage("the working directory is gone", "change to a folder that exists and try again");
  }
  sources.working_directory = folder;
  std::free(folder);
  sources.read_file = [&, read = recipe::settings_file_reader(storage)](const std::string& path,
                                                                        const recipe::Settings& so_far) {
    if (storage::is_s3(path)) any.use(s3_options_of(so_far));
    return read(path, so_far);
  };
  GM_ASSIGN(recipe::Settings settings, recipe::resolve_settings(sources));
  any.use(s3_options_of(settings));
  return settings;
}

// The one setting of a command that is about an output and reads no recipe: from its flag or its variable.
Result<recipe::Colour> colour_of(const Arguments& arguments) {
  recipe::SettingsSources sources;
  sources.flags = arguments.flags;
  const std::string& name = recipe::find_setting("color")->environment;
  for (auto& [variable, value] : environment()) {
    if (variable == name) sources.environment.emplace(variable, value);
  }
  sources.read_file = [](const std::string&, const recipe::Settings&) { return std::optional<std::string>(); };
  GM_ASSIGN(const recipe::Settings settings, recipe::resolve_settings(sources));
  return settings.console.colour;
}

// What runs out of memory in a command without the settings of a run is not told to change them.
Error with_fitting_advice(Error error, Command command) {
  const std::size_t advised = error.advice.find(storage::memory_of_a_run);
  if (advised == std::string::npos) return error;
  for (const CommandText& text : command_table()) {
    if (text.command != command) continue;
    for (const FlagText& flag : text.flags) {
      if (flag.name == "--memory") return error;
    }
  }
  error.advice = storage::memory_of_a_process;
  return error;
}

std::optional<scheduling::JobKind> kind_of(const Arguments& arguments) {
  switch (arguments.command) {
    case Command::run: return scheduling::JobKind::run;
    case Command::update: return scheduling::JobKind::update;
    case Command::replay: return scheduling::JobKind::replay;
    case Command::validate:
      return arguments.has("--update") ? scheduling::JobKind::try_update : scheduling::JobKind::validate;
    default: return std::nullopt;
  }
}

Result<int> run_chosen(Arguments& arguments) {
  for (std::string& word : arguments.words) word = storage::s3_spelling(std::move(word));
  if (arguments.command == Command::help || arguments.command == Command::version) {
    print(arguments.text);
    return 0;
  }
  const std::unique_ptr<storage::AnyStorage> any = storage::make_any_storage();
  GM_ASSIGN(const std::unique_ptr<Storage> faulty, storage_under_test(*any));
  Storage& storage = faulty ? *faulty : *any;
  const std::string output = arguments.word(arguments.command == Command::ddl ? 1 : 0);
  // These need no settings but those of S3.
  if (storage::is_s3(output)) GM_RETURN_IF_ERROR(settings_of(arguments, storage, *any));
  switch (arguments.command) {
    case Command::generate: return generate_command(arguments, storage);
    case Command::init:
      if (arguments.has("--key")) return init_key_command(arguments.value("--key"));
      return init_command(arguments.word(0), arguments.has("--force"), storage);
    case Command::completion: return completion_command(arguments.word(0));
    case Command::ddl: return ddl_command(arguments, storage);
    case Command::report: return report_command(arguments, storage);
    case Command::compact: {
      GM_ASSIGN(const recipe::Settings settings, settings_of(arguments, storage, *any));
      return compact_command(output, settings.recipe.forget_key_file, arguments.has("--fsync"), storage);
    }
    case Command::verify: return verify_command(output, arguments.has("--state"), storage);
    case Command::publish: return publish_command(output, arguments.has("--fsync"), storage);
    case Command::recover: return recover_command(output, arguments.has("--fsync"), storage);
    case Command::diff: {
      if (storage::is_s3(arguments.word(1))) GM_RETURN_IF_ERROR(settings_of(arguments, storage, *any));
      GM_ASSIGN(const recipe::Colour colour, colour_of(arguments));
      return diff_command(arguments, colour, storage);
    }
    case Command::history:
      if (arguments.has("--accept")) return accept_command(output, storage);
      [[fallthrough]];
    case Command::batches:
    case Command::show: {
      GM_ASSIGN(const recipe::Colour colour, colour_of(arguments));
      return show_command(arguments, colour, storage);
    }
    default: break;
  }
  const std::optional<scheduling::JobKind> kind = kind_of(arguments);
  Result<recipe::Settings> resolved = settings_of(arguments, storage, *any);
  if (!resolved.ok() && kind) {
    events::Ending ending = begin_ending(*kind);
    ending.exit_code = static_cast<int>(resolved.error().kind);
    ending.error = resolved.error();
    tell_early_end(arguments.flags, storage, ending);
  }
  if (!resolved.ok()) return std::move(resolved.error());
  recipe::Settings& settings = *resolved;
  if (arguments.command == Command::replay) {
    const auto is_given = [&](std::string_view key) {
      return std::ranges::any_of(arguments.flags, [&](const recipe::FlagValue& flag) { return flag.key == key; });
    };
    // A recipe file at hand is that of updates: its inputs are not mended lines.
    if (!is_given("collections")) settings.recipe.collections.clear();
    if (!is_given("predictions")) settings.recipe.predictions.clear();
    if (settings.recipe.collections.empty() && settings.recipe.predictions.empty()) {
      return Error::usage("no mended lines are given",
                          "name files of them with --collections or --predictions; 'gristmill show " + output +
                              " quarantine' lists the lines that were rejected");
    }
    settings.recipe.output = output;
  }
  if (arguments.command == Command::forget) {
    settings.recipe.output = output;
    return forget_command(arguments, settings, storage);
  }
  if (kind) {
    ResultForm form = ResultForm::summary;
    if (arguments.command == Command::validate || arguments.has("--tables")) form = ResultForm::tables;
    if (arguments.value("--format") == "json") form = ResultForm::json;
    return run_command(settings, storage, *kind, form);
  }
  Result<int> result = arguments.command == Command::inspect
                           ? inspect_command(arguments, settings, storage)
                           : explain_command(settings, arguments.has("--update"), storage);
  return result.ok() ? std::move(result) : recipe::with_place(std::move(result.error()), settings);
}

Result<int> run_main(int count, char** values) {
  GM_ASSIGN(Arguments arguments, parse_arguments(count, values));
  Result<int> result = storage::without_exceptions([&] { return run_chosen(arguments); });
  if (!result.ok()) return with_fitting_advice(std::move(result.error()), arguments.command);
  return result;
}

}  // namespace
}  // namespace gristmill::cli

int main(int count, char** values) {
  using namespace gristmill;
  cli::prepare_process();
  storage::MemoryReserve reserve;
  const auto error_from_reserve = [&]() -> Result<int> {
    reserve.release();
    return storage::error_of_exception();
  };
  Result<int> result = storage::without_exceptions([&] { return cli::run_main(count, values); }, error_from_reserve);
  if (result.ok() && *result == 0) {
    if (Status printed = cli::printed(); !printed.ok()) result = std::move(printed.error());
  }
  if (result.ok()) return *result;
  cli::print_error(result.error());
  return static_cast<int>(result.error().kind);
}
