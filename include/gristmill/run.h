// Running the whole job: two data sets of JSON Lines in; partitions, session aggregates and a verdict out.
//
// Nothing here prints, exits or throws. Progress is a set of counters that the caller may read from another
// thread; messages go to the caller's log. Several runs may go on in one process, each with a context of its own;
// the operating system's lock on an output keeps them apart. A process in which files may meet a limit of size
// (ulimit -f) has to ignore SIGXFSZ, which ends it otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/report.h"
#include "gristmill/result.h"

namespace gristmill {

class Storage;

// The version of this library and command: "0.1.0".
const std::string& version();

enum class Stage : std::uint8_t { list, route, grind, settle, audit, publish, done, inspect };
std::string_view name_of(Stage stage);

// Written by the run, read by anyone.
struct Progress {
  std::atomic<Stage> stage{Stage::list};
  std::atomic<std::uint64_t> done{0};   // bytes of the stage so far
  std::atomic<std::uint64_t> total{0};  // bytes of the stage; 0: not known
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };
// What happened: a sentence for people, and the same for programs. It holds names of files as they are, and no secrets.
struct LogEvent {
  struct Field {
    std::string_view name;
    std::variant<std::uint64_t, double, bool, std::string> value;
  };
  LogLevel level = LogLevel::info;
  std::string_view code;  // one of docs/operate/events.md, "The log as events"; of static storage, as the fields' names
  std::string message;
  std::vector<Field> fields = {};
};
// Called from the thread of the run.
using LogSink = std::function<void(const LogEvent&)>;

// What it points to must outlive the run; nothing of it is kept after that.
struct RunContext {
  Storage* storage = nullptr;                      // required; serves one run at a time
  Progress* progress = nullptr;                    // may be nullptr
  const std::atomic<bool>* interrupted = nullptr;  // set: stop as soon as possible; may be nullptr
  LogSink log;                                     // may be empty
  std::vector<GivenSetting> settings;              // for the report; no secret among them
};

// People who ask to be erased.
struct ForgetRequest {
  std::vector<std::string> profiles;  // their ids: trimmed, unescaped, none missing
  bool remembers = false;             // ids of which there is nothing go into the list too
  bool dry_run = false;               // nothing is changed
};

struct ForgottenPerson {
  std::string hmac;       // of the id, 64 hexadecimal digits
  bool is_found = false;  // there was something
};

// A file that others' lines are in as well.
struct ForgottenFile {
  std::string path;  // relative to the output
  std::uint64_t size_before = 0;
  std::string hash_before;  // XXH3-128, 32 hexadecimal digits
  std::uint64_t size_after = 0;
  std::string hash_after;  // empty: it is gone
};

// What went. No id is in it, but perhaps in names of inputs.
struct ForgetReport {
  std::vector<ForgottenPerson> people;  // in the order of the request
  std::uint64_t accepted = 0;           // lines
  std::uint64_t rejected = 0;           // lines
  std::uint64_t rows = 0;
  std::uint64_t sessions = 0;
  std::uint64_t findings = 0;
  std::uint64_t short_lists = 0;             // of findings, that show fewer than there are from now on
  std::vector<std::string> inputs_named_so;  // paths that hold the text of an id: they stay
  std::vector<ForgottenFile> shared_files;   // that changed, but the manifest
  std::vector<std::string> own_files;        // HMACs of the paths of files that held nobody else's lines
};

enum class RunEnd : std::uint8_t {
  published,
  staged,     // a check failed: complete, but not published
  unchanged,  // update: nothing is new, or forget: nobody is there; nothing was written
  validated,  // validate: nothing was written
};

struct RunOutcome {
  RunEnd end = RunEnd::validated;
  RunReport report;
  std::string staging;                    // of a staged run: where its output lies
  std::vector<std::string> notes;         // sentences for the user
  std::optional<ForgetReport> forgotten;  // of forget()
};

// REQUIRES: the recipe holds together (check_recipe), has an input and, to write, an output. An error means that
// nothing was published, unless it says that publishing has begun: then `gristmill recover` finishes it. Blocks
// until the end; what it reads and writes is in docs/guide/data-contract.md.
Result<RunOutcome> run(const Recipe& recipe, const RunContext& context);

// Adds what is new to an output that grows, and makes it where there is none (Recipe::accumulate). REQUIRES: as run().
Result<RunOutcome> update(const Recipe& recipe, const RunContext& context);

// Adds lines to an output that grows which were rejected before: the recipe's inputs are lines of its quarantine whose
// `raw` is mended. Settings that change the data are those of the output. REQUIRES: as run().
Result<RunOutcome> replay(const Recipe& recipe, const RunContext& context);

// Takes people out of an output that grows (Recipe::output), with the key Recipe::forget_key_file; no input is read.
Result<RunOutcome> forget(const Recipe& recipe, const ForgetRequest& request, const RunContext& context);

// The same without writing anything: the checks and their verdict.
Result<RunOutcome> validate(const Recipe& recipe, const RunContext& context);

// How much larger the output is than the input, as a rule: a label row repeats its collection's ids.
inline constexpr std::uint64_t output_per_input = 5;

// Threads, memory and spill folder of a run; `gristmill explain` shows them.
struct Resources {
  std::uint32_t threads = 0;
  std::uint64_t memory = 0;  // bytes
  std::string spill_folder;
};
// Fills in what the recipe leaves to the machine.
Resources resources_of(const Recipe& recipe);

}  // namespace gristmill
