// Old rows are never read: what a batch adds lies in files of its own, and the tables are settled from the facts of all
// batches. Tested by tests/programs/test_growth.py, against one run over all inputs.
#include "growth/growth.h"

#include <algorithm>
#include <utility>

#include "growth/recipe_differences.h"
#include "growth/replay_places.h"
#include "history/run_line.h"
#include "json/json_value.h"
#include "json/json_writer.h"
#include "publish/checksum.h"
#include "publish/manifest.h"
#include "report/findings.h"
#include "storage/system_error.h"
#include "tasks/profile_counts.h"
#include "text/figures.h"
#include "text/visible_text.h"
#include "validate/all_checks.h"

namespace gristmill::growth {
namespace {

constexpr std::size_t most_named = 10;

std::string names_of(const std::vector<std::string>& paths) {
  std::string text;
  for (std::size_t i = 0; i < std::min(paths.size(), most_named); ++i) {
    text += (i == 0 ? "'" : ", '") + paths[i] + "'";
  }
  return text + (paths.size() > most_named ? " and " + std::to_string(paths.size() - most_named) + " more" : "");
}

// The replays of the output that a run makes anew come behind the inputs of their data set.
Status take_over_replays(Storage& storage, const std::string& replaced, std::vector<source::InputFile>& files) {
  if (replaced.empty()) return {};
  const std::string path = replaced + "/" + std::string(ledger_name);
  GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(path));
  if (!there) return {};
  const auto ledger = read_ledger(storage, path);
  if (!ledger.ok()) return {};  // which the user gave up
  for (const LedgerEntry& entry : *ledger) {
    if (entry.replay == 0) continue;
    source::InputFile file = file_of(entry);
    GM_ASSIGN(const std::optional<FileInfo> info, storage.stat_file(file.path));
    if (!info) {
      return Error::output("'" + file.path + "' is missing: what was replayed would be lost",
                           "restore it, or make the output anew in another folder")
          .in_file(file.path);
    }
    source::set_info(*info, file);
    const auto has_its_name = [&](const source::InputFile& each) {
      return each.dataset == file.dataset && each.name == file.name;
    };
    while (std::ranges::any_of(files, has_its_name)) file.name = std::to_string(file.replay) + "/" + file.name;
    const auto end =
        std::ranges::find_if(files, [&](const source::InputFile& each) { return each.dataset > file.dataset; });
    files.insert(end, std::move(file));
  }
  return {};
}

// What a run goes on from must be what the manifest says. Runs of facts have checksums of their own.
Status check_continued(Storage& storage, const std::string& root) {
  GM_ASSIGN(publish::ManifestReader manifest,
            publish::ManifestReader::open(storage, root + "/" + std::string(publish::manifest_name)));
  std::string buffer(64U << 10, '\0');
  for (;;) {
    GM_ASSIGN(const std::optional<publish::ManifestFile> file, manifest.next());
    if (!file) return {};
    // A list of files is held against its checksum as it is read.
    const bool is_state = file->path.starts_with("_state/") && !file->path.starts_with(publish::lists_start);
    const bool is_read =
        file->path == ledger_name || file->path == history::batches_name || file->path.starts_with("quarantine/");
    if (!is_state && !is_read) continue;
    const std::string path = root + "/" + file->path;
    GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(path));
    bool same = there && there->size == file->size;
    if (same && is_read) {
      GM_ASSIGN(const publish::FileChecksum checksum, publish::checksum_file(storage, path, buffer));
      same = checksum.xxh3_128 == file->xxh3_128;
    }
    if (same) continue;
    return Error::output("'" + path + (there ? "' is not as it was written" : "' is missing"),
                         "restore it, or make the output anew with 'gristmill run --accumulate'")
        .in_file(path);
  }
}

}  // namespace

