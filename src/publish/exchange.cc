// Whether an exchange works depends on the file system (overlayfs and NFS refuse), on permissions (of the
// parent, and of the root itself, since its ".." changes), on ownership (which the new root must be
// given) and on mounts. Rather than know all that, two folders with the root's attributes are exchanged
// for a try; only a mount point, which no other folder can stand for, is asked for.
//
// After the exchange the old root lies in the staging area, complete with its manifest, which is removed
// last: at whatever instant this is cut off, what remains tells what may be deleted.
// Tested in exchange_test.cc.
#include "publish/exchange.h"

#include "publish/audit.h"
#include "publish/listed_removal.h"
#include "publish/manifest.h"
#include "storage/exceptions.h"

namespace gristmill::publish {
namespace {

// The two folders, each in a folder of its own as the root and the staged output are.
Status try_exchange(Storage& storage, const std::string& root, bool has_root, const std::string& one,
                    const std::string& two, std::string& refusal) {
  for (const std::string& folder : {one, two}) {
    GM_RETURN_IF_ERROR(storage.make_folder(folder));
    if (has_root) GM_RETURN_IF_ERROR(storage.copy_attributes(root, folder));
  }
  GM_ASSIGN(const bool exchanged, storage.exchange(one, two));
  if (!exchanged) refusal = "the file system of '" + root + "' cannot exchange two folders";
  return {};
}

// All but the manifest itself.
Status remove_listed(Storage& storage, const std::string& folder, const std::string& manifest) {
  GM_ASSIGN(ManifestReader reader, ManifestReader::open(storage, manifest));
  ListedRemoval removal(storage, folder);
  for (;;) {
    GM_ASSIGN(const std::optional<ManifestFile> file, reader.next());
    if (!file) break;
    GM_RETURN_IF_ERROR(removal.add(file->path));
  }
  GM_RETURN_IF_ERROR(removal.finish());
  return storage.remove(folder + "/" + std::string(success_name));
}

}  // namespace

Result<std::string> refusal_of_exchange(Storage& storage, const std::string& root, const std::string& area) {
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat(root));
  if (found) {
    GM_ASSIGN(const bool mounted, storage.is_mount_point(root));
    if (mounted) return "'" + root + "' is a mount point";
  }
  const std::string probes = area + "/probe.new";
  std::string refusal;
  Status tried = storage::without_exceptions(
      [&] { return try_exchange(storage, root, found.has_value(), area + "/probe", probes + "/probe", refusal); });
  if (!tried.ok()) refusal = tried.error().message;
  const auto remove_probes = [&]() -> Status {
    GM_RETURN_IF_ERROR(storage.remove_tree(area + "/probe"));
    return storage.remove_tree(probes);
  };
  // A passing fault must not leave them behind.
  if (Status removed = storage::without_exceptions(remove_probes); !removed.ok() && !remove_probes().ok()) {
    return std::move(removed.error());
  }
  return refusal;
}

Status move_by_exchange(Storage& storage, const OutputPlaces& places, const std::string& staged, bool fsync) {
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat(places.root, false));
  if (found) {
    GM_RETURN_IF_ERROR(storage.copy_attributes(places.root, staged));
    if (fsync) GM_RETURN_IF_ERROR(storage.sync_all(staged));
    GM_ASSIGN(const bool exchanged, storage.exchange(staged, places.root));
    if (!exchanged) {
      return Error::output("the file system no longer lets '" + places.root + "' be exchanged with '" + staged + "'",
                           "find out what was mounted there")
          .in_file(places.root);
    }
    return {};
  }
  if (fsync) GM_RETURN_IF_ERROR(storage.sync_all(staged));
  return storage.rename_new(staged, places.root);
}

Status sync_exchange(Storage& storage, const OutputPlaces& places) {
  GM_RETURN_IF_ERROR(storage.sync_folder(places.parent));
  return storage.sync_folder(places.beside.folder);
}

Status remove_replaced(Storage& storage, const OutputPlaces& places, const std::string& replaced,
                       std::vector<std::string>& notes) {
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat(replaced, false));
  if (!found) return {};
  const std::string manifest = replaced + "/" + std::string(manifest_name);
  GM_ASSIGN(const std::optional<FileInfo> listed, storage.stat(manifest, false));
  bool strange = false;
  bool special = false;
  if (listed) {
    GM_ASSIGN(const TreeAudit audit, audit_tree(storage, replaced, manifest, {}, {}));
    strange = audit.extra > 0;
    special = audit.special;
    // Through a symlink, a listed path would delete elsewhere.
    if (!special) GM_RETURN_IF_ERROR(remove_listed(storage, replaced, manifest));
    if (!strange) GM_RETURN_IF_ERROR(storage.remove(manifest));
  }
  if (!strange) {
    GM_ASSIGN(const bool removed, remove_empty_folders(storage, replaced));
    if (removed) return {};
  }
  const std::string kept = places.root + ".kept-" + replaced.substr(replaced.rfind('/') + 1);
  GM_RETURN_IF_ERROR(storage.rename_new(replaced, kept));
  if (!special) GM_RETURN_IF_ERROR(storage.remove(kept + "/" + std::string(manifest_name)));
  notes.push_back("files that gristmill did not write appeared in '" + places.root +
                  "' while it was published; they are kept in '" + kept + "'");
  return {};
}

}  // namespace gristmill::publish
