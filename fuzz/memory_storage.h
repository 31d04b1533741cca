// A Storage whose files are strings: fast, and open to whoever wants to change a byte.
//
// Folders are prefixes of paths, as on S3, so there is nothing to exchange: publishing goes by the journal.
// One thread's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gristmill/storage.h"

namespace gristmill::fuzz {

class MemoryStorage : public Storage {
 public:
  std::map<std::string, std::string> files;                 // by path
  std::vector<std::shared_ptr<std::string>> scratch_files;  // in the order in which they were asked for

  StorageTraits traits(const std::string&) const override {
    return {.exchanges_folders = false, .rename_copies = false};
  }
  Result<std::optional<FileInfo>> stat(const std::string& path, bool follow) override;
  Result<std::vector<FileInfo>> list(const std::string& folder) override;
  Status walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) override;
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Status make_folder(const std::string&) override { return {}; }
  Status rename(const std::string& from, const std::string& to) override;
  Result<bool> exchange(const std::string&, const std::string&) override { return false; }
  Status rename_new(const std::string& from, const std::string& to) override {
    return files.contains(to) ? no(to) : rename(from, to);
  }
  Status remove(const std::string& path) override;
  Result<bool> remove_folder(const std::string&) override { return true; }
  Status remove_tree(const std::string& path) override;
  Status copy_attributes(const std::string&, const std::string&) override { return {}; }
  Result<bool> is_mount_point(const std::string&) override { return false; }
  Status sync_folder(const std::string&) override { return {}; }
  Status sync_all(const std::string&) override { return {}; }
  Result<std::uint64_t> free_space(const std::string&) override { return std::uint64_t{1} << 40; }
  Result<std::string> resolve(const std::string& path) override { return path; }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> try_lock_folder(const std::string& path) override { return try_lock(path); }
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override;

 private:
  static Error no(const std::string& path) { return Error::output("'" + path + "' cannot be exchanged"); }
};

}  // namespace gristmill::fuzz
