// In a sorted list the files of one folder, and of all below it, stand together; so a folder can be
// removed once the next path lies outside of it. Batches, since on S3 one request removes many.
// Tested in listed_removal_test.cc.
#include "publish/listed_removal.h"

#include <utility>

namespace gristmill::publish {
Status ListedRemoval::add(const std::string& path) {
  leave_folders_for(path);
  if (files_.size() >= files_at_once) GM_RETURN_IF_ERROR(flush());
  files_.push_back(folder_ + "/" + path);
  inner_ = path.substr(0, path.rfind('/') + 1);
  return {};
}

Status ListedRemoval::finish() {
  leave_folders_for("");
  return flush();
}

Status ListedRemoval::flush() {
  GM_RETURN_IF_ERROR(storage_.remove_files(std::exchange(files_, {})));
  if (storage_.traits(folder_).exchanges_folders) {
    for (const std::string& folder : folders_) {
      GM_ASSIGN([[maybe_unused]] const bool removed, storage_.remove_folder(folder));
    }
  }
  folders_.clear();
  return {};
}

void ListedRemoval::leave_folders_for(std::string_view path) {
  while (!inner_.empty() && !path.starts_with(inner_)) {
    inner_.pop_back();
    folders_.push_back(folder_ + "/" + inner_);
    inner_.resize(inner_.rfind('/') + 1);
  }
}

Result<bool> remove_empty_folders(Storage& storage, const std::string& folder) {
  GM_ASSIGN(const std::vector<FileInfo> entries, storage.list(folder));
  for (const FileInfo& entry : entries) {
    if (entry.type != FileType::folder) return false;
    GM_ASSIGN(const bool removed, remove_empty_folders(storage, folder + "/" + entry.name));
    if (!removed) return false;
  }
  return storage.remove_folder(folder);
}

}  // namespace gristmill::publish
