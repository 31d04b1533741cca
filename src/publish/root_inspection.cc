// A root is gristmill's when every file in it is listed in its manifest, or is the manifest, `_SUCCESS`,
// or staged. Files that are listed but missing are no reason to refuse: someone cleaned up.
// Tested in publication_test.cc.
#include "publish/root_inspection.h"

#include <algorithm>

#include "publish/audit.h"
#include "publish/manifest.h"

namespace gristmill::publish {

Error strangers(const std::string& root, const std::string& what) {
  return Error::output("the output '" + root + "' holds what gristmill did not write: " + what,
                       "move it away, or choose another output")
      .in_file(root);
}

Error not_whole(const std::string& root) {
  return Error::output("'" + root + "' is not what its manifest says, so that nothing can be added to it",
                       "see what is wrong with 'gristmill verify " + root +
                           "', and make the output anew with 'gristmill run --accumulate'")
      .in_file(root);
}

namespace {

// A root without a manifest: empty, or the first ten files of whatever is there.
Result<RootInspection> inspect_unlisted(Storage& storage, const std::string& root) {
  std::vector<std::string> names;
  bool more = false;
  const Status walked = storage.walk(
      root,
      [&](const FileInfo& file) {
        more = names.size() == audit_examples;
        if (more) return Status(Error::internal("enough"));
        names.push_back(file.name);
        return Status();
      },
      root_skips());
  if (!walked.ok() && !more) return walked.error();
  if (names.empty()) {
    RootInspection inspection;
    inspection.state = RootState::empty;
    return inspection;
  }
  std::sort(names.begin(), names.end());
  return strangers(root, "it has no " + std::string(manifest_name) + ", but " + (more ? "more than " : "") +
                             count_with_names(names.size(), names));
}

}  // namespace

Result<RootInspection> inspect_places(Storage& storage, const OutputPlaces& places, const InterruptCheck& interrupted) {
  RootInspection inspection;
  GM_ASSIGN(const std::optional<FileInfo> found, find_folder(storage, places.root));
  if (!found) return inspection;
  GM_ASSIGN(const std::optional<FileInfo> staging, find_folder(storage, places.inside.folder, false));
  if (staging && staging->type != FileType::folder) {
    return strangers(places.root, "'" + std::string(inside_name) + "' is not a folder");
  }
  GM_ASSIGN(const std::optional<FileInfo> pending, storage.stat_file(places.inside.commit()));
  if (pending) {
    inspection.state = RootState::unfinished;
    return inspection;
  }
  GM_ASSIGN(const std::optional<FileInfo> listed, storage.stat_file(places.manifest()));
  if (!listed || listed->type != FileType::file) return inspect_unlisted(storage, places.root);
  GM_ASSIGN(const TreeAudit audit, audit_tree(storage, places.root, places.manifest(), root_skips(), interrupted));
  if (audit.extra > 0) return strangers(places.root, count_with_names(audit.extra, audit.extra_names));
  inspection.state = RootState::published;
  inspection.run_id = audit.run_id;
  inspection.manifest_checksum = audit.manifest_checksum;
  inspection.files = audit.files;
  inspection.bytes = audit.bytes;
  inspection.intact = audit.complete();
  return inspection;
}

Result<RootInspection> inspect_manifest(Storage& storage, const OutputPlaces& places) {
  RootInspection inspection;
  GM_ASSIGN(const std::optional<FileInfo> pending, storage.stat_file(places.inside.commit()));
  if (pending) {
    inspection.state = RootState::unfinished;
    return inspection;
  }
  GM_ASSIGN(ManifestReader manifest, ManifestReader::open(storage, places.manifest()));
  GM_RETURN_IF_ERROR(manifest.check_end());
  inspection.state = RootState::published;
  inspection.run_id = manifest.run_id();
  GM_ASSIGN(inspection.manifest_checksum, checksum_if_there(storage, places.manifest()));
  inspection.files = manifest.files_by_its_end();
  return inspection;
}

Status refuse_replaced_strangers(Storage& storage, const OutputPlaces& places, const std::string& staged) {
  GM_ASSIGN(ListedFiles changes, ListedFiles::open(storage, staged + "/" + std::string(changes_name)));
  GM_ASSIGN(ManifestReader published, ManifestReader::open(storage, places.manifest()));
  std::optional<ManifestFile> old;
  std::vector<std::string> names;
  std::uint64_t count = 0;
  bool any_left = true;
  for (;;) {
    GM_ASSIGN(const std::optional<ManifestFile> file, changes.next());
    if (!file) break;
    while (any_left && (!old || old->path < file->path)) {
      GM_ASSIGN(old, published.next());
      any_left = old.has_value();
    }
    if (old && old->path == file->path) continue;
    GM_ASSIGN(const std::optional<FileInfo> stranger, storage.stat(places.root + "/" + file->path, false));
    if (stranger && ++count <= audit_examples) names.push_back(file->path);
  }
  if (count == 0) return {};
  return strangers(places.root, count_with_names(count, names));
}

Result<bool> takes_long_to_list(Storage& storage, const std::string& manifest) {
  constexpr std::uint64_t large = 32ULL << 20;  // bytes of a manifest
  constexpr std::uint64_t very_many = 200'000;  // files of a head's lists
  if (storage.traits(manifest).exchanges_folders) return false;
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat_file(manifest));
  if (!found || found->size > large) return found.has_value();
  auto reader = ManifestReader::open(storage, manifest);
  return reader.ok() && !reader->lists().empty() && reader->check_end().ok() && reader->files_by_its_end() > very_many;
}

Result<RootInspection> inspect_early(Storage& storage, const OutputPlaces& places) {
  GM_ASSIGN(const bool late, takes_long_to_list(storage, places.manifest()));
  if (!late) return inspect_places(storage, places, {});
  GM_ASSIGN(const ManifestReader reader, ManifestReader::open(storage, places.manifest()));
  RootInspection inspection;
  inspection.state = RootState::published;
  inspection.run_id = reader.run_id();
  return inspection;
}

Result<RootInspection> inspect_root(Storage& storage, const std::string& output, const InterruptCheck& interrupted) {
  auto places = find_places(storage, output);
  if (!places.ok()) return as_output(std::move(places.error()));
  auto inspection = inspect_places(storage, *places, interrupted);
  if (!inspection.ok()) return as_output(std::move(inspection.error()));
  return inspection;
}

}  // namespace gristmill::publish