Status check_replaced(Storage& storage, const Recipe& recipe, const std::string& root) {
  GM_ASSIGN(const std::optional<FileInfo> state, storage.stat(root + "/" + std::string(state_folder)));
  if (!state) return {};
  if (!recipe.accumulate) {
    GM_ASSIGN(const std::optional<privacy::ForgottenList> list,
              privacy::ForgottenList::read(storage, root + "/" + std::string(privacy::forgotten_name)));
    if (recipe.drop_state && list && recipe.forgotten.empty()) {
      return Error::usage(
                 "people were forgotten in '" + root + "', and a run without its list would bring them back",
                 "copy '" + root + "/" + std::string(privacy::forgotten_name) + "' and name it with --forgotten")
          .of_key("forgotten");
    }
    if (recipe.drop_state) return {};
    return Error::usage("'" + root + "' grows: its state would be lost by a run that does not accumulate",
                        "add what is new with 'gristmill update', make it anew with --accumulate, or give up its state "
                        "with --drop-state")
        .of_key("accumulate");
  }
  if (recipe.drop_gone) return {};
  const std::string path = root + "/" + std::string(ledger_name);
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat_file(path));
  if (!found) {
    return Error::usage("'" + path + "' is missing, so that nobody can tell whether inputs are gone whose lines '" +
                            root + "' holds",
                        "restore it, or give up what is gone with --drop-gone")
        .of_key("drop_gone");
  }
  const auto ledger = read_ledger(storage, path);
  if (!ledger.ok()) {
    return Error::usage("what '" + root + "' holds is not known: " + ledger.error().message,
                        "restore the ledger, or give up what is gone with --drop-gone")
        .of_key("drop_gone");
  }
  std::vector<std::string> gone;
  std::set<std::pair<Dataset, std::string>> listed;  // by the ledger that says what is read
  if (!recipe.ledger.empty()) {
    GM_ASSIGN(const std::vector<LedgerEntry> given, read_ledger(storage, recipe.ledger));
    for (const LedgerEntry& entry : given) listed.insert({entry.file.dataset, entry.file.name});
  }
  for (const LedgerEntry& entry : *ledger) {
    if (entry.replay > 0 && !recipe.ledger.empty() && !listed.contains({entry.file.dataset, entry.file.name}))
      gone.push_back(entry.path);
    if (entry.file.lines == 0 || entry.replay > 0) continue;
    GM_ASSIGN(const std::optional<FileInfo> info, storage.stat_file(entry.path));
    if (!info) gone.push_back(entry.path);
  }
  if (gone.empty()) return {};
  return Error::usage("'" + root + "' holds lines of " + text::counted(gone.size(), "input") +
                          " that no longer exist, and that a run over what there is would lose: " + names_of(gone),
                      "add what is new with 'gristmill update', or give them up with --drop-gone")
      .of_key("drop_gone");
}

Status Growth::add_to(const std::string& root, std::vector<source::InputFile>& files,
                      const std::function<bool()>& should_stop) {
  GM_RETURN_IF_ERROR(read(root));
  if (!recipe_.forgotten.empty()) {
    return Error::usage("a list of forgotten people is given, and '" + root + "' has its own",
                        "leave it out; 'gristmill forget' adds people to the list of an output")
        .of_key("forgotten");
  }
  if (forgotten_) GM_RETURN_IF_ERROR(unlock(storage_, *forgotten_, recipe_));
  const std::string before = canonical_meaning(state_.recipe);
  const std::string meaning = canonical_meaning(recipe_);
  if (before != meaning) {
    return Error::usage(
        "settings that change the data are not those of '" + root + "': " + differences(before, meaning),
        "give the same ones, or make the output anew with 'gristmill run --accumulate'");
  }
  GM_ASSIGN(comparison_, compare_with_ledger(storage_, recipe_, files, batch(), ledger_, should_stop));
  const std::vector<std::string>& changed = comparison_.changed;
  if (!changed.empty() && recipe_.changed == ChangedInputs::fail) {
    return Error::input(
               text::counted(changed.size(), "input") + " changed since '" + root +
                   "' took its lines: " + names_of(changed),
               "keep what was read of them with --changed ignore, or read everything again with 'gristmill run "
               "--accumulate'")
        .in_file(changed.front());
  }
  GM_RETURN_IF_ERROR(leave_out(storage_, recipe_, comparison_.fresh, ledger_, should_stop));
  number_files(files);
  return {};
}

