// Each call goes to the storage of its path. S3 is loaded at the first path that needs it; what may be answered without
// it (traits, requests) does not load it. Tested in any_storage_test.cc and, with S3, by tests/s3.
#include "storage/any_storage.h"

#include <algorithm>
#include <mutex>

#include "storage/side_library.h"
#include "storage/standard_input.h"

namespace gristmill::storage {
namespace {

class LocalOrS3 final : public AnyStorage {
 public:
  void use(S3Options options) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    s3_.reset();
    s3_options_ = std::move(options);
  }

  StorageTraits traits(const std::string& path) const override {
    if (!is_s3(path)) return local_->traits(path);
    const std::lock_guard<std::mutex> lock(mutex_);
    return s3_ == nullptr ? StorageTraits{.exchanges_folders = false,
                                          .caches_reads = false,
                                          .rename_copies = true,
                                          .walks_in_order = true}
                          : s3_->traits(path);
  }
  std::vector<RequestCount> requests() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return s3_ == nullptr ? std::vector<RequestCount>{} : s3_->requests();
  }
  Result<std::string> describe(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->describe(path);
  }
  void guard(const std::string& folder, const std::string& like) override {
    if (!is_s3(folder)) local_->guard(folder, like);
  }
  Result<std::string> find_trap(const std::string& folder, const std::string& root) override {
    GM_ASSIGN(Storage* const storage, of_both(folder, root));
    return storage->find_trap(folder, root);
  }
  Result<std::optional<Obstacle>> find_obstacle(const std::string& from, const std::string& into,
                                                const std::vector<std::string>& skip, bool rest_stays) override {
    GM_ASSIGN(Storage* const storage, of_both(from, into));
    return storage->find_obstacle(from, into, skip, rest_stays);
  }
  Status keep_standard_input(const std::string& folder, const std::function<bool()>& should_stop) override {
    return standard_input_.keep(folder, should_stop);
  }
  Result<std::optional<FileInfo>> stat(const std::string& path, bool follow) override {
    if (path == standard_input_path) {
      GM_ASSIGN(FileInfo info, standard_input_.stat());
      return std::optional(std::move(info));
    }
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->stat(path, follow);
  }
  Result<std::vector<FileInfo>> list(const std::string& folder) override {
    GM_ASSIGN(Storage* const storage, of(folder));
    return storage->list(folder);
  }
  Status walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) override {
    GM_ASSIGN(Storage* const storage, of(folder));
    return storage->walk(folder, visit, skip);
  }
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override {
    if (path == standard_input_path) return standard_input_.open();
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->open(path);
  }
  Result<std::unique_ptr<ReadableFile>> open_listed(const std::string& path, const FileInfo& listed) override {
    if (path == standard_input_path) return standard_input_.open();
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->open_listed(path, listed);
  }
  void read_ahead(std::vector<ReadAhead> files) override {
    std::erase_if(files, [](const ReadAhead& file) { return !is_s3(file.path); });
    if (!files.empty() && !of(files.front().path).ok()) return;  // whoever opens the file is told why
    const std::lock_guard<std::mutex> lock(mutex_);
    if (s3_ != nullptr) s3_->read_ahead(std::move(files));
  }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->create(path);
  }
  Status create_whole(const std::string& path, std::string_view bytes, bool durable) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->create_whole(path, bytes, durable);
  }
  void hold_interruptions(bool hold) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (s3_ != nullptr) s3_->hold_interruptions(hold);
  }
  Status make_folder(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->make_folder(path);
  }
  Status rename(const std::string& from, const std::string& to) override {
    GM_ASSIGN(Storage* const storage, of_both(from, to));
    return storage->rename(from, to);
  }
  Result<bool> exchange(const std::string& a, const std::string& b) override {
    GM_ASSIGN(Storage* const storage, of_both(a, b));
    return storage->exchange(a, b);
  }
  Status rename_new(const std::string& from, const std::string& to) override {
    GM_ASSIGN(Storage* const storage, of_both(from, to));
    return storage->rename_new(from, to);
  }
  Status remove(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->remove(path);
  }
  Result<bool> remove_folder(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->remove_folder(path);
  }
  Status remove_tree(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->remove_tree(path);
  }
  Status rename_files(const std::vector<Rename>& renames) override {
    if (renames.empty()) return {};
    GM_ASSIGN(Storage* const storage, of_both(renames.front().from, renames.front().to));
    return storage->rename_files(renames);
  }
  Status remove_files(const std::vector<std::string>& paths) override {
    if (paths.empty()) return {};
    GM_ASSIGN(Storage* const storage, of(paths.front()));
    return storage->remove_files(paths);
  }
  Result<std::optional<FileInfo>> stat_file(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->stat_file(path);
  }
  Status remove_unfinished(const std::string& folder) override {
    GM_ASSIGN(Storage* const storage, of(folder));
    return storage->remove_unfinished(folder);
  }
  Result<bool> mark_new_files(const MarkedFiles& files) override {
    GM_ASSIGN(Storage* const storage, of(files.root));
    return storage->mark_new_files(files);
  }
  Status rename_marked_files(const MarkedFiles& files, const std::vector<Rename>& renames) override {
    GM_ASSIGN(Storage* const storage, of(files.root));
    return storage->rename_marked_files(files, renames);
  }
  Status remove_unfinished_marked_files(const MarkedFiles& files) override {
    GM_ASSIGN(Storage* const storage, of(files.root));
    return storage->remove_unfinished_marked_files(files);
  }
  Status remove_marked_files(const MarkedFiles& files) override {
    GM_ASSIGN(Storage* const storage, of(files.root));
    return storage->remove_marked_files(files);
  }
  Status copy_attributes(const std::string& from, const std::string& to) override {
    GM_ASSIGN(Storage* const storage, of_both(from, to));
    return storage->copy_attributes(from, to);
  }
  Result<bool> is_mount_point(const std::string& folder) override {
    GM_ASSIGN(Storage* const storage, of(folder));
    return storage->is_mount_point(folder);
  }
  Status sync_folder(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->sync_folder(path);
  }
  Status sync_all(const std::string& folder) override {
    GM_ASSIGN(Storage* const storage, of(folder));
    return storage->sync_all(folder);
  }
  Result<std::uint64_t> free_space(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->free_space(path);
  }
  Result<std::string> resolve(const std::string& path) override {
    if (path == standard_input_path) return path;
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->resolve(path);
  }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->try_lock(path);
  }
  Result<std::unique_ptr<FileLock>> try_lock_folder(const std::string& path) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->try_lock_folder(path);
  }
  Result<std::unique_ptr<FileLock>> join_lock(const std::string& path, const std::string& holder) override {
    GM_ASSIGN(Storage* const storage, of(path));
    return storage->join_lock(path, holder);
  }
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override {
    GM_ASSIGN(Storage* const storage, of(folder));
    return storage->scratch(folder);
  }

 private:
  Result<Storage*> of(const std::string& path) {
    if (!is_s3(path)) return local_.get();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (s3_ == nullptr) {
      GM_ASSIGN(void* const maker, load_from_side_library(s3_library_name, s3_maker_name, "what speaks to S3"));
      s3_.reset(reinterpret_cast<S3StorageMaker*>(maker)(s3_options_));
    }
    return s3_.get();
  }

  Result<Storage*> of_both(const std::string& one, const std::string& other) {
    if (is_s3(one) != is_s3(other)) {
      return Error::internal("'" + one + "' and '" + other + "' lie in different storages").in_file(one);
    }
    return of(one);
  }

  StandardInput standard_input_;
  S3Options s3_options_;
  std::unique_ptr<Storage> local_ = make_local_storage();
  mutable std::mutex mutex_;
  std::unique_ptr<Storage> s3_;
};

}  // namespace

bool is_s3(const std::string& path) { return path.starts_with("s3://"); }

std::string s3_spelling(std::string path) {
  if (path.starts_with("s3a://")) path.erase(2, 1);
  return path;
}

std::unique_ptr<AnyStorage> make_any_storage() { return std::make_unique<LocalOrS3>(); }

}  // namespace gristmill::storage

std::unique_ptr<gristmill::Storage> gristmill::make_storage(const S3Options& options) {
  std::unique_ptr<storage::AnyStorage> made = storage::make_any_storage();
  made->use(options);
  return made;
}
