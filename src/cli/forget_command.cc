// gristmill forget: ids are read and held against the output; what went is told without them. Tested by
// tests/programs/test_forget.py.
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/run_log.h"
#include "cli/target_file.h"
#include "cli/test_hooks.h"
#include "growth/forgetting.h"
#include "growth/receipt.h"
#include "json/json_text.h"
#include "json/json_value.h"
#include "native/job.h"
#include "record/white_space.h"
#include "storage/whole_file.h"
#include "text/figures.h"
#include "text/visible_message.h"

namespace gristmill::cli {
namespace {

Error missing_id(const std::string& where) {
  return Error::usage(where + " is missing or blank", "name people by the profile ids of their lines")
      .of_key("profile");
}

Status add_id(const std::string& id, const std::string& where, std::vector<std::string>& ids) {
  const std::string_view trimmed = record::trimmed(id);
  if (trimmed.empty()) return missing_id(where);
  if (!json::is_utf8(trimmed)) return Error::usage(where + " is not UTF-8", "write it in UTF-8").of_key("profile");
  ids.emplace_back(trimmed);
  return {};
}

Status read_ids(Storage& storage, const std::string& path, std::vector<std::string>& ids) {
  GM_ASSIGN(const std::string text, storage::read_whole_file(storage, path));
  std::uint64_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    std::string line(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.pop_back();
    const std::string where = "'" + path + "' line " + std::to_string(++number);
    if (line.starts_with('"')) {
      const std::optional<json::JsonValue> value = json::JsonValue::parse(line);
      if (!value || value->type() != json::JsonType::string)
        return Error::usage(where + " begins with '\"' and is no JSON string", "mend it").in_file(path, number);
      line = value->text();
    }
    GM_RETURN_IF_ERROR(add_id(line, where, ids));
  }
  return {};
}

std::string what_went(const ForgetReport& report) {
  return text::counted(report.accepted, "accepted line") + ", " + text::counted(report.rejected, "rejected line") +
         ", " + text::counted(report.rows, "row") + ", " + text::counted(report.sessions, "session") + ", " +
         text::counted(report.findings, "finding");
}

}  // namespace

Result<int> forget_command(const Arguments& arguments, const recipe::Settings& settings, Storage& storage) {
  ForgetRequest request;
  request.remembers = arguments.has("--remember");
  request.dry_run = arguments.has("--dry-run");
  for (const std::string& id : arguments.values("--profile"))
    GM_RETURN_IF_ERROR(add_id(id, "a profile id", request.profiles));
  for (const std::string& path : arguments.values("--profiles"))
    GM_RETURN_IF_ERROR(read_ids(storage, path, request.profiles));
  if (request.profiles.empty()) {
    return Error::usage("nobody is named", "name people by their profile ids with --profile or --profiles FILE")
        .of_key("profile");
  }
  const std::string receipt = arguments.value("--receipt");
  if (!receipt.empty()) GM_RETURN_IF_ERROR(check_target(storage, receipt));
  catch_signals();
  Progress progress;
  RunContext context;
  context.storage = &storage;
  context.progress = &progress;
  context.interrupted = &interrupted_flag();
  GM_ASSIGN(context.log, make_log(settings.console));
  auto result = [&] {
    const ProgressDisplay display(progress, settings.console);
    return native::forget_with_hooks(settings.recipe, request, context, hooks_from_environment());
  }();
  if (!result.ok()) return result.error();
  const RunOutcome& outcome = *result;
  const ForgetReport& report = *outcome.forgotten;
  const std::string output = text::visible_message(outcome.report.run.output);
  std::uint64_t absent = 0;
  for (const ForgottenPerson& person : report.people) absent += person.is_found ? 0 : 1;
  const bool quiet = settings.console.quiet;
  if (absent > 0) {
    note(text::counted(absent, "id") + " of " + std::to_string(report.people.size()) + " " +
         std::string(text::noun_for(absent, "is", "are")) + " not in '" + output + "'" +
         (request.remembers ? ", and remembered" : ""));
  }
  if (request.dry_run) {
    print("would go: " + what_went(report) + "\n");
    GM_RETURN_IF_ERROR(growth::for_each_line_of(
        storage, settings.recipe.output, request.profiles, [] { return interrupted_flag().load(); },
        [&](const std::string& path, std::uint64_t line, std::uint64_t offset) {
          print(text::visible_message("in '" + path + "': line " + std::to_string(line) + ", offset " +
                                      std::to_string(offset)) +
                "\n");
        }));
    return 0;
  }
  if (!receipt.empty())
    GM_RETURN_IF_ERROR(write_target(storage, receipt, growth::receipt_json(outcome) + "\n", ExistingTarget::replaced));
  if (report.short_lists > 0) {
    note(text::counted(report.short_lists, "list") +
         " of findings in the report may show fewer than there are from now on: no more were kept");
  }
  if (!report.inputs_named_so.empty()) {
    note(text::counted(report.inputs_named_so.size(), "path") +
         " of inputs in the ledger hold the text of an id, and stay, the first: " +
         text::visible_message("'" + report.inputs_named_so.front() + "'"));
  }
  for (const std::string& sentence : outcome.notes) note(text::visible_message(sentence));
  if (outcome.end == RunEnd::unchanged) {
    if (!quiet) print("nobody is there to be forgotten: '" + output + "' stays as it is\n");
    return 0;
  }
  if (!quiet) print("forgotten in '" + output + "': " + what_went(report) + "\n");
  if (interrupted_flag()) note(finished_all_the_same);
  return 0;
}

}  // namespace gristmill::cli