Status Growth::replay(const std::string& root, const storage::OutputOptions& output, const std::string& spill_folder,
                      std::vector<source::InputFile>& files, const std::function<bool()>& should_stop) {
  GM_RETURN_IF_ERROR(read(root));
  if (forgotten_) GM_RETURN_IF_ERROR(unlock(storage_, *forgotten_, recipe_));
  if (canonical_meaning(state_.recipe) != canonical_meaning(recipe_))
    return Error::output("'" + root + "' was made anew with other settings meanwhile", "run again").in_file(root);
  GM_ASSIGN(mended_, mend_lines(storage_, recipe_, output, {root, ledger_, batch(), std::move(files), spill_folder},
                                should_stop));
  comparison_.fresh = mended_.inputs;
  number_files(files);
  return {};
}

Status Growth::look_at(const std::string& root, std::vector<source::InputFile>& files) {
  GM_RETURN_IF_ERROR(read(root));
  number_files(files);
  return {};
}

Status Growth::read(const std::string& root) {
  root_ = root;
  GM_RETURN_IF_ERROR(check_continued(storage_, root));
  GM_ASSIGN(std::optional<State> state, read_state(storage_, root));
  if (!state) return no_state(root);
  state_ = std::move(*state);
  GM_ASSIGN(ledger_, read_ledger(storage_, root + "/" + std::string(ledger_name)));
  GM_ASSIGN(forgotten_, privacy::ForgottenList::read(storage_, root + "/" + std::string(privacy::forgotten_name)));
  return {};
}

Result<bool> Growth::profiles_add_up() const {
  tasks::ProfileCounts sum;
  shuffle::SortedFacts sorted({}, storage_, earlier_.profiles);
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) break;
    const auto profile = tasks::decode_profile_counts(sorted.value());
    if (!profile.ok()) return false;
    sum.merge(*profile);
  }
  tasks::ProfileCounts all;
  all.counts = state_.accounting;
  const std::vector<std::size_t> order = input_order(ledger_);
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const std::uint64_t accepted = ledger_[order[i]].file.accepted;
    const std::uint32_t file = tasks::kept_place({i, 0}, earlier_.first_prediction).file;
    if (accepted > 0) all.lines[file] = accepted;
    if (const std::uint64_t repaired = ledger_[order[i]].file.repaired.value_or(0); repaired > 0)
      all.repaired[file] = repaired;
  }
  // What is not counted by accepted lines alone.
  for (const Dataset dataset : all_datasets) {
    using validation::checks::RejectedLines;
    all.counts.of(RejectedLines::id).count(dataset, RejectedLines::bytes) = 0;
    all.counts.of(validation::checks::RepeatedLines::id).counts[static_cast<std::size_t>(dataset)] = {};
  }
  return encode(sum) == encode(all);
}

void Growth::number_files(std::vector<source::InputFile>& files) {
  files.clear();
  auto fresh = comparison_.fresh.begin();
  std::vector<std::size_t> order = input_order(ledger_);
  auto old = order.begin();
  for (const Dataset dataset : all_datasets) {
    for (; old != order.end() && ledger_[*old].file.dataset == dataset; ++old) {
      files.push_back(file_of(ledger_[*old]));
      files.back().is_known = true;
      known_.push_back(&ledger_[*old]);
    }
    for (; fresh != comparison_.fresh.end() && fresh->dataset == dataset; ++fresh) {
      files.push_back(*fresh);
      known_.push_back(nullptr);
    }
  }
  earlier_ = earlier_facts(root_, state_.runs, tasks::first_prediction_of(files));
}

Status Growth::begin(const std::string& replaced, std::vector<source::InputFile>& files,
                     const std::function<bool()>& should_stop) {
  GM_ASSIGN(forgotten_, list_to_obey(storage_, recipe_, replaced));
  // A ledger says itself what it leaves out, and what was replayed.
  if (recipe_.ledger.empty()) {
    GM_RETURN_IF_ERROR(leave_out(storage_, recipe_, files, ledger_, should_stop));
    GM_RETURN_IF_ERROR(take_over_replays(storage_, replaced, files));
  } else if (!recipe_.set_aside.empty()) {
    return Error::usage("a ledger and files to set aside are given",
                        "give one of them: a ledger says what it sets aside")
        .of_key("set_aside");
  }
  earlier_.first_prediction = tasks::first_prediction_of(files);
  return {};
}

