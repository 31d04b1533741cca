// Which files are a run's is told by the mark that each carries, not by a list of their names: a stranger's file may
// have any name, and a list that is written ahead names what is not there. Tested in tests/s3/test_direct.py.
#include "publish/direct.h"

#include <optional>
#include <utility>
#include <vector>

#include "publish/listed_removal.h"
#include "publish/manifest.h"

namespace gristmill::publish {
namespace {

std::string folder_of(const OutputPlaces& places, const std::string& run_id) {
  return places.inside.run(run_id) + "/" + std::string(direct_name);
}

std::string record_of(const OutputPlaces& places, const std::string& run_id) {
  return folder_of(places, run_id) + "/begun";
}

MarkedFiles files_of(const OutputPlaces& places, const std::string& run_id) {
  return {places.root, folder_of(places, run_id), run_id};
}

}  // namespace

Result<bool> may_be_direct(Storage& storage, const OutputPlaces& places) {
  if (!storage.traits(places.root).marks_files) return false;
  GM_ASSIGN(const std::optional<FileInfo> published, storage.stat_file(places.manifest()));
  return !published;
}

Result<bool> begin_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id) {
  GM_ASSIGN(const bool marks, storage.mark_new_files(files_of(places, run_id)));
  if (!marks) GM_RETURN_IF_ERROR(storage.remove_tree(folder_of(places, run_id)));
  return marks;
}

Result<bool> is_left_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id) {
  if (storage.traits(places.root).exchanges_folders) return false;
  GM_ASSIGN(const std::optional<FileInfo> record, storage.stat_file(record_of(places, run_id)));
  if (!record) return false;
  GM_ASSIGN(const std::optional<FileInfo> manifest, storage.stat_file(places.manifest()));
  if (!manifest) return true;
  GM_ASSIGN(const ManifestReader reader, ManifestReader::open(storage, places.manifest()));
  return reader.run_id() != run_id;
}

Status remove_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id) {
  GM_RETURN_IF_ERROR(storage.remove_marked_files(files_of(places, run_id)));
  return end_direct(storage, places, run_id);
}

Status end_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id) {
  return storage.remove_unfinished_marked_files(files_of(places, run_id));
}

Status stage_direct(Storage& storage, const OutputPlaces& places, const std::string& run_id) {
  const std::string staged = places.inside.run(run_id) + "/";
  GM_ASSIGN(ManifestReader reader, ManifestReader::open(storage, staged + std::string(manifest_name)));
  std::vector<Rename> batch;
  for (;;) {
    GM_ASSIGN(const std::optional<ManifestFile> file, reader.next());
    if (file) batch.push_back({places.root + "/" + file->path, staged + file->path, file->size});
    if (batch.size() < files_at_once && file) continue;
    if (!batch.empty())
      GM_RETURN_IF_ERROR(storage.rename_marked_files(files_of(places, run_id), std::exchange(batch, {})));
    if (!file) break;
  }
  GM_RETURN_IF_ERROR(end_direct(storage, places, run_id));
  return storage.remove_tree(folder_of(places, run_id));
}

}  // namespace gristmill::publish
