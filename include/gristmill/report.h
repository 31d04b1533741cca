// Everything that a run found: what report.json, report.html, the printed tables and a caller see.
//
// All of it but `run` is a pure function of the input bytes, their names and the recipe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gristmill/accounting.h"
#include "gristmill/recipe.h"
#include "gristmill/session_findings.h"

namespace gristmill {

struct FileReport {
  Dataset dataset = Dataset::collections;
  std::string name;         // relative to its argument, as quarantine has it
  std::uint64_t bytes = 0;  // decompressed
  std::uint64_t stored_bytes = 0;
  std::uint64_t lines = 0;  // = accepted + rejected + blank + forgotten
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t blank = 0;
  std::uint64_t forgotten = 0;  // of people who asked to be erased
  std::optional<std::uint64_t> repaired =
      {};                                // of the accepted; none in sums, and where an older version read the file
  std::uint64_t covered = 0;             // bytes in lines, or in values and between them; = bytes
  std::string compression = "none";      // as its content says: none, gzip or zstd
  Framing framing = Framing::lines;      // in which it was read: lines or values
  bool name_and_content_differ = false;  // its name says another compression
  // Of an output that grows: no line of it was read, since its user said so or since another file has its bytes.
  bool set_aside = false;
  std::string same_as = {};  // the name of that file

  // Adds the numbers of another one.
  void add(const FileReport& file);
};

// Of an output that grows: what one run added to it, and how that was judged.
struct BatchReport {
  std::uint32_t number = 0;                      // from 1
  std::uint64_t files = 0;                       // new ones
  std::uint64_t known_files = 0;                 // that were listed and read before
  std::uint64_t moved_files = 0;                 // of them, those that lie elsewhere by now
  std::uint64_t changed_files = 0;               // that changed since, and were left out
  std::array<std::vector<std::string>, 2> gone;  // paths of inputs that the output holds and that are gone; by data set
  std::array<FileReport, 2> totals;              // by data set, names empty
  std::uint64_t new_sessions = 0;
  std::uint64_t touched_sessions = 0;            // the new ones among them
  bool passed = true;                            // no check failed that an update is judged by
  std::vector<std::string> first_findings = {};  // by check: where and what, of this batch; empty: none
};

enum class CheckStatus : std::uint8_t { passed, ignored, warned, failed };

struct CheckOutcome {
  CheckPolicy policy;
  std::uint64_t findings[dataset_count] = {};  // what is compared with the threshold
  double shares[dataset_count] = {};           // percent, where that is compared
  CheckStatus status = CheckStatus::passed;    // passed: no findings; failed: above the threshold of `fail`
  std::uint64_t total() const { return findings[0] + findings[1]; }
};

// A setting, its value and who gave it, as explain shows it.
struct GivenSetting {
  std::string key;     // "limits.line"
  std::string value;   // as a user would write it, lists with ", " between; empty: none
  std::string origin;  // "flag --threads", "environment variable GRISTMILL_THREADS", ".env line 3",
                       // "gristmill.yaml line 7", "default", "fail_above of gristmill.yaml line 7"
};

// What the folders of a data set's arguments hold beside the files that are read.
struct PassedOverFiles {
  std::uint64_t files = 0;
  std::vector<std::string> names;  // of the first 10, relative to their argument
};

// How many accepted lines a data set has, and had in the output that is replaced.
struct VolumeOutcome {
  std::uint64_t lines = 0;
  std::uint64_t lines_before = 0;
  CheckStatus status = CheckStatus::passed;
};

// A measure of a run, held against what it was in the runs before it.
struct DriftMeasure {
  std::string name;  // "collections.rejected.invalid_json", as docs/guide/history.md has them
  bool is_list = false;
  // A number: counts, percentages, scores from 0 to 1, hours.
  double value = 0;
  double median = 0;  // of those before
  double low = 0;     // what is below or above is flagged
  double high = 0;
  std::vector<double> before = {};  // oldest first
  // A list of names: those that no run had before, and those that all had.
  std::vector<std::string> added = {};
  std::vector<std::string> gone = {};
  bool is_flagged = false;
};

// What check 13 says. It depends on earlier runs, so `passed` does not say.
struct DriftOutcome {
  std::uint64_t runs = 0;  // before this one, that count
  std::vector<DriftMeasure> measures;
  CheckStatus status = CheckStatus::passed;
};

// What differs from run to run over the same data. Times in seconds.
struct RunFacts {
  std::string run_id;
  std::string started;  // ISO 8601, UTC
  double seconds = 0;
  std::vector<std::pair<std::string, double>> stages;  // name and seconds, in order
  std::uint32_t threads = 0;
  std::uint64_t memory_budget = 0;  // bytes
  std::uint64_t peak_memory = 0;    // bytes, resident
  std::uint64_t spilled_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> requests;  // to S3, by kind; empty where it was not used
  std::string output;                                           // resolved root; empty for validate
  std::string publish_way;                                      // "exchange", "journal", "direct"; empty for validate
  std::vector<GivenSetting> settings = {};                      // without defaults
  std::array<PassedOverFiles, dataset_count> passed_over = {};  // by data set
  // By data set; none where it was not given, or where no output with lines of it is replaced.
  std::array<std::optional<VolumeOutcome>, dataset_count> volume = {};
  std::optional<DriftOutcome> drift = {};  // none where nothing is written
};

// Did check 12 fail for a data set? It depends on the output that is replaced, so `passed` does not say.
bool volume_failed(const RunFacts& run);
// Did check 13, which depends on earlier runs?
bool drift_failed(const RunFacts& run);

struct RunReport {
  std::string version;                           // of gristmill
  std::string inputs_id;                         // 32 hexadecimal digits
  std::string recipe;                            // canonical_meaning
  std::vector<FileReport> files;                 // in input order; a Place's `file` is an index into it
  std::array<FileReport, dataset_count> totals;  // by data set, names empty
  std::array<std::vector<std::string>, dataset_count> carry_not_found;  // names that no accepted line had; by data set
  Accounting accounting;
  SessionFindings sessions;
  std::vector<CheckOutcome> checks = std::vector<CheckOutcome>(all_checks().size());  // by check
  bool passed = true;                                                                 // no check failed
  bool writes_rows = true;                 // false for validate: nothing was written
  std::optional<BatchReport> batch;        // of an output that grows
  std::vector<CheckOutcome> batch_checks;  // by check, of the batch; empty where there is none
  RunFacts run;
};

// What the run is judged by: all of the output, or of an update what it added.
const std::vector<CheckOutcome>& judged_checks(const RunReport& report);

// Whether what a run made may be published: no check failed that it is judged by. An update is judged by its batch.
bool run_passed(const RunReport& report);

// Both are pure functions and thread-safe. Whatever a line brought in (ids, file names, field names, raw text) is data:
// no id can break the JSON or run in the page.

// validation/report.json, in the form of docs/guide/report.md. All but its last member, `run`, depends on the input
// bytes, their names and the recipe alone. The result is UTF-8 and ends with a newline.
std::string report_json(const RunReport& report);

// validation/report.html: one file that loads nothing, of less than 1 MB. Depends on the input bytes, their names and
// the recipe alone: report.run is not read.
std::string report_html(const RunReport& report);

}  // namespace gristmill