std::vector<std::string> Growth::notes(const std::vector<source::InputFile>& files) const {
  std::vector<std::string> aside;
  std::vector<std::string> same;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files[i].left_out || known(i) != nullptr) continue;
    (files[i].left_out->same_as.empty() ? aside : same).push_back(files[i].path);
  }
  std::vector<std::string> notes = mended_.notes;
  if (mended_.rejected > notes.size())
    notes.push_back("so are " + std::to_string(mended_.rejected - notes.size()) + " more of the mended lines");
  const auto add = [&](const std::vector<std::string>& paths, const std::string& what) {
    if (!paths.empty()) notes.push_back(text::counted(paths.size(), "input") + what + names_of(paths));
  };
  if (recipe_.changed == ChangedInputs::ignore) {
    add(comparison_.changed, " changed, and what was read of " +
                                 std::string(text::noun_for(comparison_.changed.size(), "it", "them")) + " stays: ");
  }
  add(aside, " set aside, none of whose lines is read: ");
  add(same, " left out, since others have the same bytes: ");
  return notes;
}

Layout Growth::layout() const {
  if (recipe_.layout != Layout::as_published) return recipe_.layout;
  return root_.empty() ? Layout::parts : state_.layout;
}

void Growth::add_earlier(Accounting& accounting) {
  const std::uint32_t first_prediction = earlier_.first_prediction;
  Accounting kept = accounting;
  kept.files.clear();
  map_places(kept, [&](Place place) { return tasks::kept_place(place, first_prediction); });
  kept.merge(state_.accounting);
  // Counted anew in every run, and names of partitions tell ids.
  for (DatasetAccount& dataset : kept.datasets) dataset.partition_sizes = {};
  accounting.merge([&] {
    Accounting earlier = std::move(state_.accounting);
    map_places(earlier, [&](Place place) { return tasks::place_of_kept(place, first_prediction); });
    return earlier;
  }());
  state_.accounting = std::move(kept);
}

Result<std::vector<storage::WrittenFile>> Growth::copy_replays(const storage::OutputOptions& output,
                                                               const std::vector<source::InputFile>& files,
                                                               const std::function<bool()>& should_stop) {
  if (!mended_.written.empty()) return std::vector<storage::WrittenFile>();  // they are staged
  return copy_new_replays(storage_, output, files, should_stop);
}

void Growth::take_resolved(const Accounting& left, Accounting& accounting) {
  using validation::checks::RejectedLines;
  RejectedLines::replace(left, accounting);
  Accounting kept = left;
  map_places(kept, [&](Place place) { return tasks::kept_place(place, earlier_.first_prediction); });
  RejectedLines::replace(kept, state_.accounting);
  for (const Dataset dataset : all_datasets) {
    const auto& rejections = left.of(dataset).rejections;
    if (std::ranges::all_of(rejections, [](std::uint64_t lines) { return lines == 0; }))
      dropped_.insert("quarantine/" + std::string(name_of(dataset)) + ".jsonl");
  }
}

bool Growth::has_more(const RunReport& report, Check check) const {
  const std::array<std::uint64_t, dataset_count>& before =
      check == validation::checks::DuplicateIds::id ? state_.duplicate_ids : state_.unmatched_sessions;
  const CheckOutcome& outcome = report.checks[static_cast<std::size_t>(check)];
  for (std::size_t i = 0; i < dataset_count; ++i) {
    if (outcome.findings[i] > before[i]) return true;
  }
  return false;
}

Result<std::vector<storage::WrittenFile>> Growth::write_runs(const storage::OutputOptions& output,
                                                             const tasks::FactsToSettle& facts) {
  std::vector<StateRun> runs = state_.runs;
  GM_ASSIGN(std::vector<storage::WrittenFile> written,
            growth::write_runs(storage_, output, batch(), all_run_kinds, facts, runs));
  std::erase_if(runs, [&](const StateRun& run) { return run.last_batch != batch(); });
  take_runs(runs);
  return written;
}

void Growth::take_runs(const std::vector<StateRun>& made) {
  const std::vector<StateRun> before = state_.runs;
  for (const StateRun& run : made) put_run(run, state_.runs);
  for (const StateRun& run : before) {
    const std::string path = path_of(run);
    const bool stays = std::ranges::any_of(state_.runs, [&](const StateRun& each) { return path_of(each) == path; });
    if (!stays) dropped_.insert(path);
  }
}

