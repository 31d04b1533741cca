// To read a kept output again takes as long as to write it, so the system's times tell which files to read. The time
// of a change of the inode is used, which no program can set; a `chmod` or a copy of the folder costs reading, and
// nothing else. On S3 it is the time of the object, in whole seconds. Tested in
// tests/programs/test_planted_links.py.
#include "publish/kept.h"

#include <algorithm>
#include <vector>

#include "publish/manifest.h"
#include "storage/hash.h"

namespace gristmill::publish {

Status refuse_false_folder(Storage& storage, const std::string& staged, const std::string& record) {
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat(staged, false));
  if (!found || found->type == FileType::folder) return {};
  return Error::output("'" + record + "' names an output that is none: '" + staged + "' is " +
                           (found->type == FileType::symlink ? "a symbolic link" : "a file") + ", not a folder",
                       "find out who made it; then remove both. Nothing was touched")
      .in_file(record);
}

Status check_kept_unchanged(Storage& storage, const std::string& staged, const std::string& record,
                            const InterruptCheck& interrupted) {
  GM_ASSIGN(const std::optional<FileInfo> written, storage.stat_file(record));
  if (!written || written->changed == 0) return {};
  constexpr std::size_t most_changed = 1 << 16;  // where there are more, all files are read
  std::vector<storage::Hash128> changed;
  GM_RETURN_IF_ERROR(storage.walk(staged, [&](const FileInfo& file) {
    if (file.changed > written->changed && changed.size() <= most_changed)
      changed.push_back(storage::hash128(file.name));
    return Status();
  }));
  if (changed.empty()) return {};
  const bool any = changed.size() > most_changed;
  std::sort(changed.begin(), changed.end());
  const auto has_changed = [&](std::string_view name) {
    return any || std::binary_search(changed.begin(), changed.end(), storage::hash128(name));
  };
  // A run that adds to an output stages only what it changes.
  const std::string changes = staged + "/" + std::string(changes_name);
  GM_ASSIGN(const std::optional<FileInfo> adds, storage.stat_file(changes));
  if (adds && adds->changed > written->changed) {
    return Error::output("'" + changes + "' was changed since the output was kept", "run again").in_file(changes);
  }
  GM_ASSIGN(ListedFiles files, ListedFiles::open(storage, adds ? changes : staged + "/" + std::string(manifest_name)));
  std::string buffer(1 << 20, '\0');
  for (;;) {
    GM_ASSIGN(const std::optional<ManifestFile> file, files.next());
    if (!file) return {};
    if (!has_changed(file->path)) continue;
    if (interrupted && interrupted()) return Error::interrupted();
    const std::string path = staged + "/" + file->path;
    GM_ASSIGN(const FileChecksum checksum, checksum_file(storage, path, buffer));
    if (checksum.xxh3_128 == file->xxh3_128) continue;
    return Error::output("'" + path + "' was changed since the output was kept", "run again").in_file(path);
  }
}

}  // namespace gristmill::publish
