// credential_process: a program that prints keys.
// docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
//
// By posix_spawn: between fork and exec a program of many threads may call next to nothing. The program gets the
// variables that gristmill got, none of its open files, and a process group of its own, so that its children end with
// it at the end of the time limit, and when the run is interrupted. What it prints may be keys and is never quoted; of
// what it says on standard error the last line is. It is over when the program ends, even if a child of it keeps the
// pipes open. Tested in credentials_test.cc.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "s3/credentials_places.h"

namespace gristmill::s3 {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int reading = -1;
  int writing = -1;
  std::uint64_t total = 0;  // bytes that came

  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_one(reading);
    close_one(writing);
  }
  bool open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    reading = ends[0];
    writing = ends[1];
    return fcntl(reading, F_SETFL, O_NONBLOCK) == 0;
  }
  static void close_one(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  // What has come, up to `at_once`: a program that never stops would hold us here. Closes at its end. Only the last
  // bytes of too much are kept.
  void take(std::string& text) {
    constexpr std::size_t at_once = 1U << 20;
    std::array<char, 4096> bytes;
    for (std::size_t taken = 0; reading >= 0 && taken < at_once; taken += bytes.size()) {
      const ssize_t size = read(reading, bytes.data(), bytes.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) return close_one(reading);
      text.append(bytes.data(), static_cast<std::size_t>(size));
      total += static_cast<std::size_t>(size);
      if (text.size() > longest_credentials) text.erase(0, text.size() - longest_credentials);
    }
  }
};

struct Ended {
  int error = 0;  // errno where it could not be started
  bool over_time = false;
  bool too_much = false;  // printed
  int status = 0;         // as of waitpid
  std::string printed;
  std::string said;  // on standard error
};

int spawn(const std::string& command, const std::map<std::string, std::string>& environment, const Pipe& output,
          const Pipe& errors, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.writing, 1);
  posix_spawn_file_actions_adddup2(&actions, errors.writing, 2);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#endif
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGXFSZ}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> variable_texts;
  for (std::string& variable : variables) variable_texts.push_back(variable.data());
  variable_texts.push_back(nullptr);
  std::string shell = "sh";
  std::string flag = "-c";
  std::string copy = command;
  std::array<char*, 4> arguments = {shell.data(), flag.data(), copy.data(), nullptr};
  const int error = posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments.data(), variable_texts.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

Ended run(const std::string& command, const CredentialSearch& search) {
  Ended ended;
  Pipe output;
  Pipe errors;
  if (!output.open() || !errors.open()) {
    ended.error = errno;
    return ended;
  }
  pid_t child = 0;
  ended.error = spawn(command, search.options.environment, output, errors, child);
  if (ended.error != 0) return ended;
  Pipe::close_one(output.writing);
  Pipe::close_one(errors.writing);
  const auto end = Clock::now() + search.hooks.process_limit;
  for (;;) {
    const pid_t waited = waitpid(child, &ended.status, WNOHANG);
    output.take(ended.printed);
    errors.take(ended.said);
    // -1: somebody else has waited for it, and its status is not known; what it printed will tell.
    if (waited == child || (waited < 0 && errno != EINTR)) return ended;
    ended.over_time = Clock::now() >= end;
    ended.too_much = output.total > longest_credentials;
    if (ended.over_time || ended.too_much || search.is_given_up()) break;
    // The end of the program is no event of a pipe that a child of it holds, so it is looked for again soon.
    std::array<pollfd, 2> pipes = {pollfd{output.reading, POLLIN, 0}, pollfd{errors.reading, POLLIN, 0}};
    poll(pipes.data(), pipes.size(), 20);
  }
  kill(-child, SIGKILL);
  while (waitpid(child, &ended.status, 0) < 0 && errno == EINTR) {
  }
  return ended;
}

// Its last line that is not empty, unless that looks like keys.
std::string last_words(const Ended& ended, const CredentialSearch& search) {
  const std::string& said = ended.said;
  const std::size_t last = said.find_last_not_of(" \t\r\n");
  if (last == std::string::npos) return "";
  const std::size_t before = said.find_last_of("\r\n", last);
  const std::string_view line = std::string_view(said).substr(before == std::string::npos ? 0 : before + 1);
  for (const char* telling : {"SecretAccessKey", "SessionToken", "aws_secret_access_key", "aws_session_token"}) {
    if (line.find(telling) != std::string_view::npos) return "; its last words may hold keys and are not shown";
  }
  std::vector<std::string> secrets;
  for (const char* name : {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
    if (const std::string* value = search.variable(name)) secrets.push_back(*value);
  }
  return "; its last words: " + text::first_line_redacted(line, secrets);
}

}  // namespace

Result<Credentials> process_credentials(const CredentialSearch& search, const std::string& name,
                                        const std::string& command) {
  const std::string place = "credential_process of " + search.name_of_profile(name);
  const Ended ended = run(command, search);
  const auto failed = [&](const std::string& why) {
    return Error::input("the " + place + " gave no AWS credentials: " + why,
                        "run the command in a shell to see what it does");
  };
  if (ended.error != 0) return failed(std::string("/bin/sh could not be started: ") + std::strerror(ended.error));
  if (ended.too_much) return failed("it printed more than 1 MiB");
  if (ended.over_time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(search.hooks.process_limit).count();
    return failed("it did not end within " + std::to_string(seconds) + " seconds" + last_words(ended, search));
  }
  if (WIFSIGNALED(ended.status)) {
    return failed("it was ended by signal " + std::to_string(WTERMSIG(ended.status)) + last_words(ended, search));
  }
  if (WEXITSTATUS(ended.status) != 0) {
    return failed("its exit status is " + std::to_string(WEXITSTATUS(ended.status)) + last_words(ended, search));
  }
  const std::optional<JsonFields> fields = json_fields(ended.printed);
  if (!fields) return failed("what it printed is no JSON object" + last_words(ended, search));
  if (field(*fields, "Version") != "1") return failed("what it printed has no \"Version\": 1");
  return credentials_in(*fields, {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}, place);
}

}  // namespace gristmill::s3
