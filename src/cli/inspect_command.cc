// gristmill inspect: what is in files before the first run. Tables or JSON go to stdout, and the recipe to a file or
// behind the tables. Tested by tests/programs/test_inspect.py.

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/run_log.h"
#include "cli/target_file.h"
#include "cli/test_hooks.h"
#include "inspect/inspect.h"
#include "json/number.h"

namespace gristmill::cli {
namespace {

Status read_count(const Arguments& arguments, const char* flag, std::size_t most, std::size_t& number) {
  const std::string text = arguments.value(flag);
  if (text.empty() && !arguments.has(flag)) return {};
  if (const auto given = json::whole_number(text); given && *given <= most) {
    number = *given;
    return {};
  }
  return Error::usage(std::string(flag) + ": '" + text + "' is no whole number up to " + std::to_string(most),
                      "write how many of them to show of each data set; 0: none");
}

// Before anything is read: a refusal at the end would have wasted the time.
Status check_free(const std::string& path, Storage& storage) {
  GM_RETURN_IF_ERROR(check_target(storage, path));
  GM_ASSIGN(const auto there, storage.stat(path));
  if (!there || there->type == FileType::other) return {};
  return Error::usage("'" + path + "' is there already; it is not overwritten",
                      "name another file for --write-recipe, or move that one away")
      .in_file(path);
}

bool has_inputs(const std::vector<recipe::FlagValue>& flags) {
  for (const recipe::FlagValue& flag : flags) {
    if (flag.key == "collections" || flag.key == "predictions") return true;
  }
  return false;
}

}  // namespace

Result<int> inspect_command(const Arguments& arguments, const recipe::Settings& settings, Storage& storage) {
  inspect::InspectOptions options;
  options.paths = arguments.words;
  GM_RETURN_IF_ERROR(read_count(arguments, "--shapes", inspect::most_shapes_kept, options.shapes));
  GM_RETURN_IF_ERROR(read_count(arguments, "--fields", inspect::most_fields_kept, options.fields));
  const Recipe& recipe = settings.recipe;
  if (!options.paths.empty() && has_inputs(arguments.flags)) {
    return Error::usage("files are named both as words and with --collections or --predictions",
                        "leave the flags out, and each file is taken for what it holds; or name all files with flags");
  }
  if (options.paths.empty() && recipe.collections.empty() && recipe.predictions.empty()) {
    return Error::usage("no file is named", "name files, folders or globs: gristmill inspect data/");
  }
  const std::string recipe_path = arguments.value("--write-recipe");
  if (arguments.has("--write-recipe")) {
    if (recipe_path.empty()) return Error::usage("--write-recipe is empty", "name the file to write");
    GM_RETURN_IF_ERROR(check_free(recipe_path, storage));
  }
  GM_ASSIGN(const LogSink log, make_log(settings.console));
  set_network_log(log);
  catch_signals();
  for (const std::string& warning : settings.warnings) log({LogLevel::warning, "setting_warned", warning});

  Progress progress;
  RunContext context;
  context.storage = &storage;
  context.progress = &progress;
  context.interrupted = &interrupted_flag();
  context.log = log;
  const auto result = [&] {
    const ProgressDisplay display(progress, settings.console);
    return inspect::inspect(recipe, options, context, hooks_from_environment());
  }();
  if (!result.ok()) {
    Error error = result.error();
    if (error.kind == ErrorKind::interrupted) error.message = "interrupted";
    return error;
  }
  if (!recipe_path.empty()) {
    GM_RETURN_IF_ERROR(write_target(storage, recipe_path, result->recipe, ExistingTarget::refused));
  }
  if (arguments.value("--format") == "json") {
    GM_RETURN_IF_ERROR(print_data(inspect::inspection_json(*result)));
  } else {
    std::string text = inspect::inspection_tables(*result, style_of_stdout(settings.console.colour));
    if (recipe_path.empty()) text += "\nA recipe to start from (--write-recipe FILE writes it)\n\n" + result->recipe;
    GM_RETURN_IF_ERROR(print_data(text));
  }
  if (!recipe_path.empty() && !settings.console.quiet) note("written: " + recipe_path);
  return 0;
}

}  // namespace gristmill::cli
