// A result is written by a rename, so that a reader sees a whole one, the old or the new. Tested by
// tests/programs/test_events.py.
#include "cli/run_events.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/environment.h"
#include "cli/run_log.h"
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

// Whether a file is there that no run of ours wrote.
bool is_of_others(Storage& storage, const std::string& path) {
  const auto there = storage.stat(path);
  if (!there.ok()) return true;
  if (!*there) return false;
  const std::string text = text_of(storage, path);
  return !text.starts_with(events::result_start) && !text.starts_with(events::metrics_start);
}

void write_told(const recipe::ConsoleSettings& console, Storage& storage, const std::string& path,
                std::string_view text, const char* what) {
  const Status written = write_target(storage, path, text, ExistingTarget::replaced);
  if (written.ok()) return;
  const Error& error = written.error();
  warn_beside(console, "not_told",
              "the " + std::string(what) + " could not be written: " + error.message +
                  (error.advice.empty() ? "" : "; " + error.advice));
}

// The environment of the process and these, as a program takes it.
class ChildEnvironment {
 public:
  explicit ChildEnvironment(const std::map<std::string, std::string>& added) {
    std::map<std::string, std::string> variables = environment();
    for (const auto& [name, value] : added) variables[name] = value;
    for (const auto& [name, value] : variables) texts_.push_back(name + "=" + value);
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char** get() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

// A shell that runs the command and reads from the descriptor, with the signals that this process ignores as usual; 0
// and errno where there is none.
pid_t start_shell(const std::string& command, int standard_input, ChildEnvironment& variables) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, standard_input, STDIN_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::string shell = "sh";
  std::string flag = "-c";
  std::string words = command;
  char* arguments[] = {shell.data(), flag.data(), words.data(), nullptr};
  pid_t child = 0;
  const int failure = posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, variables.get());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  errno = failure;
  return failure == 0 ? child : 0;
}

// Runs the command with the text on its standard input; a sentence if that did not go well.
std::optional<std::string> run_in_shell(const std::string& command, std::string_view input,
                                        const std::map<std::string, std::string>& added) {
  const auto not_started = [] { return std::string("it could not be started: ") + std::strerror(errno); };
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return not_started();
  ChildEnvironment variables(added);
  const pid_t child = start_shell(command, pipe[0], variables);
  const int failure = errno;
  ::close(pipe[0]);
  // One that does not read what it is given has read enough.
  while (child != 0 && !input.empty()) {
    const ssize_t written = ::write(pipe[1], input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  ::close(pipe[1]);
  errno = failure;
  if (child == 0) return not_started();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return std::string("its end is not known: ") + std::strerror(errno);
  }
  if (status == 0) return std::nullopt;
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status)) + " ended it";
  return "it ended with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void tell_end(const recipe::ConsoleSettings& console, Storage& storage, const events::Ending& ending) {
  if (console.result_file.empty() && console.metrics_file.empty() && console.on_end.empty()) return;
  const std::string before = text_of(storage, console.result_file);
  const std::string result = events::result_json(ending, before);
  if (!console.result_file.empty()) write_told(console, storage, console.result_file, result, "result");
  if (!console.metrics_file.empty()) {
    const std::string last = text_of(storage, console.metrics_file);
    write_told(console, storage, console.metrics_file, events::metrics_text(ending, last, std::time(nullptr)),
               "metrics");
  }
  if (console.on_end.empty()) return;
  const std::optional<bool> changed = events::verdict_changed(ending, before);
  const std::map<std::string, std::string> told = {{"RUN_EXIT_CODE", std::to_string(ending.exit_code)},
                                                   {"RUN_STATUS", std::string(events::status_of(ending))},
                                                   {"RUN_VERDICT_CHANGED", !changed   ? ""
                                                                           : *changed ? "true"
                                                                                      : "false"}};
  if (const auto why = run_in_shell(console.on_end, result, told))
    warn_beside(console, "not_told", "the command of on_end: " + *why);
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
  // Neither inputs nor output are known, in which the file must not lie: only one that is there by an earlier run, or
  // none at all, is written.
  for (std::string* const file : {&console.result_file, &console.metrics_file}) {
    const auto resolved =
        file->empty() || storage::is_s3(*file) ? Result<std::string>(std::string()) : storage.resolve(*file);
    const bool is_refused = !resolved.ok() || resolved->empty() || !publish::output_around(storage, *resolved).empty();
    if (is_refused || is_of_others(storage, *resolved)) file->clear();
  }
  tell_end(console, storage, ending);
}

}  // namespace gristmill::cli
