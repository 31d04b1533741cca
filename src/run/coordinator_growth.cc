// What is another matter where an output grows: which inputs are new, what is taken over, and how a batch is judged.
// Tested by tests/programs/test_growth.py.
#include <algorithm>
#include <map>

#include "growth/compaction.h"
#include "history/run_line.h"
#include "publish/manifest.h"
#include "publish/manifest_update.h"
#include "report/findings.h"
#include "report/render.h"
#include "run/coordinator.h"
#include "storage/whole_file.h"
#include "validate/all_checks.h"
#include "validate/judge.h"

namespace gristmill::scheduling {

// Without a lock: who publishes meanwhile is noticed by a file that is not as the state says.
Status Coordinator::join_published() {
  GM_ASSIGN(report_.run.output, storage_.resolve(recipe_.output));
  growth_.emplace(storage_, recipe_);
  GM_ASSIGN(const std::optional<FileInfo> published,
            storage_.stat_file(report_.run.output + "/" + std::string(publish::manifest_name)));
  if (published) {
    GM_ASSIGN([[maybe_unused]] const publish::ReadableTree whole, publish::find_readable(storage_, recipe_.output));
    GM_RETURN_IF_ERROR(growth_->add_to(report_.run.output, files_, [this] { return is_interrupted(); }));
    tell_notes();
    return {};
  }
  GM_RETURN_IF_ERROR(growth_->begin("", files_, [this] { return is_interrupted(); }));
  tell_notes();
  return {};
}

void Coordinator::tell_notes() const {
  for (const std::string& note : growth_->notes(files_)) log({LogLevel::warning, "growth_note", note});
}

std::uint32_t Coordinator::part() const {
  if (!growth_) return 0;
  const bool is_whole = growth_->layout() == Layout::whole && !(publication_ && publication_->adds());
  return is_whole ? 0 : growth_->batch();
}

// REQUIRES: the output is locked.
Status Coordinator::join_output() {
  if (!recipe_.accumulate && kind_ == JobKind::run) return {};
  growth_.emplace(storage_, recipe_);
  if (kind_ == JobKind::forget) {
    if (!publication_->adds()) return growth::no_state(publication_->root());
    return growth_->forget(publication_->root(), output_, resources_.spill_folder, *request_, files_,
                           [this] { return is_interrupted(); });
  }
  if (kind_ == JobKind::replay) {
    if (!publication_->adds()) return growth::no_state(publication_->root());
    GM_RETURN_IF_ERROR(growth_->replay(publication_->root(), output_, resources_.spill_folder, files_,
                                       [this] { return is_interrupted(); }));
  } else if (publication_->adds()) {
    GM_RETURN_IF_ERROR(growth_->add_to(publication_->root(), files_, [this] { return is_interrupted(); }));
  } else {
    for (source::InputFile& file : files_) {
      GM_ASSIGN(file.path, storage_.resolve(file.path));
    }
    GM_RETURN_IF_ERROR(growth_->begin(publication_->root(), files_, [this] { return is_interrupted(); }));
  }
  tell_notes();
  return look_into_inputs();
}

bool Coordinator::has_new_inputs() const {
  if (kind_ == JobKind::check_state) return true;
  if (!growth_) return true;
  if (kind_ == JobKind::forget) return !growth_->forgets_nobody();
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (growth_->known(i) == nullptr) return true;
  }
  return false;
}

Result<RunOutcome> Coordinator::finish_unchanged() {
  RunOutcome outcome;
  if (publication_) GM_RETURN_IF_ERROR(publication_->abandon());
  if (recipe_.require_new) {
    if (kind_ == JobKind::replay)
      return Error::no_input("no mended line is accepted by '" + report_.run.output + "'",
                             "look at why they are rejected again; without --require-new this is no error");
    return Error::no_input("nothing is new for '" + report_.run.output + "'",
                           "look whether today's files have come; without --require-new this is no error");
  }
  outcome.end = RunEnd::unchanged;
  if (request_ != nullptr) outcome.forgotten = growth_->forget_report(*request_);
  report_.batch.emplace();
  report_.batch->known_files = growth_->comparison().known;
  report_.batch->changed_files = growth_->comparison().changed.size();
  begin_stage(Stage::done);
  measure_run();
  outcome.report = std::move(report_);
  return outcome;
}

