// What a run needs around its three steps, whichever scheduler does them: the list of inputs and the lock on the
// output before, and audit, report, manifest and publication after.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gristmill/run.h"
#include "growth/growth.h"
#include "publish/manifest.h"
#include "publish/publish.h"
#include "run/hooks.h"
#include "run/routed.h"
#include "shuffle/sorter.h"
#include "source/input_files.h"
#include "source/line_source.h"
#include "storage/output_file.h"
#include "tasks/settle.h"

namespace gristmill::scheduling {

// What the files hold decompressed, as far as can be told.
std::uint64_t expected_bytes(const std::vector<source::InputFile>& files);

inline constexpr const char* iso_8601 = "%Y-%m-%dT%H:%M:%SZ";
std::string utc_now(const char* format);  // as strftime has it

// For a run that begins now.
std::string new_run_id();

// What a job is to do.
enum class JobKind : std::uint8_t {
  check_state,  // makes tables and report of an output that grows again from its state, and compares them
  validate,     // writes nothing
  try_update,   // likewise: what an update would find
  run,          // makes an output anew
  update,       // adds what is new to one that grows, or makes one
  replay,       // adds lines to one that were rejected, and are mended now
  forget        // takes people out of one
};

inline bool writes_to_output(JobKind kind) {
  return kind == JobKind::run || kind == JobKind::update || kind == JobKind::replay || kind == JobKind::forget;
}

// The calls come in the order in which they stand here. All references must outlive it; one that is dropped before
// finish() leaves nothing behind.
class Coordinator {
 public:
  Coordinator(const Recipe& recipe, const RunContext& context, JobKind kind, RunHooks hooks = {});

  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  [[nodiscard]] Status list_inputs();
  const std::vector<source::InputFile>& files() const { return files_; }
  const Resources& resources() const { return resources_; }
  // Only where the run writes. `direct`: as in publish::PublishOptions; where all files are written by `storage`. Of an
  // output that grows, files() has those of earlier runs from here on.
  [[nodiscard]] Status lock_output(bool direct);
  // nullptr: the output does not grow.
  growth::Growth* growth() { return growth_ ? &*growth_ : nullptr; }
  // The rejected lines that the replays among the inputs mend (tasks::ResolvedPlace); nullptr: there are none.
  shuffle::Sorter* resolved() { return resolved_ ? &*resolved_ : nullptr; }
  // What stands in the names of partition files; 0: nothing does.
  std::uint32_t part() const;
  // Whether there is something to do; else finish_unchanged() is all that is left.
  bool has_new_inputs() const;
  [[nodiscard]] Result<RunOutcome> finish_unchanged();
  const storage::OutputOptions& output() const { return output_; }
  publish::PublishWay publish_way() const { return publication_->way(); }
  // Who asks to be erased. REQUIRES: the job is to forget; it outlives this.
  void use_request(const ForgetRequest& request) { request_ = &request; }
  // Whose lines are left out, unlocked; nullptr: nobody's.
  const privacy::ForgottenList* forgotten() const;
  // Whom finish() asks for help to publish.
  void use_move_help(publish::MoveHelp help) { move_help_ = std::move(help); }

  // Begins the next stage; `total`: its bytes, 0 where they are not known.
  void begin_stage(Stage stage, std::uint64_t total = 0);
  Progress& progress() { return progress_; }

  // One tally a file, for route to fill in.
  Routed begin_routing() const;
  // inputs_id, once all tallies are filled in.
  void name_inputs(Routed& routed) const;
  std::string tree_hash_of(const Routed& routed, std::size_t index) const;

  // What was asked of S3, and held in memory, by other processes.
  void add_requests(const std::vector<RequestCount>& requests);
  void note_peak_memory(std::uint64_t bytes);
  void use_threads(std::uint32_t threads) { report_.run.threads = threads; }  // of a cluster
  // `settled`: of all steps together, with what they counted; `files`: facts about the partition files.
  [[nodiscard]] Result<RunOutcome> finish(Routed routed, tasks::Settled settled,
                                          const std::vector<shuffle::Sorter*>& files);

 private:
  bool is_interrupted() const { return context_.interrupted != nullptr && *context_.interrupted; }
  void log(const LogEvent& event) const;
  bool writes() const { return writes_to_output(kind_); }
  bool grows() const;
  [[nodiscard]] Status join_published();
  // The published output that this one takes files over from, or that is looked at; empty: there is none.
  std::string base() const;
  [[nodiscard]] Status compare_with_published(const std::vector<storage::WrittenFile>& written, RunOutcome& outcome);
  bool is_given(Dataset dataset) const;
  [[nodiscard]] Status look_into_inputs();
  [[nodiscard]] Status join_output();
  void tell_notes() const;
  FileReport report_of(const Routed& routed, std::size_t file) const;
  [[nodiscard]] Status gather_report(const Routed& routed, tasks::Settled& settled);
  [[nodiscard]] Status look_at_unusable_files(const Routed& routed);
  [[nodiscard]] Status count_partitions(const std::vector<shuffle::Sorter*>& files);
  void judge_batch(const Accounting& accounting);
  [[nodiscard]] Status write_state(const Routed& routed, std::vector<storage::WrittenFile>& written);
  [[nodiscard]] Status compare_volume();
  [[nodiscard]] Status compare_with_earlier_runs();
  [[nodiscard]] Status audit() const;
  void measure_run();
  [[nodiscard]] Status write_report(std::vector<storage::WrittenFile>& written);
  std::string manifest_fields() const;
  [[nodiscard]] Status write_manifest(const std::vector<storage::WrittenFile>& written,
                                      const std::vector<shuffle::Sorter*>& files);
  // All files of the new output in order, and those of the published one that go: what an update takes over, what the
  // run made, and what of it came out as it was.
  enum class Origin : std::uint8_t { taken_over, made, made_again, gone };
  using UseFile = std::function<Status(const publish::ManifestFile&, Origin)>;
  [[nodiscard]] Status update_manifest(const std::vector<shuffle::Sorter*>& files);
  [[nodiscard]] Status for_each_file(const std::vector<shuffle::Sorter*>& files, const UseFile& use);
  [[nodiscard]] Status publish(RunOutcome& outcome);

  const Recipe& recipe_;
  const RunContext& context_;
  Storage& storage_;
  const JobKind kind_;
  const RunHooks hooks_;
  Resources resources_;
  Progress own_progress_;
  Progress& progress_;

  std::vector<source::InputFile> files_;
  std::optional<growth::Growth> growth_;
  std::optional<shuffle::Sorter> resolved_;
  std::unique_ptr<publish::Publication> publication_;
  publish::MoveHelp move_help_;
  const ForgetRequest* request_ = nullptr;
  ForgetReport forget_report_;
  std::optional<privacy::ForgottenList> forgotten_;  // of a run whose output does not grow
  storage::OutputOptions output_;
  std::string scratch_;
  RunReport report_;
  std::vector<std::string> earlier_runs_;  // their lines of the history, oldest first
  Accounting batch_accounting_;            // of an output that grows: of this run alone
  std::vector<RequestCount> requests_elsewhere_;
  std::uint64_t peak_elsewhere_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point stage_started_;
};

}  // namespace gristmill::scheduling
