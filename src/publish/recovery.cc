// COMMIT decides. In the journal's area it is the point of no return: roll forward, unless it came too late. In the
// area beside the root it only tells what the run's folder is: still the staged output, if its manifest is the one
// that COMMIT names; otherwise the folder has been the root, and may be removed by its own manifest
// only. Without COMMIT, whatever lies there is staged output that nobody will finish.
// Tested in publication_kill_test.cc.
#include "publish/recovery.h"

#include "publish/direct.h"
#include "publish/exchange.h"
#include "publish/journal.h"
#include "publish/kept.h"
#include "publish/manifest.h"
#include "publish/obstacle.h"
#include "publish/staged_run.h"

namespace gristmill::publish {
namespace {

class AreaRecovery {
 public:
  AreaRecovery(Storage& storage, const OutputPlaces& places, const StagingArea& area, std::vector<std::string>& notes)
      : storage_(storage), places_(places), area_(area), notes_(notes) {}

  Status run(KeptOutput kept, bool fsync) {
    // Where nobody has died, one look at the area tells so.
    GM_ASSIGN(const std::vector<FileInfo> entries, storage_.list(area_.folder));
    const bool nothing_left =
        std::all_of(entries.begin(), entries.end(), [](const FileInfo& entry) { return entry.name == lock_name; });
    if (nothing_left) return storage_.remove_unfinished(area_.folder);
    GM_ASSIGN(const std::optional<StagedRun> commit, read_staged_run(storage_, area_.commit()));
    GM_ASSIGN(std::optional<StagedRun> waiting, read_staged_run(storage_, area_.kept()));
    if (commit) GM_RETURN_IF_ERROR(refuse_false_folder(storage_, area_.run(commit->run_id), area_.commit()));
    if (waiting) GM_RETURN_IF_ERROR(refuse_false_folder(storage_, area_.run(waiting->run_id), area_.kept()));
    if (commit) {
      GM_RETURN_IF_ERROR(finish(*commit, fsync));
      GM_ASSIGN(waiting, read_staged_run(storage_, area_.kept()));
    }
    const Status emptied = empty(kept, waiting);
    if (!emptied.ok()) return with_remedy(storage_, places_, area_, emptied.error());
    return {};
  }

 private:
  // Removes what is neither the lock nor, as `kept` says, a kept output.
  Status empty(KeptOutput kept, const std::optional<StagedRun>& waiting) {
    const std::string stays = waiting && kept == KeptOutput::stays ? waiting->run_id : "";
    // The record goes before the output that it promises.
    if (stays.empty()) GM_RETURN_IF_ERROR(storage_.remove(area_.kept()));
    GM_ASSIGN(const std::vector<FileInfo> entries, storage_.list(area_.folder));
    for (const FileInfo& entry : entries) {
      const std::string path = area_.folder + "/" + entry.name;
      if (entry.name == lock_name || (!stays.empty() && (entry.name == kept_name || entry.name == stays))) {
        continue;
      }
      const bool is_record = entry.name == commit_name || entry.name == kept_name;
      if (!is_staging_entry(entry.name) || (is_record && entry.type == FileType::folder)) {
        return Error::output("'" + area_.folder + "' holds what gristmill did not write: '" + entry.name + "'",
                             "move it away, then repeat")
            .in_file(area_.folder);
      }
      bool direct = false;
      if (entry.type == FileType::folder && area_.way == PublishWay::journal) {
        GM_ASSIGN(direct, is_left_direct(storage_, places_, entry.name));
        GM_RETURN_IF_ERROR(direct ? remove_direct(storage_, places_, entry.name)
                                  : end_direct(storage_, places_, entry.name));
      }
      GM_RETURN_IF_ERROR(storage_.remove_tree(path));
      if (entry.type != FileType::folder) continue;
      if (direct) {
        notes_.push_back("removed what run " + entry.name + ", which died, had written to '" + places_.root + "'");
        continue;
      }
      notes_.push_back((waiting && waiting->run_id == entry.name ? "removed the staged output of an earlier run: '"
                                                                 : "removed what a run that died had staged: '") +
                       path + "'");
    }
    if (stays.empty()) GM_RETURN_IF_ERROR(storage_.remove_unfinished(area_.folder));
    return {};
  }

  Status finish(const StagedRun& commit, bool fsync) {
    const Uninterrupted uninterrupted(storage_);
    const std::string staged = area_.run(commit.run_id);
    bool published = true;
    if (area_.way == PublishWay::journal) {
      GM_ASSIGN(const bool late, is_void(storage_, places_, commit));
      if (late) return drop_late(commit);
      const Status moved = roll_forward(storage_, places_, commit, {fsync, false}, notes_);
      if (!moved.ok()) return with_remedy(storage_, places_, staged, moved.error());
      notes_.push_back("finished publishing run " + commit.run_id + " to '" + places_.root + "'");
    } else {
      GM_ASSIGN(published, is_replaced(staged, commit));
      if (published) {
        GM_RETURN_IF_ERROR(remove_replaced(storage_, places_, staged, notes_));
        notes_.push_back("removed what run " + commit.run_id + " had replaced in '" + places_.root + "'");
      }
    }
    if (published) {
      GM_ASSIGN(const std::optional<StagedRun> kept, read_staged_run(storage_, area_.kept()));
      if (kept && kept->run_id == commit.run_id) GM_RETURN_IF_ERROR(storage_.remove(area_.kept()));
    }
    return storage_.remove(area_.commit());
  }

  // What it staged goes with all else that lies here.
  Status drop_late(const StagedRun& commit) {
    GM_ASSIGN(const std::optional<FileInfo> success, storage_.stat_file(places_.success()));
    if (!success) GM_RETURN_IF_ERROR(storage_.create_whole(places_.success(), "", false));
    notes_.push_back("dropped what run " + commit.run_id + " wanted to publish to '" + places_.root +
                     "': another run had published there by then");
    return storage_.remove(area_.commit());
  }

  // Whether the folder was the root before the exchange, rather than the output that was to become it.
  Result<bool> is_replaced(const std::string& folder, const StagedRun& commit) {
    const std::string manifest = folder + "/" + std::string(manifest_name);
    GM_ASSIGN(const std::string checksum, checksum_if_there(storage_, manifest));
    return checksum != commit.manifest;
  }

  Storage& storage_;
  const OutputPlaces& places_;
  const StagingArea& area_;
  std::vector<std::string>& notes_;
};

}  // namespace

Status recover_area(Storage& storage, const OutputPlaces& places, const StagingArea& area, KeptOutput kept, bool fsync,
                    std::vector<std::string>& notes) {
  return AreaRecovery(storage, places, area, notes).run(kept, fsync);
}

}  // namespace gristmill::publish
