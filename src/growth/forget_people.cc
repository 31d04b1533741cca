// What a Growth does where people are forgotten. The ledger, the counts and the list are taken care of before anything
// is settled, lines of the quarantine while it is. Tested by tests/programs/test_forget.py.
#include <algorithm>
#include <utility>

#include "growth/growth.h"
#include "history/batch_loss.h"
#include "history/run_line.h"
#include "record/hive_name.h"
#include "tasks/quarantine_lines.h"
#include "validate/quarantine.h"

namespace gristmill::growth {

Status Growth::forget(const std::string& root, const storage::OutputOptions& output, const std::string& spill_folder,
                      const ForgetRequest& request, std::vector<source::InputFile>& files,
                      const std::function<bool()>& should_stop) {
  GM_RETURN_IF_ERROR(read(root));
  remembers_ = request.remembers;
  if (!forgotten_) forgotten_.emplace();
  GM_RETURN_IF_ERROR(unlock(storage_, *forgotten_, recipe_));
  const ProfileIds profiles(request.profiles.begin(), request.profiles.end());
  GM_ASSIGN(taken_,
            take_out_of_runs(storage_, root, output, spill_folder, profiles, state_.runs, rewritten_, should_stop));
  GM_RETURN_IF_ERROR(find_in_quarantine(profiles, should_stop));
  for (const std::string& profile : remembers_ ? profiles : taken_->found) forgotten_->add(profile);
  judge_ = std::make_unique<LineJudge>(recipe_, &*forgotten_);
  take_off_ledger(taken_->counts);
  GM_RETURN_IF_ERROR(take_out_of_replays(storage_, output, *judge_, ledger_, rewritten_, should_stop));
  findings_gone_ = take_out_of_counts(*taken_, profiles, state_.accounting);
  for (const std::string& profile : taken_->found) {
    for (const char* base : {"labels/", "predictions/"})
      dropped_folders_.push_back(base + record::partition_name(profile) + "/");
  }
  std::sort(dropped_folders_.begin(), dropped_folders_.end());
  for (const StateRun& run : state_.runs) {
    if (run.size == 0) dropped_.insert(path_of(run));
  }
  number_files(files);
  const std::uint32_t first_prediction = earlier_.first_prediction;
  earlier_ = earlier_facts(output.root, state_.runs, first_prediction);
  earlier_.root = root;
  return {};
}

// Some have nothing but rejected lines.
Status Growth::find_in_quarantine(const ProfileIds& profiles, const std::function<bool()>& should_stop) {
  LineJudge judge(recipe_, nullptr);
  const std::vector<std::size_t> order = input_order(ledger_);
  for (const Dataset dataset : all_datasets) {
    tasks::FileNumbers numbers;
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      const FileReport& file = ledger_[order[i]].file;
      if (file.dataset == dataset) numbers.emplace(validation::name_in_quarantine(file.name), i);
    }
    for (const char* folder : {"/quarantine/", "/quarantine/resolved/"}) {
      GM_RETURN_IF_ERROR(tasks::for_each_quarantined(
          storage_, root_ + folder + std::string(name_of(dataset)) + ".jsonl", numbers, should_stop,
          [&](Place, std::string_view, const validation::QuarantineEntry& entry) -> Status {
            const std::optional<std::string> profile = judge.profile_of(dataset, entry);
            if (profile && profiles.contains(*profile)) taken_->found.insert(*profile);
            return {};
          }));
    }
  }
  return {};
}

// Lines of a replay are blank from now on: they are gristmill's own.
void Growth::take_off_ledger(const tasks::ProfileCounts& counts) {
  const std::vector<std::size_t> order = input_order(ledger_);
  const auto first_prediction = static_cast<std::uint32_t>(std::ranges::count_if(
      ledger_, [](const LedgerEntry& entry) { return entry.file.dataset == Dataset::collections; }));
  const auto entry_of = [&](std::uint32_t kept) -> LedgerEntry& {
    return ledger_[order[tasks::place_of_kept({kept, 0}, first_prediction).file]];
  };
  for (const auto& [file, lines] : counts.lines) {
    LedgerEntry& entry = entry_of(file);
    entry.file.accepted -= lines;
    (entry.replay > 0 ? entry.file.blank : entry.file.forgotten) += lines;
  }
  for (const auto& [file, lines] : counts.repaired) {
    std::optional<std::uint64_t>& repaired = entry_of(file).file.repaired;
    if (repaired) *repaired -= lines;
  }
}

