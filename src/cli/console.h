// How the command talks to people: errors and progress on stderr, results on stdout.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "gristmill/run.h"
#include "recipe/settings.h"
#include "report/tables.h"

namespace gristmill::cli {

// Prints an error: what, where and why, then what to do.
void print_error(const Error& error);

// A sentence on stderr about what is printed.
void note(std::string_view sentence);

// Before anything else: closed pipes and files that grow too large are errors of what is written to them and end no
// process, and standard streams that are closed lead nowhere instead of to the next file that is opened.
void prepare_process();

// stdout; printed() tells how it went.
void print(std::string_view text);
// An output error if something could not be printed. A reader that has gone away is no error.
[[nodiscard]] Status printed();

// stderr: what is said beside the result.
void print_note(std::string_view text);

// stdout, for what a command is run for. False: the reader has gone away, as `head` does. Other faults, a full
// disk for one, are output errors.
Result<bool> print_data(std::string_view text);

inline constexpr unsigned default_width = 100;  // columns, where there is no terminal

// What the terminal behind stdout can do. Colours: on a terminal, unless NO_COLOR is set or TERM is "dumb", or
// as `colour` says. Lines and marks beyond ASCII where the locale is UTF-8. The width is COLUMNS, else the
// terminal's, else the usual; 0: nothing is cut.
text::TableStyle style_of_stdout(recipe::Colour colour, unsigned usual_width = default_width);

// COLUMNS, else the width of the terminal behind stdout, else `usual`.
unsigned width_of_stdout(unsigned usual);

// Shows a run's progress on stderr while it lives: a bar on a terminal, elsewhere a line now and then.
class ProgressDisplay {
 public:
  ProgressDisplay(const Progress& progress, const recipe::ConsoleSettings& settings);
  ~ProgressDisplay();  // clears the bar

 private:
  void show_until_stopped();
  const Progress& progress_;
  bool terminal_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread thread_;
};

// From now on SIGINT and SIGTERM set the flag. The first is acknowledged on stderr, unless `silent`; a second one ends
// the process at once.
void catch_signals(bool silent = false);
const std::atomic<bool>& interrupted_flag();
// What is told where the first signal came too late.
inline constexpr std::string_view finished_all_the_same =
    "interrupted after the commit point: the publication was finished";

}  // namespace gristmill::cli
