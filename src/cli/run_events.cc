// A result is written by a rename, so that who reads it sees a whole one, the old or the new. Tested by
// tests/programs/test_events.py.
#include "cli/run_events.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/console.h"
#include "cli/target_file.h"
#include "publish/publish.h"
#include "storage/any_storage.h"
#include "storage/whole_file.h"

namespace gristmill::cli {
namespace {

constexpr std::uint64_t longest_read = 16U << 20;  // bytes of what was told last time

// What is there, if it can be read.
std::string text_of(Storage& storage, const std::string& path) {
  if (path.empty()) return {};
  const auto there = storage.stat(path);
  if (!there.ok() || !*there || (*there)->type != FileType::file || (*there)->size > longest_read) return {};
  auto text = storage::read_whole_file(storage, path);
  return text.ok() ? std::move(*text) : std::string();
}

void write_told(Storage& storage, const std::string& path, std::string_view text, const char* what) {
  const Status written = write_target(storage, path, text, ExistingTarget::replaced);
  if (!written.ok()) note("warning: the " + std::string(what) + " could not be written: " + written.error().message);
}

// Runs the command with the text on its standard input; a sentence if that did not go well.
std::optional<std::string> run_in_shell(const std::string& command, std::string_view input) {
  FILE* const pipe = popen(command.c_str(), "w");  // NOLINT(bugprone-command-processor): it is the user's own
  if (pipe == nullptr) return std::string("it could not be begun: ") + std::strerror(errno);
  // One that does not read what it is given has read enough.
  std::fwrite(input.data(), 1, input.size(), pipe);
  const int status = pclose(pipe);
  if (status == 0) return std::nullopt;
  if (status == -1) return std::string("its end is not known: ") + std::strerror(errno);
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status)) + " ended it";
  return "it ended with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void tell_end(const recipe::ConsoleSettings& console, Storage& storage, const events::Ending& ending) {
  if (console.result_file.empty() && console.metrics_file.empty() && console.on_end.empty()) return;
  const std::string before = text_of(storage, console.result_file);
  const std::string result = events::result_json(ending, before);
  if (!console.result_file.empty()) write_told(storage, console.result_file, result, "result");
  if (!console.metrics_file.empty()) {
    const std::string last = text_of(storage, console.metrics_file);
    write_told(storage, console.metrics_file, events::metrics_text(ending, last, std::time(nullptr)), "metrics");
  }
  if (console.on_end.empty()) return;
  const std::optional<bool> changed = events::verdict_changed(ending, before);
  setenv("RUN_EXIT_CODE", std::to_string(ending.exit_code).c_str(), 1);
  setenv("RUN_STATUS", std::string(events::status_of(ending)).c_str(), 1);
  setenv("RUN_VERDICT_CHANGED", !changed ? "" : *changed ? "true" : "false", 1);
  if (const auto why = run_in_shell(console.on_end, result)) note("warning: the command of on_end: " + *why);
}

void tell_early_end(const std::vector<recipe::FlagValue>& flags, Storage& storage, const events::Ending& ending) {
  recipe::ConsoleSettings console;
  const std::pair<const char*, std::string*> files[] = {
      {"result", &console.result_file}, {"metrics", &console.metrics_file}, {"on_end", &console.on_end}};
  for (const auto& [key, file] : files) {
    const char* const variable = std::getenv(recipe::find_setting(key)->environment.c_str());
    if (variable != nullptr) *file = variable;
    for (const recipe::FlagValue& flag : flags) {
      if (flag.key == key && !flag.values.empty()) *file = flag.values.back();
    }
  }
  // What a whole look at the settings would have refused is left alone.
  for (std::string* const file : {&console.result_file, &console.metrics_file}) {
    const auto resolved =
        file->empty() || storage::is_s3(*file) ? Result<std::string>(std::string()) : storage.resolve(*file);
    if (!resolved.ok() || resolved->empty() || !publish::output_around(storage, *resolved).empty()) file->clear();
  }
  tell_end(console, storage, ending);
}

}  // namespace gristmill::cli