void Growth::take_gone(const tasks::Settled& settled) {
  const std::vector<std::size_t> order = input_order(ledger_);
  for (const auto& [file, gone] : settled.gone) {
    LedgerEntry& entry = ledger_[order[file]];
    entry.file.rejected -= gone.rejected;
    (entry.replay > 0 ? entry.file.blank : entry.file.forgotten) += gone.rejected;
    state_.accounting.of(entry.file.dataset).resolved -= gone.resolved;
    rejected_gone_ += gone.rejected;
    auto& reasons = losses_[entry.batch].datasets[static_cast<std::size_t>(entry.file.dataset)].reasons;
    for (const auto& [reason, lines] : gone.reasons) reasons[reason] += lines;
  }
  for (const Dataset dataset : all_datasets) {
    if (!settled.has_resolved[static_cast<std::size_t>(dataset)])
      dropped_.insert("quarantine/resolved/" + std::string(name_of(dataset)) + ".jsonl");
  }
}

Result<std::string> Growth::batch_lines() {
  GM_ASSIGN(const std::vector<std::string> lines,
            history::read_lines(storage_, root_ + "/" + std::string(history::batches_name)));
  for (const auto& [batch, gone] : taken_->by_batch) {
    history::BatchLoss& loss = losses_[batch];
    for (const auto& [file, count] : gone.lines)
      loss.datasets[static_cast<std::size_t>(tasks::dataset_of_kept(file))].accepted += count;
    for (const auto& [file, count] : gone.repaired)
      loss.datasets[static_cast<std::size_t>(tasks::dataset_of_kept(file))].repaired += count;
  }
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto batch = static_cast<std::uint32_t>(i + 1);
    const auto loss = losses_.find(batch);
    if (loss == losses_.end()) {
      text += lines[i] + "\n";
      continue;
    }
    const auto left = taken_->left_by_batch.find(batch);
    if (left != taken_->left_by_batch.end()) loss->second.left = left->second.counts;
    text += history::without_lost(lines[i], loss->second) + "\n";
  }
  return text;
}

tasks::FateOfLine Growth::fate() {
  if (!judge_) return {};
  return [this](Dataset dataset, const validation::QuarantineEntry& entry) { return judge_->judge(dataset, entry); };
}

ForgetReport Growth::forget_report(const ForgetRequest& request) const {
  ForgetReport report;
  for (const std::string& profile : request.profiles) {
    ForgottenPerson person{privacy::hex_of(forgotten_->key().hmac(profile)), taken_->found.contains(profile)};
    report.people.push_back(std::move(person));
  }
  for (const auto& [file, lines] : taken_->counts.lines) report.accepted += lines;
  report.rejected = rejected_gone_;
  for (const Dataset dataset : all_datasets) report.rows += taken_->counts.counts.of(dataset).rows;
  report.sessions = taken_->sessions;
  report.findings = findings_gone_.findings;
  report.short_lists = findings_gone_.short_lists;
  for (const LedgerEntry& entry : ledger_) {
    const auto holds = [&](const std::string& profile) { return entry.path.find(profile) != std::string::npos; };
    if (std::ranges::any_of(taken_->found, holds)) report.inputs_named_so.push_back(entry.path);
  }
  return report;
}

void Growth::note_changed(const publish::ManifestFile& old, const publish::ManifestFile* made,
                          ForgetReport& report) const {
  const std::string folder = old.path.substr(0, old.path.rfind('/') + 1);
  if (std::ranges::binary_search(dropped_folders_, folder)) {
    report.own_files.push_back(privacy::hex_of(forgotten_->key().hmac(old.path)));
  } else if (made == nullptr || made->xxh3_128 != old.xxh3_128) {
    report.shared_files.push_back({old.path, old.size, old.xxh3_128, made == nullptr ? 0 : made->size,
                                   made == nullptr ? std::string() : made->xxh3_128});
  }
}

}  // namespace gristmill::growth
