// gristmill run and gristmill validate.
#include <cstdlib>

#include "browse/browse.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "report/visible_message.h"
#include "storage/exceptions.h"

namespace gristmill::cli {

#ifdef GRISTMILL_TEST_HOOKS
RunHooks hooks_from_environment() {
  RunHooks hooks;
  if (const char* value = std::getenv("GRISTMILL_TEST_BLOCK_SIZE")) hooks.block_size = std::strtoull(value, nullptr, 10);
  if (const char* value = std::getenv("GRISTMILL_TEST_SHORTEST_LINE_IN_INPUT")) {
    hooks.shortest_line_in_input = std::strtoull(value, nullptr, 10);
  }
  if (std::getenv("GRISTMILL_TEST_NO_FAST_PATH") != nullptr) hooks.fast_path = false;
  if (const char* value = std::getenv("GRISTMILL_TEST_HASH_MASK")) hooks.hash_mask = std::strtoull(value, nullptr, 0);
  if (const char* value = std::getenv("GRISTMILL_TEST_PUBLISH_WAY")) hooks.publish_way = value;
  if (const char* value = std::getenv("GRISTMILL_TEST_BREAK_ACCOUNTING")) hooks.break_accounting = value;
  return hooks;
}
#else
RunHooks hooks_from_environment() { return {}; }
#endif

namespace {

Result<int> run_and_show(const Settings& settings, Storage& storage, bool write, const LogSink& log) {
  const Recipe& recipe = settings.recipe;
  Progress progress;
  RunContext context;
  context.storage = &storage;
  context.progress = &progress;
  context.interrupted = &interrupted_flag();
  context.log = log;
  context.settings = given_settings(settings);
  context.hooks = hooks_from_environment();
  for (const std::string& warning : settings.warnings) log(LogLevel::warning, warning);

  const auto result = [&] {
    const ProgressDisplay display(progress, settings.console);
    return write ? run(recipe, context) : validate(recipe, context);
  }();
  if (!result.ok()) return result.error();
  const RunOutcome& outcome = *result;
  for (const std::string& note : outcome.notes) log(LogLevel::warning, note);
  if (outcome.end == RunEnd::published) log(LogLevel::info, "published: " + outcome.report.run.output);
  if (!settings.console.quiet) {
    const TableStyle style = style_of_stdout(settings.console.colour);
    print(run_tables(storage, outcome, style));
    if (outcome.end == RunEnd::published) print("published: " + visible_message(outcome.report.run.output) + "\n");
  }
  if (outcome.report.passed) return 0;
  const std::string failed = failed_checks(outcome.report);
  if (outcome.end == RunEnd::published) {
    log(LogLevel::warning, "published although these checks failed: " + failed);
    return 0;
  }
  if (outcome.end == RunEnd::staged) {
    return Error::validation("not published, these checks failed: " + failed + "; the previous output is untouched",
                             "the new one lies in '" + outcome.staging + "' with its report in validation/; publish it "
                             "as it is with 'gristmill publish " + recipe.output + "', or mend the input or the "
                             "thresholds and run again");
  }
  return Error::validation("these checks failed: " + failed,
                           "mend the input or the thresholds (settings checks.NAME.fail_above); the tables that are "
                           "printed without --quiet show the culprits");
}

}  // namespace

Result<int> run_command(const Settings& settings, Storage& storage, bool write) {
  const Recipe& recipe = settings.recipe;
  const ConsoleSettings& console = settings.console;
  if (recipe.collections.empty() && recipe.predictions.empty()) {
    return missing_setting(*find_setting("collections"));
  }
  if (write && recipe.output.empty()) return missing_setting(*find_setting("output"));
  GM_ASSIGN(const LogSink log, make_log(console));
  set_network_log(log);
  const bool json_on_stderr = console.log_format == LogFormat::json && console.log_file.empty();
  catch_signals(json_on_stderr);
  Result<int> result = without_exceptions([&] { return run_and_show(settings, storage, write, log); });
  if (result.ok()) {
    Status shown = printed();
    if (shown.ok()) return result;
    result = std::move(shown.error());
  }
  // The log has the error too, and where stderr is the log in JSON, nothing else may stand there.
  if (!json_on_stderr && console.log_file.empty()) return result;
  const Error& error = result.error();
  log(LogLevel::error, error.message + (error.advice.empty() ? "" : "; " + error.advice));
  if (json_on_stderr) return static_cast<int>(error.kind);
  return result;
}

}  // namespace gristmill::cli
