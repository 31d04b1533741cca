// The order of steps, each of which may have been done in part by a run that died:
//
//   1. `_SUCCESS` goes: readers know that the root is no whole output now.
//   2. Every staged file is moved to its place. What is left below the staged folder is what is left to
//      do, so a walk of it needs no memory of what was done.
//   3. Files that the old manifest lists and the new one does not are deleted.
//   4. The root is held against the new manifest: nothing may be missing.
//   5. The manifest replaces the old one, and then `_SUCCESS` comes.
//
// Of a run that adds to an output, 3 is before 2 and goes by its list of changes (changes_name), as 4 does on a disk.
//
// The staged manifest is moved last, so where it is gone, steps 1 to 5 have been done up to it.
// Tested in publication_test.cc and publication_kill_test.cc.
#include "publish/journal.h"

#include <utility>

#include "publish/audit.h"
#include "publish/direct.h"
#include "publish/listed_removal.h"
#include "publish/manifest.h"
#include "publish/root_inspection.h"

namespace gristmill::publish {
namespace {

std::string in(const std::string& folder, std::string_view name) { return folder + "/" + std::string(name); }

class JournalMover {
 public:
  JournalMover(Storage& storage, const OutputPlaces& places, const StagedRun& record)
      : storage_(storage),
        places_(places),
        record_(record),
        staged_(places.inside.run(record.run_id)),
        staged_manifest_(in(staged_, manifest_name)) {}

  Status run(const JournalMove& how, std::vector<std::string>& notes) {
    if (how.in_place) {
      GM_RETURN_IF_ERROR(storage_.rename(staged_manifest_, places_.manifest()));
      return storage_.create_whole(places_.success(), "", how.fsync);
    }
    GM_ASSIGN(const std::string staged, checksum_if_there(storage_, staged_manifest_));
    GM_ASSIGN(const std::string published, checksum_if_there(storage_, places_.manifest()));
    if (published != record_.manifest) {
      GM_RETURN_IF_ERROR(check_staged(staged));
      GM_RETURN_IF_ERROR(storage_.remove(places_.success()));
      if (how.fsync) GM_RETURN_IF_ERROR(storage_.sync_folder(places_.root));
      const bool has_old = !published.empty();
      if (how.skip_unchanged && has_old) GM_RETURN_IF_ERROR(drop_unchanged());
      // Where rows come in other files than before, nobody sees them twice.
      const bool adds = !record_.adds_to.empty();
      if (adds) GM_RETURN_IF_ERROR(remove_gone());
      if (how.help && !how.holder.empty()) GM_RETURN_IF_ERROR(move_with(how));
      GM_RETURN_IF_ERROR(move_files());
      if (!adds && has_old) GM_RETURN_IF_ERROR(remove_old());
      GM_ASSIGN(const bool takes_long, takes_long_to_list(storage_, staged_manifest_));
      const bool trusts = how.trust_copies && (adds || takes_long);
      // Where a listing tells of a thousand files at once, that is less than to ask for each.
      const bool lists = !adds || !storage_.traits(places_.root).exchanges_folders;
      if (!trusts) GM_RETURN_IF_ERROR(lists ? check_root(notes) : check_changes());
      if (how.fsync) GM_RETURN_IF_ERROR(storage_.sync_all(places_.root));
      GM_RETURN_IF_ERROR(storage_.rename(staged_manifest_, places_.manifest()));
    }
    GM_ASSIGN(const std::optional<FileInfo> success, storage_.stat_file(in(staged_, success_name)));
    if (success) GM_RETURN_IF_ERROR(storage_.rename(in(staged_, success_name), places_.success()));
    return how.fsync ? storage_.sync_all(places_.root) : Status();
  }

 private:
  Status check_staged(const std::string& checksum) const {
    if (checksum == record_.manifest) return {};
    return Error::output("cannot finish publishing '" + places_.root + "': the staged manifest '" + staged_manifest_ +
                             "' is not the one that was committed",
                         "restore it, or remove '" + places_.inside.commit() + "' and run again")
        .in_file(staged_manifest_);
  }

  // Calls `visit` for every file of the old manifest, with the new one's of the same path or nullptr.
  template <typename Visit>
  Status for_each_old(Visit visit) {
    GM_ASSIGN(ManifestReader old_reader, ManifestReader::open(storage_, places_.manifest()));
    GM_ASSIGN(ManifestReader new_reader, ManifestReader::open(storage_, staged_manifest_));
    GM_ASSIGN(std::optional<ManifestFile> new_file, new_reader.next());
    for (;;) {
      GM_ASSIGN(const std::optional<ManifestFile> old_file, old_reader.next());
      if (!old_file) return {};
      while (new_file && new_file->path < old_file->path) {
        GM_ASSIGN(new_file, new_reader.next());
      }
      const bool same = new_file && new_file->path == old_file->path;
      GM_RETURN_IF_ERROR(visit(*old_file, same ? &*new_file : nullptr));
    }
  }

  Status drop_unchanged() {
    ListedRemoval removal(storage_, staged_);
    GM_RETURN_IF_ERROR(for_each_old([&](const ManifestFile& old_file, const ManifestFile* new_file) {
      const bool unchanged =
          new_file != nullptr && new_file->size == old_file.size && new_file->xxh3_128 == old_file.xxh3_128;
      return unchanged ? removal.add(old_file.path) : Status();
    }));
    return removal.finish();
  }

  // Every staged file that has not been moved.
  Status walk_staged(const WalkVisitor& visit) {
    return storage_.walk(
        staged_, visit,
        {std::string(manifest_name), std::string(success_name), std::string(direct_name), std::string(changes_name)});
  }

