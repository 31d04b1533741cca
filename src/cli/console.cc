// All goes through write(2), not through streams, so that a failure is known and a signal handler may write
// too. Width, colour and Unicode go by the terminal and its locale. That nobody reads the output any more (EPIPE) is no
// error. Tested by tests/programs, the bar in a pseudo-terminal.
#include "cli/console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <system_error>

#include "storage/exceptions.h"
#include "text/visible_message.h"

namespace gristmill::cli {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<bool> silent_signals{false};

// False, and errno set, if not all could be written.
bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

extern "C" void on_signal(int) {
  if (interrupted.exchange(true)) _exit(static_cast<int>(ErrorKind::interrupted));
  if (silent_signals) return;
  constexpr char text[] = "\ngristmill: interrupted, stopping (once more to stop at once)\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, sizeof text - 1);
}

int print_failure = 0;  // errno of the first

Error cannot_print(int number) {
  return Error::output("cannot write to the standard output: " + std::string(std::strerror(number)),
                       "look at where it is sent to; what the command does beside printing is done");
}

unsigned terminal_width(int descriptor, unsigned usual = default_width) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return usual;
}

// COLUMNS, where it is a width that a table could have; else 0.
unsigned columns_asked_for() {
  constexpr long least = 20;
  constexpr long most = 10'000;
  const char* text = std::getenv("COLUMNS");
  if (text == nullptr) return 0;
  char* end = nullptr;
  const long columns = std::strtol(text, &end, 10);
  return *end == '\0' && columns >= least && columns <= most ? static_cast<unsigned>(columns) : 0;
}

bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return strcasestr(value, "UTF-8") != nullptr || strcasestr(value, "UTF8") != nullptr;
  }
  return false;
}

bool is_dumb_terminal() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::strcmp(term, "dumb") == 0;
}

// How far the whole run is when one stage is so far: by what stages take of a usual run.
double share_of_run(Stage stage, double share) {
  struct Part {
    double begin;
    double end;
  };
  constexpr Part parts[] = {{0, 0.02},    {0.02, 0.30}, {0.30, 0.85}, {0.85, 0.90},
                            {0.90, 0.92}, {0.92, 1},    {1, 1},       {0.02, 0.85}};
  const Part& part = parts[static_cast<std::size_t>(stage)];
  return part.begin + (part.end - part.begin) * std::clamp(share, 0.0, 1.0);
}

std::string duration(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  char text[32];
  std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  return text;
}

}  // namespace

void print_error(const Error& error) {
  std::string text = error.kind == ErrorKind::interrupted ? "gristmill: " : "gristmill: error: ";
  text.append(text::visible_message(error.message)).push_back('\n');
  if (!error.advice.empty()) text.append("  ").append(text::visible_message(error.advice)).push_back('\n');
  write_all(STDERR_FILENO, text);
}

void print(std::string_view text) {
  if (print_failure == 0 && !write_all(STDOUT_FILENO, text)) print_failure = errno;
}

Status printed() {
  return print_failure == 0 || print_failure == EPIPE ? Status() : Status(cannot_print(print_failure));
}

void print_note(std::string_view text) { write_all(STDERR_FILENO, text); }

void note(std::string_view sentence) {
  write_all(STDERR_FILENO, "gristmill: " + text::visible_message(sentence) + "\n");
}

Result<bool> print_data(std::string_view text) {
  if (write_all(STDOUT_FILENO, text)) return true;
  if (errno == EPIPE) return false;
  return cannot_print(errno);
}

void prepare_process() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest number that is free is the one that is given.
    if (fcntl(stream, F_GETFD) < 0) [[maybe_unused]]
      const int nowhere = open("/dev/null", O_RDWR);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

text::TableStyle style_of_stdout(recipe::Colour colour, unsigned usual_width) {
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  text::TableStyle style;
  style.colour =
      colour == recipe::Colour::always || (colour == recipe::Colour::automatic && terminal &&
                                           (no_color == nullptr || *no_color == '\0') && !is_dumb_terminal());
  style.unicode = is_utf8_locale();
  style.width = width_of_stdout(usual_width);
  return style;
}

unsigned width_of_stdout(unsigned usual) {
  const unsigned columns = columns_asked_for();
  if (columns != 0) return columns;
  return isatty(STDOUT_FILENO) == 1 ? terminal_width(STDOUT_FILENO, usual) : usual;
}

ProgressDisplay::ProgressDisplay(const Progress& progress, const recipe::ConsoleSettings& settings)
    : progress_(progress), terminal_(isatty(STDERR_FILENO) == 1 && !is_dumb_terminal()) {
  if (settings.quiet || settings.log_format == recipe::LogFormat::json) return;
  try {
    thread_ = std::thread([this] {
      // Memory that is short is for others to tell of.
      storage::without_exceptions([this] { show_until_stopped(); }, [] {});
    });
  } catch (const std::system_error&) {
    // No more threads to be had: the run goes on unseen.
  }
}

ProgressDisplay::~ProgressDisplay() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_one();
  thread_.join();
}

void ProgressDisplay::show_until_stopped() {
  using std::chrono::steady_clock;
  const auto interval = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
  constexpr double least_share = 0.05;  // from which on the time that is left can be told
  const auto started = steady_clock::now();
  double share = 0;  // of the run; never falls
  bool shown = false;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_.wait_for(lock, interval, [this] { return stop_; })) {
    const Stage stage = progress_.stage;
    const std::uint64_t total = progress_.total;
    const double of_stage = total == 0 ? 0 : static_cast<double>(progress_.done) / static_cast<double>(total);
    share = std::max(share, share_of_run(stage, of_stage));
    std::string text;
    if (terminal_) {
      constexpr int width = 30;
      const int filled = static_cast<int>(share * width);
      text = "[" + std::string(static_cast<std::size_t>(filled), '#') +
             std::string(static_cast<std::size_t>(width - filled), '.') + "] ";
    }
    char percent[16];
    std::snprintf(percent, sizeof percent, "%3.0f%%, ", share * 100);
    text.append(percent).append(name_of(stage));
    const double seconds = std::chrono::duration<double>(steady_clock::now() - started).count();
    if (share > least_share) text += ", about " + duration(seconds * (1 - share) / share) + " left";
    if (terminal_) {
      text.resize(std::min<std::size_t>(text.size(), terminal_width(STDERR_FILENO) - 1));
      write_all(STDERR_FILENO, "\r\x1b[K" + text);
    } else {
      write_all(STDERR_FILENO, "gristmill: " + text + "\n");
    }
    shown = true;
  }
  if (terminal_ && shown) write_all(STDERR_FILENO, "\r\x1b[K");
}

const std::atomic<bool>& interrupted_flag() { return interrupted; }

void catch_signals(bool silent) {
  silent_signals = silent;
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace gristmill::cli
