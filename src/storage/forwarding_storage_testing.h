// For tests: a storage that does what another does, to be overridden in one place.
#pragma once

#include <string>
#include <vector>

#include "gristmill/storage.h"

namespace gristmill::testing {

class ForwardingStorage : public Storage {
 public:
  explicit ForwardingStorage(Storage& inner) : inner_(inner) {}
  StorageTraits traits(const std::string& path) const override { return inner_.traits(path); }
  void guard(const std::string& folder, const std::string& like) override { inner_.guard(folder, like); }
  Result<std::string> find_trap(const std::string& folder, const std::string& root) override {
    return inner_.find_trap(folder, root);
  }
  Result<std::optional<Obstacle>> find_obstacle(const std::string& from, const std::string& into,
                                                const std::vector<std::string>& skip, bool rest_stays) override {
    return inner_.find_obstacle(from, into, skip, rest_stays);
  }
  Result<std::optional<FileInfo>> stat(const std::string& path, bool follow) override {
    return inner_.stat(path, follow);
  }
  Result<std::vector<FileInfo>> list(const std::string& folder) override { return inner_.list(folder); }
  Status walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) override {
    return inner_.walk(folder, visit, skip);
  }
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override { return inner_.open(path); }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override { return inner_.create(path); }
  Status make_folder(const std::string& path) override { return inner_.make_folder(path); }
  Status rename(const std::string& from, const std::string& to) override { return inner_.rename(from, to); }
  Result<bool> exchange(const std::string& a, const std::string& b) override { return inner_.exchange(a, b); }
  Status rename_new(const std::string& from, const std::string& to) override { return inner_.rename_new(from, to); }
  Status remove(const std::string& path) override { return inner_.remove(path); }
  Result<bool> remove_folder(const std::string& path) override { return inner_.remove_folder(path); }
  Status remove_tree(const std::string& path) override { return inner_.remove_tree(path); }
  Status copy_attributes(const std::string& from, const std::string& to) override {
    return inner_.copy_attributes(from, to);
  }
  Result<bool> is_mount_point(const std::string& folder) override { return inner_.is_mount_point(folder); }
  Status sync_folder(const std::string& path) override { return inner_.sync_folder(path); }
  Status sync_all(const std::string& folder) override { return inner_.sync_all(folder); }
  Result<std::uint64_t> free_space(const std::string& path) override { return inner_.free_space(path); }
  Result<std::string> resolve(const std::string& path) override { return inner_.resolve(path); }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override { return inner_.try_lock(path); }
  Result<std::unique_ptr<FileLock>> try_lock_folder(const std::string& path) override {
    return inner_.try_lock_folder(path);
  }
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override { return inner_.scratch(folder); }

 private:
  Storage& inner_;
};

}  // namespace gristmill::testing