  Status move_files() {
    for (bool moved = true; moved;) {
      moved = false;
      std::vector<Rename> batch;
      GM_RETURN_IF_ERROR(walk_staged([&](const FileInfo& file) {
        batch.push_back({in(staged_, file.name), in(places_.root, file.name), file.size});
        moved = true;
        return batch.size() < files_at_once ? Status() : move(batch);
      }));
      GM_RETURN_IF_ERROR(move(batch));
    }
    return {};
  }

  // Whatever others have left for whatever reason, move_files() finds.
  Status move_with(const JournalMove& how) {
    constexpr std::size_t most_names = 1U << 17;
    constexpr std::size_t most_bytes = 16U << 20;  // of names
    bool goes_on = true;
    std::size_t bytes = 0;
    FilesToMove files{staged_, places_.root, places_.inside.lock(), how.holder, {}, {}};
    is_helped_ = true;
    const auto hand_over = [&](std::size_t least) -> Status {
      if (!goes_on || files.names.size() < least) return {};
      GM_ASSIGN(goes_on, how.help(files));
      files.names.clear();
      files.sizes.clear();
      bytes = 0;
      return {};
    };
    GM_RETURN_IF_ERROR(walk_staged([&](const FileInfo& file) -> Status {
      if (!goes_on) return {};
      files.names.push_back(file.name);
      files.sizes.push_back(file.size);
      bytes += file.name.size();
      return hand_over(bytes < most_bytes ? most_names : 1);
    }));
    return hand_over(files_at_once);
  }

  Status move(std::vector<Rename>& batch) {
    std::vector<Rename> files = std::exchange(batch, {});
    return is_helped_ ? move_those_there(storage_, std::move(files)) : storage_.rename_files(files);
  }

  Status remove_old() {
    ListedRemoval removal(storage_, places_.root);
    GM_RETURN_IF_ERROR(for_each_old([&](const ManifestFile& old_file, const ManifestFile* new_file) {
      return new_file == nullptr ? removal.add(old_file.path) : Status();
    }));
    return removal.finish();
  }

  // Of a run that adds: what goes, by its own list.
  Status remove_gone() {
    ListedRemoval removal(storage_, places_.root);
    GM_ASSIGN(FileListReader changes, FileListReader::open(storage_, in(staged_, changes_name)));
    for (;;) {
      GM_ASSIGN(const std::optional<ListedFile> change, changes.next());
      if (!change) return removal.finish();
      if (change->is_gone) GM_RETURN_IF_ERROR(removal.add(change->file.path));
    }
  }

  Status check_changes() {
    GM_ASSIGN(ListedFiles files, ListedFiles::open(storage_, in(staged_, changes_name)));
    for (;;) {
      GM_ASSIGN(const std::optional<ManifestFile> file, files.next());
      if (!file) return {};
      GM_ASSIGN(const std::optional<FileInfo> found, storage_.stat_file(in(places_.root, file->path)));
      if (!found || found->size != file->size) return lost(1, {file->path}, !found);
    }
  }

  Error lost(std::uint64_t count, const std::vector<std::string>& names, bool missing) const {
    return Error::output("cannot finish publishing '" + places_.root + "': " + count_with_names(count, names) +
                             (missing ? " disappeared" : " changed in size") + " while they were moved",
                         "remove '" + places_.inside.folder + "' and run again")
        .in_file(places_.root);
  }

  Status check_root(std::vector<std::string>& notes) {
    GM_ASSIGN(const TreeAudit audit, audit_tree(storage_, places_.root, staged_manifest_, root_skips(), {}));
    if (!audit.complete()) {
      if (audit.missing > 0) return lost(audit.missing, audit.missing_names, true);
      return lost(audit.resized, audit.resized_names, false);
    }
    if (audit.extra > 0) {
      notes.push_back("'" + places_.root + "' holds " + count_with_names(audit.extra, audit.extra_names) +
                      " that gristmill did not write; the next run will refuse to publish there");
    }
    return {};
  }

  Storage& storage_;
  const OutputPlaces& places_;
  const StagedRun& record_;
  std::string staged_;
  std::string staged_manifest_;
  bool is_helped_ = false;  // others may be moving files too
};

}  // namespace

Status move_those_there(Storage& storage, std::vector<Rename> files) {
  for (;;) {
    Status moved = storage.rename_files(files);
    if (moved.ok()) return moved;
    std::vector<Rename> left;
    for (const Rename& file : files) {
      GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(file.from));
      if (there) left.push_back(file);
    }
    if (left.size() == files.size()) return moved;
    if (left.empty()) return {};
    files = std::move(left);
  }
}

Result<bool> is_void(Storage& storage, const OutputPlaces& places, const StagedRun& record) {
  GM_ASSIGN(const std::string published, checksum_if_there(storage, places.manifest()));
  if (published.empty() || published == record.manifest || published == record.replaces) return false;
  GM_ASSIGN(const TreeAudit audit, audit_tree(storage, places.root, places.manifest(), root_skips(), {}));
  if (audit.complete()) return true;
  return Error::output("cannot finish publishing '" + places.root + "': its manifest was changed since",
                       "restore it, or remove it (the files that it lists are then kept) and repeat")
      .in_file(places.root);
}

Status roll_forward(Storage& storage, const OutputPlaces& places, const StagedRun& record, const JournalMove& how,
                    std::vector<std::string>& notes) {
  return JournalMover(storage, places, record).run(how, notes);
}

}  // namespace gristmill::publish
