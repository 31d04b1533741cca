// gristmill run, gristmill update and gristmill validate.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>

#include "browse/browse.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/run_events.h"
#include "cli/run_lineage.h"
#include "cli/run_log.h"
#include "cli/test_hooks.h"
#include "growth/ledger.h"
#include "native/job.h"
#include "publish/publish.h"
#include "report/findings.h"
#include "report/hint_list.h"
#include "source/glob.h"
#include "storage/any_storage.h"
#include "storage/exceptions.h"
#include "text/figures.h"
#include "text/visible_message.h"

namespace gristmill::cli {

namespace {

// Where the interruption was acknowledged.
void say_finished(const recipe::Settings& settings, const LogSink& log) {
  const std::string sentence(finished_all_the_same);
  const bool in_log = logs_json_on_stderr(settings.console);
  if (in_log || !settings.console.log_file.empty()) log({LogLevel::warning, "finished_all_the_same", sentence});
  if (!in_log) note(sentence);
}

void say_unchanged(const RunOutcome& outcome, const recipe::Settings& settings, scheduling::JobKind kind,
                   const LogSink& log) {
  const BatchReport& batch = *outcome.report.batch;
  const std::string output = text::visible_message(outcome.report.run.output);
  std::string sentence =
      "nothing is new: " + text::counted(batch.known_files, "input file") + ", all of which '" + output + "' holds";
  if (kind == scheduling::JobKind::replay)
    sentence = "no mended line is accepted, or none was given: '" + output + "' stays as it is";
  if (batch.changed_files > 0)
    sentence += "; " + text::counted(batch.changed_files, "other") + " changed, and left out";
  if (settings.console.quiet) return;
  if (logs_json_on_stderr(settings.console) || !settings.console.log_file.empty()) {
    log({LogLevel::info,
         "nothing_new",
         sentence,
         {{"known_files", batch.known_files}, {"changed_files", batch.changed_files}}});
  }
  print(sentence + "\n");
}

// However quiet the run is: what its checks found is its result.
Status tell_checks(const RunReport& report, const recipe::ConsoleSettings& console, const LogSink& log) {
  LogSink always = log;
  if (console.quiet && logs_json_on_stderr(console)) {
    recipe::ConsoleSettings aloud = console;
    aloud.quiet = false;
    GM_ASSIGN(always, make_log(aloud));
  }
  for (LogEvent& event : browse::check_events(report)) {
    event.fields.push_back({"run_id", report.run.run_id});
    if (logs_json_on_stderr(console) || !console.log_file.empty()) always(event);
    if (!logs_json_on_stderr(console)) note(event.message);
  }
  return {};
}

LogEvent error_event(const Error& error) {
  return {LogLevel::error,
          error.kind == ErrorKind::interrupted ? "interrupted" : "failed",
          error.message + (error.advice.empty() ? "" : "; " + error.advice),
          {{"exit_code", static_cast<std::uint64_t>(error.kind)},
           {"retryable", error.retryable},
           {"file", error.file},
           {"line", std::uint64_t{error.line}},
           {"key", error.key}}};
}

// The last of a run that came to its end, with what it counted.
LogEvent end_event(const RunOutcome& outcome) {
  const RunReport& report = outcome.report;
  LogEvent event{LogLevel::info, "run_ended", "run " + report.run.run_id + " ended", {{"seconds", report.run.seconds}}};
  const FileReport& collections = report::read_by_run(report, Dataset::collections);
  const FileReport& predictions = report::read_by_run(report, Dataset::predictions);
  event.fields.insert(event.fields.end(), {{"collections_lines", collections.lines},
                                           {"collections_rejected", collections.rejected},
                                           {"predictions_lines", predictions.lines},
                                           {"predictions_rejected", predictions.rejected},
                                           {"sessions", report.sessions.rows},
                                           {"passed", run_passed(report)},
                                           {"peak_memory", report.run.peak_memory}});
  return event;
}

Result<int> run_and_show(const recipe::Settings& settings, Storage& storage, scheduling::JobKind kind, ResultForm form,
                         const LogSink& log, std::optional<RunOutcome>& told) {
  const Recipe& recipe = settings.recipe;
  Progress progress;
  RunContext context;
  context.storage = &storage;
  context.progress = &progress;
  context.interrupted = &interrupted_flag();
  context.log = log;
  context.settings = recipe::given_settings(settings);
  for (const std::string& warning : settings.warnings) log({LogLevel::warning, "setting_warned", warning});

  auto result = [&] {
    const ProgressDisplay display(progress, settings.console);
    return native::run_with_hooks(recipe, context, kind, hooks_from_environment());
  }();
  if (!result.ok()) return result.error();
  const RunOutcome& outcome = told.emplace(std::move(*result));
  for (const std::string& note : outcome.notes) log({LogLevel::warning, "run_noted", note});
  if (outcome.end == RunEnd::unchanged) {
    say_unchanged(outcome, settings, kind, log);
    return 0;
  }
  if (outcome.end == RunEnd::published && interrupted_flag()) say_finished(settings, log);
  if (outcome.end == RunEnd::published) {
    log({LogLevel::info,
         "published",
         "published: " + outcome.report.run.output,
         {{"output", outcome.report.run.output}, {"sessions", outcome.report.sessions.rows}}});
  }
  if (form == ResultForm::json) {
    print(report_json(outcome.report));
  } else if (!settings.console.quiet) {
    const text::TableStyle style = style_of_stdout(settings.console.colour);
    if (form == ResultForm::tables) print(browse::run_tables(storage, outcome, style));
    if (form == ResultForm::summary) print(browse::run_ending(outcome, recipe.output, style));
    if (outcome.end == RunEnd::published)
      print("published: " + text::visible_message(outcome.report.run.output) + "\n");
  }
  GM_RETURN_IF_ERROR(tell_checks(outcome.report, settings.console, log));
  log(end_event(outcome));
  for (const report::HintPlace& missing : report::places_of(outcome.report, Hint::carry_not_found)) {
    log({LogLevel::warning,
         "carry_not_found",
         "carry, " + std::string(name_of(missing.dataset)) + ": " + missing.what,
         {{"dataset", std::string(name_of(missing.dataset))}}});
  }
  if (run_passed(outcome.report)) return 0;
  const std::string failed = browse::failed_checks(outcome.report);
  if (outcome.end == RunEnd::published) {
    log({LogLevel::warning, "published_anyway", "published although these checks failed: " + failed});
    return 0;
  }
  if (outcome.end == RunEnd::staged) {
    GM_ASSIGN(const auto previous, storage.stat(outcome.report.run.output + "/_manifest.json"));
    return Error::validation(
        "not published, these checks failed: " + failed + (previous ? "; the previous output is untouched" : ""),
        "the new one lies in '" + outcome.staging + "' with its report in validation/ ('gristmill show " +
            recipe.output + " checks --kept'); publish it as it is with 'gristmill publish " + recipe.output +
            "', or fix the input or the thresholds and run again" +
            (outcome.report.batch ? "; a file that can only fail is left out for good with --set-aside NAME" : ""));
  }
  return Error::validation("these checks failed: " + failed,
                           "fix the input or the thresholds (settings checks.NAME.fail_above); the tables that are "
                           "printed without --quiet show the culprits");
}

bool lies_in(const std::string& path, const std::string& place) {
  return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

// Would an input of this name, which may be a glob, take the file in?
Result<bool> matches_glob(Storage& storage, const std::string& file, const std::string& input) {
  const std::size_t wildcard = input.find_first_of(source::glob_wildcards);
  if (wildcard == std::string::npos) return false;
  const std::size_t slash = input.rfind('/', wildcard);
  GM_ASSIGN(const std::string folder,
            storage.resolve(slash == std::string::npos ? "." : input.substr(0, std::max<std::size_t>(slash, 1))));
  const std::string rest = slash == std::string::npos ? input : input.substr(slash + 1);
  return source::Glob(folder + "/" + rest).matches(file);
}

// A file that grew in what a run reads would change its inputs, and one among what it writes would be a stranger's.
Status refuse_place(const recipe::Settings& settings, Storage& storage, const std::string& name,
                    const std::string& what, const std::string& flag) {
  if (name.empty()) return {};
  GM_ASSIGN(const std::string file, storage.resolve(name));
  std::vector<std::string> places = settings.files_read;
  for (const auto* inputs : {&settings.recipe.collections, &settings.recipe.predictions}) {
    places.insert(places.end(), inputs->begin(), inputs->end());
  }
  const std::string& output = settings.recipe.output;
  if (!output.empty() && !storage::is_s3(output)) {
    GM_ASSIGN(const std::string root, storage.resolve(output));
    places.push_back(root);
    places.push_back(publish::folder_beside(root));
  }
  if (!settings.recipe.ledger.empty()) {
    places.push_back(settings.recipe.ledger);
    const auto ledger = growth::read_ledger(storage, settings.recipe.ledger);
    for (const growth::LedgerEntry& entry : ledger.ok() ? *ledger : std::vector<growth::LedgerEntry>())
      places.push_back(entry.path);
  }
  for (const std::string& place : places) {
    if (place.empty() || storage::is_s3(place)) continue;
    GM_ASSIGN(const std::string resolved, storage.resolve(place));
    GM_ASSIGN(const bool is_matched, matches_glob(storage, file, place));
    if (!lies_in(file, resolved) && !is_matched) continue;
    return Error::usage("the " + what + " '" + name + "' would lie in '" + place + "', which this run reads or writes",
                        "name another with " + flag)
        .in_file(name);
  }
  const std::string around = publish::output_around(storage, file);
  if (around.empty()) return {};
  return Error::usage("the " + what + " '" + name + "' would lie in the output '" + around +
                          "', which holds nothing but what its manifest lists",
                      "name another with " + flag)
      .in_file(name);
}

Status refuse_places(const recipe::Settings& settings, Storage& storage) {
  const recipe::ConsoleSettings& console = settings.console;
  const std::string events = is_lineage_server(console.lineage) ? std::string() : console.lineage;
  const std::string* const files[] = {&console.log_file, &console.result_file, &console.metrics_file, &events};
  for (const std::string* const one : files) {
    for (const std::string* const other : files) {
      if (one == other || one->empty() || other->empty()) continue;
      GM_ASSIGN(const std::string first, storage.resolve(*one));
      GM_ASSIGN(const std::string second, storage.resolve(*other));
      if (first != second) continue;
      return Error::usage("two of log file, result file, file of metrics and file of lineage events are '" + *one + "'",
                          "name another for one")
          .in_file(*one);
    }
  }
  GM_RETURN_IF_ERROR(refuse_place(settings, storage, events, "file of lineage events", "--lineage"));
  GM_RETURN_IF_ERROR(refuse_place(settings, storage, console.log_file, "log file", "--log-file"));
  GM_RETURN_IF_ERROR(refuse_place(settings, storage, console.result_file, "result file", "--result"));
  return refuse_place(settings, storage, console.metrics_file, "file of metrics", "--metrics");
}

Status check_given(const Recipe& recipe, scheduling::JobKind kind) {
  if (recipe.collections.empty() && recipe.predictions.empty() && recipe.ledger.empty())
    return recipe::missing_setting(*recipe::find_setting("collections"));
  const bool needs_output = kind != scheduling::JobKind::validate;  // to write, or to see what it holds
  if (needs_output && recipe.output.empty()) return recipe::missing_setting(*recipe::find_setting("output"));
  return {};
}

// The run's log, which leaves the run's id behind once that is known.
Result<LogSink> begin_log(const recipe::ConsoleSettings& console, const std::shared_ptr<std::string>& run_id) {
  GM_ASSIGN(LogSink log, make_log(console));
  set_network_log(log);
  return LogSink([log = std::move(log), run_id](const LogEvent& event) {
    for (const LogEvent::Field& field : event.fields) {
      if (event.code == "run_begun" && field.name == "run_id") *run_id = std::get<std::string>(field.value);
    }
    log(event);
  });
}

// The log has the error too. Where stderr is the log in JSON, nothing else may stand there: what is returned then is
// the exit code.
Result<int> log_error(const Error& error, const recipe::ConsoleSettings& console, LogSink log) {
  const bool json_on_stderr = logs_json_on_stderr(console);
  if (!log && json_on_stderr) {
    GM_ASSIGN(log, make_log(console));
  }
  if (log && (json_on_stderr || !console.log_file.empty())) log(error_event(error));
  if (json_on_stderr) return static_cast<int>(error.kind);
  return error;
}

std::string_view name_of_command(scheduling::JobKind kind) {
  if (kind == scheduling::JobKind::run) return "run";
  if (kind == scheduling::JobKind::replay) return "replay";
  return kind == scheduling::JobKind::update ? "update" : "validate";
}

}  // namespace

events::Ending begin_ending(scheduling::JobKind kind) {
  events::Ending ending;
  ending.command = name_of_command(kind);
  ending.started = scheduling::utc_now(scheduling::iso_8601);
  return ending;
}

Result<int> run_command(const recipe::Settings& settings, Storage& storage, scheduling::JobKind kind, ResultForm form) {
  const recipe::ConsoleSettings& console = settings.console;
  events::Ending ending = begin_ending(kind);
  const auto started = std::chrono::steady_clock::now();
  catch_signals(logs_json_on_stderr(console));
  if (!settings.recipe.output.empty()) {
    const auto output = storage.resolve(settings.recipe.output);
    ending.output = output.ok() ? *output : settings.recipe.output;
  }
  recipe::ConsoleSettings told_to = console;
  const auto run_id = std::make_shared<std::string>();
  LogSink log;
  const auto begin = [&]() -> Status {
    if (Status places = refuse_places(settings, storage); !places.ok()) {
      for (std::string* const file : {&told_to.result_file, &told_to.metrics_file}) {
        if (*file == places.error().file) file->clear();
      }
      return places;
    }
    GM_RETURN_IF_ERROR(check_given(settings.recipe, kind));
    GM_ASSIGN(log, begin_log(console, run_id));
    return {};
  };
  std::optional<RunLineage> lineage;
  Result<int> result = 0;
  if (Status begun = begin(); !begun.ok()) {
    result = std::move(begun.error());
  } else {
    lineage.emplace(settings, storage, ending.command);
    result =
        storage::without_exceptions([&] { return run_and_show(settings, storage, kind, form, log, ending.outcome); });
    if (Status shown = printed(); result.ok() && !shown.ok()) result = std::move(shown.error());
  }
  if (!result.ok()) {
    ending.error = recipe::with_place(std::move(result.error()), settings);
    result = *ending.error;
  }
  ending.exit_code = result.ok() ? *result : static_cast<int>(result.error().kind);
  ending.run_id = *run_id;
  ending.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (lineage) lineage->end(ending);
  tell_end(told_to, storage, ending);
  return result.ok() ? std::move(result) : log_error(result.error(), console, log);
}

}  // namespace gristmill::cli
