// An output that grows, as one run sees it: what is published there, which of the inputs are new, and what the run
// adds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/report.h"
#include "gristmill/result.h"
#include "gristmill/run.h"
#include "gristmill/storage.h"
#include "growth/forgetting.h"
#include "growth/inputs.h"
#include "growth/ledger.h"
#include "growth/replay.h"
#include "growth/state.h"
#include "history/batch_loss.h"
#include "publish/manifest.h"
#include "shuffle/sorter.h"
#include "source/input_files.h"
#include "storage/output_file.h"
#include "tasks/settle.h"

namespace gristmill::growth {

// A usage error where the output at `root` holds a state that a run of this recipe would lose unasked.
[[nodiscard]] Status check_replaced(Storage& storage, const Recipe& recipe, const std::string& root);

class Growth {
 public:
  // An output that is made anew.
  Growth(Storage& storage, const Recipe& recipe) : storage_(storage), recipe_(recipe) {}

  // REQUIRES: add_to() is not called. `replaced`: the published output, whose replays are taken over unless a ledger
  // says itself what is read; empty: there is none.
  [[nodiscard]] Status begin(const std::string& replaced, std::vector<source::InputFile>& files,
                             const std::function<bool()>& should_stop);

  // An update: takes the state of the output that is published at `root`, then puts the files of its ledger before
  // those that are new. A usage error if it has no state, or one of other settings; an input error where inputs
  // changed.
  [[nodiscard]] Status add_to(const std::string& root, std::vector<source::InputFile>& files,
                              const std::function<bool()>& should_stop);

  // A replay: takes the state of the published output, then puts the files of its ledger before the inputs that are
  // made of `files`, which hold mended lines. These are staged.
  [[nodiscard]] Status replay(const std::string& root, const storage::OutputOptions& output,
                              const std::string& spill_folder, std::vector<source::InputFile>& files,
                              const std::function<bool()>& should_stop);

  // People are forgotten: takes them out of the state of the published output, and writes what is left of it. Their ids
  // go into the list of those who are; without `remembers` only ids of whom there was something.
  [[nodiscard]] Status forget(const std::string& root, const storage::OutputOptions& output,
                              const std::string& spill_folder, const ForgetRequest& request,
                              std::vector<source::InputFile>& files, const std::function<bool()>& should_stop);
  // Takes the lines that went off the ledger.
  void take_gone(const tasks::Settled& settled);
  // What becomes of the lines of the quarantine where people are forgotten; else empty.
  tasks::FateOfLine fate();
  // Nothing is to be written: nobody was found, and nobody is to be remembered.
  bool forgets_nobody() const { return !taken_ || (taken_->found.empty() && !remembers_); }
  const std::optional<TakenOut>& taken() const { return taken_; }

  // Who is forgotten, unlocked where lines are read; nullptr: nobody.
  const privacy::ForgottenList* forgotten() const { return forgotten_ ? &*forgotten_ : nullptr; }

  // To settle again what is published at `root`: takes its state and its recipe, and makes files of all of its ledger.
  [[nodiscard]] Status look_at(const std::string& root, std::vector<source::InputFile>& files);

  // Whether the counts by profile add up to what all batches counted.
  [[nodiscard]] Result<bool> profiles_add_up() const;

  // What a user should know of how the inputs were taken: sentences.
  std::vector<std::string> notes(const std::vector<source::InputFile>& files) const;
  // How the files of partitions are laid out in the new output: parts or whole.
  Layout layout() const;
  std::uint32_t batch() const { return state_.batches + 1; }
  const LedgerComparison& comparison() const { return comparison_; }
  // Of the files of this run: what the ledger has of one that is known; nullptr: it is new.
  const LedgerEntry* known(std::size_t file) const { return file < known_.size() ? known_[file] : nullptr; }
  const tasks::EarlierFacts& earlier() const { return earlier_; }

  // Puts what earlier batches counted beside what this one did. Keeps the latter, and writes nothing yet.
  void add_earlier(Accounting& accounting);
  // Copies the replays among these files that lie in another output.
  [[nodiscard]] Result<std::vector<storage::WrittenFile>> copy_replays(const storage::OutputOptions& output,
                                                                       const std::vector<source::InputFile>& files,
                                                                       const std::function<bool()>& should_stop);

  // Of an output of which lines were resolved: `left` is all that is left of its rejected lines.
  void take_resolved(const Accounting& left, Accounting& accounting);
  // Whether a check that is judged on the whole has more findings than before this batch.
  bool has_more(const RunReport& report, Check check) const;

  // Writes everything below `_state/` and the line of this batch. `entries`: of the new files, in their order.
  [[nodiscard]] Result<std::vector<storage::WrittenFile>> write_runs(const storage::OutputOptions& output,
                                                                     const tasks::FactsToSettle& facts);
  // Runs that others wrote, in the place of those that they merged.
  void take_runs(const std::vector<StateRun>& made);
  const std::vector<StateRun>& runs() const { return state_.runs; }
  [[nodiscard]] Result<std::vector<storage::WrittenFile>> write_state(const storage::OutputOptions& output,
                                                                      const RunReport& report,
                                                                      const std::vector<LedgerEntry>& entries,
                                                                      const std::string& batch_line);
  // Whether a file of the published output is left out of the new one, unless that has one of its name.
  bool is_dropped(const std::string& path) const;
  // What the run met, its lines not yet counted.
  BatchReport report_batch(const tasks::Settled& settled) const;

  // REQUIRES: forget() and take_gone() were called.
  ForgetReport forget_report(const ForgetRequest& request) const;
  // Notes what became of a published file: nothing is left of it, or what was `made` in its place.
  void note_changed(const publish::ManifestFile& old, const publish::ManifestFile* made, ForgetReport& report) const;

 private:
  [[nodiscard]] Status read(const std::string& root);
  [[nodiscard]] Status find_in_quarantine(const ProfileIds& profiles, const std::function<bool()>& should_stop);
  void take_off_ledger(const tasks::ProfileCounts& counts);
  // Those of the batches, without the people who are forgotten.
  [[nodiscard]] Result<std::string> batch_lines();
  void number_files(std::vector<source::InputFile>& files);

  Storage& storage_;
  const Recipe& recipe_;
  std::string root_;
  State state_;
  std::vector<LedgerEntry> ledger_;
  LedgerComparison comparison_;
  std::vector<const LedgerEntry*> known_;
  tasks::EarlierFacts earlier_;
  std::set<std::string> dropped_;  // runs that were merged, and quarantines of which nothing is left
  MendedLines mended_;             // of a replay
  std::optional<privacy::ForgottenList> forgotten_;
  std::optional<TakenOut> taken_;  // where people are forgotten
  bool remembers_ = false;
  std::map<std::uint32_t, history::BatchLoss> losses_;
  std::uint64_t rejected_gone_ = 0;
  FindingsGone findings_gone_;
  std::vector<std::string> dropped_folders_;  // of partitions
  std::unique_ptr<LineJudge> judge_;
  std::vector<storage::WrittenFile> rewritten_;  // of the state
};

// The partitions of an output whose partitions may have several parts: their number and sizes, by data set. Takes its
// files in the order of their paths.
class PartitionCounter {
 public:
  explicit PartitionCounter(Accounting& accounting);  // what it counted of partitions goes
  void add(const std::string& path, std::uint64_t bytes);
  void finish();

 private:
  Accounting& accounting_;
  std::string folder_;
  std::uint64_t bytes_ = 0;
};

}  // namespace gristmill::growth