Status Coordinator::count_partitions(const std::vector<shuffle::Sorter*>& files) {
  growth::PartitionCounter counter(report_.accounting);
  GM_RETURN_IF_ERROR(for_each_file(files, [&](const publish::ManifestFile& file, Origin origin) {
    if (origin != Origin::gone) counter.add(file.path, file.size);
    return Status();
  }));
  counter.finish();
  return {};
}

// The batch by itself, but for what is judged on the whole: that fails it only where it became worse.
void Coordinator::judge_batch(const Accounting& accounting) {
  RunReport batch;
  batch.accounting = accounting;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (!files_[i].is_known) batch.files.push_back(report_.files[i]);
  }
  batch.totals = report_.batch->totals;
  batch.writes_rows = true;
  validation::judge_checks(recipe_, batch);
  for (const Check check : {validation::checks::DuplicateIds::id, validation::checks::UnmatchedSessions::id}) {
    CheckOutcome& outcome = batch.checks[static_cast<std::size_t>(check)];
    outcome = report_.checks[static_cast<std::size_t>(check)];
    if (outcome.status == CheckStatus::failed && !growth_->has_more(report_, check))
      outcome.status = CheckStatus::warned;
  }
  // Where, of the batch's own lines.
  RunReport named;
  named.files = report_.files;
  named.accounting = accounting;
  report_.batch->first_findings.resize(batch.checks.size());
  for (std::size_t i = 0; i < batch.checks.size(); ++i) {
    const report::FindingList found = report::findings_of(named, static_cast<Check>(i), 1);
    if (found.first.empty()) continue;
    const report::Finding& first = found.first.front();
    const std::string line = first.line > 0 ? ":" + std::to_string(first.line) : "";
    const std::string place = std::string(first.file) + line;
    report_.batch->first_findings[i] = (place.empty() ? "" : place + ", ") + std::string(first.text);
  }
  report_.batch->passed = std::ranges::none_of(
      batch.checks, [](const CheckOutcome& outcome) { return outcome.status == CheckStatus::failed; });
  report_.batch_checks = std::move(batch.checks);
}

Status Coordinator::write_state(const Routed& routed, std::vector<storage::WrittenFile>& written) {
  std::vector<growth::LedgerEntry> entries;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const source::InputFile& file = files_[i];
    if (growth_->known(i) != nullptr) continue;
    growth::LedgerEntry entry{growth_->batch(), file.path,   tree_hash_of(routed, i),
                              file.sha256,      file.etag,   file.modified,
                              file.changed,     file.replay, report_.files[i]};
    if (file.replay > 0) {
      entry.path = publication_->root() + "/" + growth::path_of_replay(file);
      entry.etag.clear();
      entry.modified = entry.changed = 0;
    }
    entries.push_back(std::move(entry));
  }
  GM_ASSIGN(std::vector<storage::WrittenFile> replays,
            growth_->copy_replays(output_, files_, [this] { return is_interrupted(); }));
  for (storage::WrittenFile& file : replays) written.push_back(std::move(file));
  GM_ASSIGN(std::vector<storage::WrittenFile> state,
            growth_->write_state(output_, report_, entries,
                                 kind_ == JobKind::forget ? "" : history::run_line(report_, batch_accounting_)));
  for (storage::WrittenFile& file : state) written.push_back(std::move(file));
  return {};
}

std::string Coordinator::base() const {
  if (kind_ == JobKind::check_state) return report_.run.output;
  return publication_ && publication_->adds() ? publication_->root() : "";
}

Status Coordinator::for_each_file(const std::vector<shuffle::Sorter*>& sorters, const UseFile& use) {
  std::optional<publish::ManifestReader> reader;
  std::optional<publish::ManifestFile> old;
  const auto next_old = [&]() -> Status {
    GM_ASSIGN(old, reader->next());
    return {};
  };
  if (const std::string published = base(); !published.empty()) {
    GM_ASSIGN(reader, publish::ManifestReader::open(storage_, published + "/" + std::string(publish::manifest_name)));
    GM_RETURN_IF_ERROR(next_old());
  }
  shuffle::SortedFacts sorted(sorters);
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    std::optional<storage::WrittenFile> file;
    if (more) file = storage::decode_written_file(sorted.key(), sorted.value());
    while (old && (!file || old->path < file->path)) {
      const bool is_dropped = growth_->is_dropped(old->path);
      if (is_dropped && request_ != nullptr) growth_->note_changed(*old, nullptr, forget_report_);
      GM_RETURN_IF_ERROR(use(*old, is_dropped ? Origin::gone : Origin::taken_over));
      GM_RETURN_IF_ERROR(next_old());
    }
    if (!file) return {};
    const publish::ManifestFile made{file->path, file->size, file->hash.hex(), file->sha256};
    const bool replaces = old && old->path == made.path;
    const bool is_same = replaces && old->size == made.size && old->xxh3_128 == made.xxh3_128;
    if (replaces && request_ != nullptr) growth_->note_changed(*old, &made, forget_report_);
    GM_RETURN_IF_ERROR(use(made, is_same ? Origin::made_again : Origin::made));
    if (replaces) GM_RETURN_IF_ERROR(next_old());
  }
}