Result<std::vector<storage::WrittenFile>> Growth::write_state(const storage::OutputOptions& output,
                                                              const RunReport& report,
                                                              const std::vector<LedgerEntry>& entries,
                                                              const std::string& batch_line) {
  std::vector<storage::WrittenFile> written;
  storage::OutputFile file(storage_, output);
  GM_RETURN_IF_ERROR(file.open(std::string(ledger_name)));
  std::string line;
  const auto write_entry = [&](const LedgerEntry& entry) {
    line.clear();
    append_ledger_line(entry, line);
    return file.append(line);
  };
  for (const LedgerEntry& entry : ledger_) GM_RETURN_IF_ERROR(write_entry(entry));
  for (const LedgerEntry& entry : entries) GM_RETURN_IF_ERROR(write_entry(entry));
  GM_ASSIGN(written.emplace_back(), file.close());
  for (storage::WrittenFile& mended : mended_.written) written.push_back(std::move(mended));
  for (storage::WrittenFile& each : rewritten_) written.push_back(std::move(each));
  if (forgotten_ && (taken_ || root_.empty())) {
    GM_RETURN_IF_ERROR(file.open(std::string(privacy::forgotten_name)));
    GM_RETURN_IF_ERROR(file.append(forgotten_->text()));
    GM_ASSIGN(written.emplace_back(), file.close());
  }

  GM_RETURN_IF_ERROR(file.open(std::string(history::batches_name)));
  if (taken_) {
    GM_ASSIGN(const std::string lines, batch_lines());
    GM_RETURN_IF_ERROR(file.append(lines));
  } else if (!root_.empty()) {
    GM_ASSIGN([[maybe_unused]] const storage::Hash128 hash,
              file.append_file(root_ + "/" + std::string(history::batches_name)));
  }
  GM_RETURN_IF_ERROR(file.append(batch_line));
  GM_ASSIGN(written.emplace_back(), file.close());

  state_.layout = layout();
  if (!taken_) state_.batches = batch();
  state_.recipe = recipe_;
  state_.recipe.collections = state_.recipe.predictions = {};
  state_.recipe.output = state_.recipe.spill_directory = "";
  for (std::size_t i = 0; i < dataset_count; ++i) {
    const auto findings = [&](Check check) { return report.checks[static_cast<std::size_t>(check)].findings[i]; };
    state_.duplicate_ids[i] = findings(validation::checks::DuplicateIds::id);
    state_.unmatched_sessions[i] = findings(validation::checks::UnmatchedSessions::id);
  }
  GM_ASSIGN(written.emplace_back(), write_counts(storage_, output, state_, report.version));
  return written;
}

bool Growth::is_dropped(const std::string& path) const {
  if (path.starts_with("aggregated-")) return true;  // parts that a cluster wrote
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  return dropped_.contains(path) || std::ranges::binary_search(dropped_folders_, folder);
}

BatchReport Growth::report_batch(const tasks::Settled& settled) const {
  BatchReport batch;
  batch.number = taken_ ? state_.batches : this->batch();
  batch.known_files = comparison_.known;
  batch.moved_files = comparison_.moved;
  batch.changed_files = comparison_.changed.size();
  batch.gone = comparison_.gone;
  batch.new_sessions = settled.new_sessions;
  batch.touched_sessions = settled.touched_sessions;
  for (std::size_t i = 0; i < dataset_count; ++i) batch.totals[i].dataset = all_datasets[i];
  return batch;
}

PartitionCounter::PartitionCounter(Accounting& accounting) : accounting_(accounting) {
  for (DatasetAccount& dataset : accounting.datasets) {
    dataset.partitions = 0;
    dataset.partition_sizes = {};
  }
}

void PartitionCounter::add(const std::string& path, std::uint64_t bytes) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (folder != folder_) {
    finish();
    folder_ = folder;
  }
  bytes_ += bytes;
}

void PartitionCounter::finish() {
  const std::size_t slash = folder_.find('/');
  if (slash != std::string::npos) {
    const std::string_view base = std::string_view(folder_).substr(0, slash);
    if (base == "labels" || base == "predictions") {
      DatasetAccount& dataset = accounting_.of(base == "labels" ? Dataset::collections : Dataset::predictions);
      ++dataset.partitions;
      dataset.partition_sizes.add(folder_, bytes_);
    }
  }
  bytes_ = 0;
  folder_.clear();
}

}  // namespace gristmill::growth
