// gristmill verify, publish, recover and compact: what is done with an output after its run.
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/test_hooks.h"
#include "growth/compaction.h"
#include "growth/state.h"
#include "history/accept.h"
#include "native/job.h"
#include "publish/publish.h"
#include "text/figures.h"
#include "text/visible_message.h"

namespace gristmill::cli {
namespace {

constexpr std::size_t most_shown = 20;

publish::InterruptCheck interrupt_check() {
  catch_signals();
  return [] { return interrupted_flag().load(); };
}

// Tables and report, made again from the state alone.
Result<int> verify_state(const std::string& output, Storage& storage) {
  GM_ASSIGN(const std::string root, storage.resolve(output));
  GM_ASSIGN(const std::optional<growth::State> state, growth::read_state(storage, root));
  if (!state) {
    return Error::usage("'" + output + "' keeps no state",
                        "leave --state out; one that does is made by 'gristmill update'")
        .in_file(output);
  }
  Recipe recipe = state->recipe;
  recipe.output = output;
  RunContext context;
  context.storage = &storage;
  context.interrupted = &interrupted_flag();
  GM_ASSIGN(const RunOutcome outcome,
            native::run_with_hooks(recipe, context, scheduling::JobKind::check_state, hooks_from_environment()));
  if (outcome.notes.empty()) {
    print(text::visible_message(output) + ": its state gives the same tables and report\n");
    return 0;
  }
  for (const std::string& path : outcome.notes) print("other from the state: " + text::visible_message(path) + "\n");
  return Error::validation("the state of '" + output + "' gives other files than it has",
                           "make it anew with 'gristmill run --accumulate', and please report this")
      .in_file(output);
}

}  // namespace

Result<int> verify_command(const std::string& output, bool state, Storage& storage) {
  const std::uint32_t threads = resources_of(Recipe{}).threads;
  GM_ASSIGN(const publish::VerifyReport report, publish::verify(storage, output, threads, interrupt_check()));
  const std::string size = text::counted(report.files, "file") + ", " + text::counted(report.bytes, "byte");
  if (report.differences == 0) {
    print(text::visible_message(output + ": as its manifest says (" + size + ", run " + report.run_id + ")") + "\n");
    return state ? verify_state(output, storage) : 0;
  }
  for (std::size_t i = 0; i < report.examples.size() && i < most_shown; ++i) {
    const publish::VerifyDifference& difference = report.examples[i];
    print(text::visible_message(std::string(name_of(difference.kind)) + ": " + difference.path +
                                (difference.detail.empty() ? "" : " (" + difference.detail + ")")) +
          "\n");
  }
  if (report.differences > most_shown) print("... and " + std::to_string(report.differences - most_shown) + " more\n");
  if (report.why_unreadable) {
    Error error = *report.why_unreadable;
    error.message = "'" + output + "' could not be verified: " + error.message;
    if (report.unreadable > 1) error.message += "; so with " + std::to_string(report.unreadable - 1) + " more";
    return error;
  }
  return Error::validation(
             "'" + output + "' differs from its manifest in " + text::counted(report.differences, "place"),
             "run again to write it anew")
      .in_file(output);
}

Result<int> compact_command(const std::string& output, const std::string& key_file, bool fsync, Storage& storage) {
  GM_ASSIGN(const growth::Compacted compacted,
            growth::compact(storage, output, key_file, scheduling::new_run_id(), fsync, interrupt_check()));
  for (const std::string& sentence : compacted.notes) note(text::visible_message(sentence));
  if (compacted.partitions == 0) {
    print(text::visible_message(output) + ": nothing to merge, every partition is one file\n");
    return 0;
  }
  print(text::visible_message(output) + ": merged " + text::counted(compacted.parts, "part") + " of " +
        text::counted(compacted.partitions, "partition") + ", " + text::bytes_text(compacted.bytes) + "\n");
  if (interrupted_flag()) note(finished_all_the_same);
  return 0;
}

Result<int> accept_command(const std::string& output, Storage& storage) {
  GM_ASSIGN(const history::Accepted accepted,
            history::accept_drift(storage, output, scheduling::new_run_id(), false, interrupt_check()));
  for (const std::string& sentence : accepted.notes) note(text::visible_message(sentence));
  for (const std::string& measure : accepted.measures)
    print(text::visible_message(measure) + ": the new level, against which runs are held from the seventh on\n");
  if (interrupted_flag()) note(finished_all_the_same);
  return 0;
}

Result<int> publish_command(const std::string& output, bool fsync, Storage& storage) {
  GM_ASSIGN(const publish::Published published, publish::publish_staged(storage, output, fsync, interrupt_check()));
  for (const std::string& sentence : published.notes) print(text::visible_message(sentence) + "\n");
  print("published: " + text::visible_message(output) + "\n");
  if (interrupted_flag()) note(finished_all_the_same);
  return 0;
}

Result<int> recover_command(const std::string& output, bool fsync, Storage& storage) {
  GM_ASSIGN(const std::vector<std::string> done, publish::recover(storage, output, fsync));
  for (const std::string& sentence : done) print(text::visible_message(sentence) + "\n");
  if (!done.empty()) return 0;
  if (auto there = publish::find_readable(storage, output); !there.ok()) return std::move(there.error());
  print(text::visible_message(output) + ": nothing to recover\n");
  return 0;
}

}  // namespace gristmill::cli