// What came out as it was need not be moved. The parts of a partition that the run added to are merged where there are
// many of them, and always where the layout is whole.
Status Coordinator::update_manifest(const std::vector<shuffle::Sorter*>& sorters) {
  publish::ManifestUpdateOptions options{publication_->root(), publication_->staging_root(), report_.run.run_id,
                                         manifest_fields(), recipe_.fsync};
  if (hooks_.most_files_in_manifest) options.most_files = *hooks_.most_files_in_manifest;
  publish::ManifestUpdate manifest(storage_, std::move(options));
  GM_RETURN_IF_ERROR(manifest.begin());
  const Layout layout = growth_->layout();
  Origin origin = Origin::taken_over;
  growth::PartitionParts partitions(
      [&](std::vector<growth::PartitionPart>& parts) -> Status {
        const bool is_touched = std::ranges::any_of(parts, &growth::PartitionPart::is_staged);
        const bool merges = layout == Layout::whole || growth::has_whole(parts) || parts.size() > recipe_.compact_above;
        if (!is_touched || !merges) return growth::put_parts(parts, manifest);
        GM_ASSIGN([[maybe_unused]] const std::uint64_t bytes,
                  growth::put_merged(storage_, publication_->root(), output_, layout, parts, manifest));
        return {};
      },
      [&](const growth::PartitionPart& other) -> Status {
        const publish::ManifestFile& file = other.file;
        switch (origin) {
          case Origin::gone: return manifest.drop(file.path);
          case Origin::made: return manifest.put(file);
          case Origin::made_again: GM_RETURN_IF_ERROR(storage_.remove(output_.root + "/" + file.path)); break;
          case Origin::taken_over: break;
        }
        return manifest.keep(file);
      });
  GM_RETURN_IF_ERROR(for_each_file(sorters, [&](const publish::ManifestFile& file, Origin its) -> Status {
    origin = its;
    // All of its partition goes.
    if (its == Origin::gone && growth::is_partition_part(file.path)) {
      GM_RETURN_IF_ERROR(partitions.finish());
      return manifest.drop(file.path);
    }
    return partitions.add({file, its != Origin::taken_over});
  }));
  GM_RETURN_IF_ERROR(partitions.finish());
  return manifest.finish();
}

// The tables by their checksums, the report by its text, what was counted by adding it up. The names of those that
// differ are the outcome's notes.
Status Coordinator::compare_with_published(const std::vector<storage::WrittenFile>& written, RunOutcome& outcome) {
  std::map<std::string, const storage::WrittenFile*> made;
  for (const storage::WrittenFile& file : written) made.emplace(file.path, &file);
  GM_ASSIGN(publish::ManifestReader manifest,
            publish::ManifestReader::open(storage_, base() + "/" + std::string(publish::manifest_name)));
  for (;;) {
    GM_ASSIGN(const std::optional<publish::ManifestFile> file, manifest.next());
    if (!file) break;
    const auto found = made.find(file->path);
    if (found == made.end()) continue;
    if (found->second->hash.hex() != file->xxh3_128) outcome.notes.push_back(file->path);
    made.erase(found);
  }
  for (const auto& [path, file] : made) outcome.notes.push_back(path);
  GM_ASSIGN(const bool adds_up, growth_->profiles_add_up());
  if (!adds_up) outcome.notes.emplace_back(growth::counts_name);
  const std::string path = base() + "/validation/report.json";
  GM_ASSIGN(const std::string text, storage::read_whole_file(storage_, path));
  const auto without_run = [](const std::string& json) { return json.substr(0, json.rfind("\n  \"run\": {")); };
  if (without_run(text) != without_run(report_json(report_))) outcome.notes.emplace_back("validation/report.json");
  return {};
}

}  // namespace gristmill::scheduling
