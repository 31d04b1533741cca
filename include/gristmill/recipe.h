// The Recipe: everything that a run is told, checked and complete.
//
// The command makes one of flags, environment, .env and YAML; a program that embeds gristmill fills one in, and
// asks `check_recipe` whether it holds together. The first part (Meaning) changes the data that comes out and is
// recorded in `inputs_id` and in the Parquet metadata; the second (Verdict) changes only the report and the
// manifest; the rest (places and resources) never changes an output byte.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/aggregates.h"
#include "gristmill/data.h"
#include "gristmill/result.h"

namespace gristmill {

enum class Severity : std::uint8_t { ignore, warn, fail };

// A check fails when its severity is `fail` and its count exceeds the threshold: a number of
// findings, or a percentage of the data set's lines that are not blank.
struct CheckPolicy {
  Severity severity = Severity::warn;
  double fail_above = 0;  // findings, or percent where `percent`
  bool percent = false;
};

// What check 13 (drift) does about a run that differs from those before it.
struct DriftPolicy {
  Severity severity = Severity::warn;
  std::uint32_t last = 28;          // runs that it is held against
  std::uint32_t sensitivity = 4;    // standard deviations, as the median absolute deviation has them
  std::vector<std::string> ignore;  // names of measures, or what they begin with up to a dot
};

// What is done about a data set that has fewer accepted lines than it has in the output that the run replaces. With
// `fail`: none at all fails, fewer than a percentage of those before too.
struct VolumePolicy {
  Severity severity = Severity::fail;
  std::optional<double> warn_below = 50.0;  // percent
  std::optional<double> fail_below;
};

// A check of validation, by its place in the report, from 0.
enum class Check : std::uint8_t {};

struct CheckDescription {
  std::string_view name;   // in recipes and reports: "missing_ids"
  std::string_view title;  // "Missing or blank ids"
  std::string_view help;   // what is counted: "lines with a missing or blank profile, session or collection id"
  CheckPolicy by_default;  // where the recipe says nothing
  std::string_view share_of = "of the data set's lines that are not blank";  // what a percentage is of
};

// All of them, in the order of the report.
std::span<const CheckDescription> all_checks();
// By check.
std::vector<CheckPolicy> default_policies();

// Which sessions get an aggregate row.
enum class SessionScope : std::uint8_t { collections, all };

// What an update does about inputs whose bytes changed since they were read.
enum class ChangedInputs : std::uint8_t { fail, ignore };

// What an output that grows does about a new input whose bytes an earlier one of its data set has, under another name.
enum class SameContent : std::uint8_t { read, skip };

// The files of a partition of an output that grows: as the output has them (parts where it is new), one for each batch,
// or one.
enum class Layout : std::uint8_t { as_published, parts, whole };

// How the records of a file are told apart.
enum class Framing : std::uint8_t {
  automatic,  // as the file's first bytes say
  lines,
  values  // JSON values over any number of lines, one behind the other or in an array
};

inline constexpr std::array<std::string_view, 3> framing_names = {"auto", "lines", "values"};
inline std::string_view name_of(Framing framing) { return framing_names[static_cast<std::size_t>(framing)]; }

// The canonical fields, which may have aliases.
enum class Field : std::uint8_t {
  metadata,
  behaviour,
  prediction,
  profile_id,
  session_id,
  collection_id,
  timestamp,
  model_name,
  score,
  confidence
};
inline constexpr std::size_t field_count = 10;
inline constexpr std::array<std::string_view, field_count> field_names = {
    "metadata",      "behaviour", "prediction", "profile_id", "session_id",
    "collection_id", "timestamp", "model_name", "score",      "confidence"};

// A name that is always known beside a field's own, and needs the repair `alias`; empty: there is none.
inline constexpr std::array<std::string_view, field_count> built_in_aliases = {"", "behavior"};

struct Recipe {
  // --- Meaning: changes the data that comes out ---
  // Extra names by field, beside the built-in ones; matched without regard to ASCII case, '_' and '-'. Lines that have
  // them are as expected: they count as no repair.
  std::array<std::vector<std::string>, field_count> aliases;
  std::array<Framing, dataset_count> framing{};   // by data set
  std::array<std::string, dataset_count> unwrap;  // by data set: the field that holds the record, "a.b" for b in a
  std::vector<std::string> carry;                 // top-level fields that become columns of the rows
  std::vector<std::string> swipe_models = {"swipe_model"};
  std::vector<std::string> keystroke_models = {"keystroke_model", "keystrokes_model"};
  std::vector<Aggregate> aggregates;  // the columns of the session rows; empty: the usual four, for these models
  bool strict = false;                // every repair becomes a rejection
  SessionScope sessions = SessionScope::collections;
  std::uint64_t line_limit = 64ULL << 20;  // bytes of one line
  std::uint32_t depth_limit = 128;         // nesting; the outermost bracket is 1
  std::uint64_t rows_limit = 8ULL << 30;   // bytes of the rows of one line

  // --- Verdict: what the checks say of the data, and what the manifest adds to it ---
  std::vector<CheckPolicy> checks = default_policies();  // by check
  VolumePolicy volume;
  DriftPolicy drift;
  bool sha256 = false;  // SHA-256 beside XXH3-128 in the manifest

  // --- Places ---
  std::vector<std::string> collections;  // files, folders, globs, s3:// URIs
  std::vector<std::string> predictions;
  std::string output;
  std::string spill_directory;  // empty: TMPDIR, else /tmp
  std::string ledger;           // of another output: its inputs are read, in its order, by its names

  // --- Outputs that grow ---
  bool accumulate = false;  // the output keeps what an update needs
  bool drop_state = false;  // a run that does not accumulate may replace one that does
  bool drop_gone = false;   // a run may replace an output that holds lines of inputs which are gone
  ChangedInputs changed = ChangedInputs::fail;
  std::uint32_t compact_above = 16;  // parts of a partition; an update merges those of one that has more and is touched
  Layout layout = Layout::as_published;
  SameContent same_content = SameContent::read;
  std::vector<std::string> set_aside;  // names of inputs that are taken down in the ledger, and not read
  bool require_new = false;            // an update without new inputs is an error

  // --- People who asked to be erased ---
  std::string forget_key_file;  // of an output that has forgotten somebody: by which their ids are known
  std::string forgotten;        // the list of another output, which a run obeys too

  // --- Resources and ways ---
  std::uint32_t threads = 0;  // 0: the number of usable cores
  std::uint64_t memory = 0;   // bytes; 0: a quarter of the machine's memory, at most 1 GiB
  bool publish_anyway = false;
  bool fsync = false;
};

// Whether a Recipe that a program filled in holds together: ranges, names, aliases; a usage error that names the
// setting if it does not. Whether its inputs can be read is for the run to find.
[[nodiscard]] Status check_recipe(const Recipe& recipe);

// The part of a recipe that may change the data, as canonical JSON (keys sorted, compact): what
// `inputs_id` hashes and the Parquet metadata records. Leaves out verdict, threads, memory and places.
std::string canonical_meaning(const Recipe& recipe);

}  // namespace gristmill
