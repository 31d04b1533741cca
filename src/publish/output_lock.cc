// Which way a run moves its output depends on what the system lets it do, so two runs of different
// users, or in and outside of a container, may choose different ways, and each must still keep the
// other out. Hence up to three locks, all tried at once and none waited for:
//
//   beside   the lock file in the area beside the root, wherever that area can be made. The only one
//            that exists before the root does.
//   root     the root folder itself (flock on the folder). Seen through bind mounts too, where the
//            same root has another parent. Moves with the folder: the staged folder that an exchange
//            makes the root is locked before it.
//   inside   the lock file in `_staging/`. Seen by other hosts of a network file system, which do not
//            see locks on folders; and the lease on S3.
//
// Tested in publication_test.cc.
#include "publish/output_lock.h"

#include <utility>

#include "storage/exceptions.h"

namespace gristmill::publish {
Result<OutputLock> OutputLock::take(Storage& storage, const OutputPlaces& places, bool* busy) {
  OutputLock lock(storage, places);
  Status status = storage::without_exceptions([&] { return lock.take_all(); });
  if (busy != nullptr) *busy = lock.busy_;
  if (status.ok()) return lock;
  lock.release();
  return as_output(std::move(status.error()));
}

Status OutputLock::take_all() {
  if (storage_->traits(places_.root).exchanges_folders) {
    GM_RETURN_IF_ERROR(refuse_idle_trap(places_.beside));
    auto lock = storage_->try_lock(places_.beside.lock());
    if (!lock.ok()) {
      beside_refusal_ = lock.error().message;
    } else if (*lock == nullptr) {
      return taken();
    } else {
      beside_ = std::move(*lock);
    }
    // Now that nobody else takes it for theirs: whose is it?
    GM_RETURN_IF_ERROR(refuse_trap(places_.beside.folder, beside_));
  } else {
    beside_refusal_ = "this storage has no folders to exchange";
  }
  GM_RETURN_IF_ERROR(take_root());
  GM_ASSIGN(const std::optional<FileInfo> inside, find_folder(*storage_, places_.inside.folder, false));
  return inside ? take_inside_lock() : Status();
}

Status OutputLock::refuse_idle_trap(const StagingArea& area) {
  if (!storage_->traits(places_.root).exchanges_folders) return {};  // there are no traps
  const auto lock = storage_->stat_file(area.lock());
  std::unique_ptr<FileLock> none;
  return lock.ok() && *lock ? Status() : refuse_trap(area.folder, none);
}

Status OutputLock::refuse_trap(const std::string& folder, std::unique_ptr<FileLock>& lock) {
  GM_ASSIGN(const std::string trap, storage_->find_trap(folder, places_.root));
  if (trap.empty()) return {};
  lock.reset();  // so that release() removes nothing there
  return Error::output("cannot work in '" + folder + "': " + trap,
                       "find out who made it and remove it, or choose another output; nothing was touched")
      .in_file(folder);
}

Status OutputLock::take_root() {
  if (!storage_->traits(places_.root).exchanges_folders) return {};
  if (root_ != nullptr) {
    GM_ASSIGN(const bool held, root_->still_held());
    if (held) return {};
    root_.reset();
  }
  GM_ASSIGN(const std::optional<FileInfo> found, storage_->stat(places_.root, false));
  if (!found) return {};
  GM_ASSIGN(root_, storage_->try_lock_folder(places_.root));
  return root_ != nullptr ? Status() : taken();
}

Status OutputLock::take_inside() {
  GM_RETURN_IF_ERROR(storage_->make_folder(places_.root));
  GM_RETURN_IF_ERROR(take_root());
  return inside_ != nullptr ? Status() : take_inside_lock();
}

Status OutputLock::take_inside_lock() {
  GM_RETURN_IF_ERROR(refuse_idle_trap(places_.inside));
  auto lock = storage_->try_lock(places_.inside.lock());
  if (lock.ok() && *lock == nullptr) return taken();
  if (lock.ok()) inside_ = std::move(*lock);
  GM_RETURN_IF_ERROR(refuse_trap(places_.inside.folder, inside_));
  return lock.ok() ? Status() : Status(std::move(lock.error()));
}

Status OutputLock::take_next_root(const std::string& folder) {
  GM_ASSIGN(next_root_, storage_->try_lock_folder(folder));
  return next_root_ != nullptr ? Status() : taken();
}

Status OutputLock::taken() {
  busy_ = true;
  return Error::output("another run is writing to '" + places_.root + "'",
                       "wait until it has ended, or choose another output")
      .in_file(places_.root)
      .to_be_retried();
}

Result<std::string> OutputLock::describe_fence() {
  return inside_ != nullptr ? inside_->describe_fence() : Result<std::string>(std::string());
}

Status OutputLock::refuse_busy() {
  if (inside_ != nullptr || storage_->traits(places_.root).exchanges_folders) return {};
  GM_ASSIGN(const std::optional<FileInfo> lock, storage_->stat_file(places_.inside.lock()));
  return lock ? taken() : Status();
}

Result<bool> OutputLock::holds() {
  for (FileLock* lock : {beside_.get(), inside_.get()}) {
    if (lock == nullptr) continue;
    GM_ASSIGN(const bool held, lock->still_held());
    if (!held) return false;
  }
  return true;
}

Error OutputLock::lost() const {
  return Error::output(
             "another run has taken the lock on '" + places_.root + "', or it was removed, while this run was going on",
             "run again; if no other run was writing there, find out what removed the lock")
      .in_file(places_.root)
      .to_be_retried();
}

Status OutputLock::check() {
  GM_ASSIGN(const bool held, holds());
  return held ? Status() : lost();
}

void OutputLock::leave_inside() {
  if (inside_ == nullptr) return;
  static_cast<void>(storage_->remove(places_.inside.lock()));
  static_cast<void>(storage_->remove_folder(places_.inside.folder));
  inside_.reset();
}

void OutputLock::release() {
  // A root that was made for this run goes while the lock beside it still keeps others out, the folders
  // above it when that lock's folder is gone. Whoever has no lock has made nothing.
  const bool made = beside_ != nullptr || inside_ != nullptr;
  leave_inside();
  bool empty = made && remove_made(places_.root);
  if (beside_ != nullptr) {
    static_cast<void>(storage_->remove(places_.beside.lock()));
    static_cast<void>(storage_->remove_folder(places_.beside.folder));
    beside_.reset();
  }
  root_.reset();
  next_root_.reset();
  for (std::string folder = places_.parent; empty; folder.resize(folder.rfind('/'))) {
    empty = remove_made(folder);
  }
}

// Removes a folder that was not there when the run began, unless something is in it.
bool OutputLock::remove_made(const std::string& folder) {
  if (folder.size() <= places_.existing.size()) return false;
  const auto removed = storage_->remove_folder(folder);
  return removed.ok() && *removed;
}

}  // namespace gristmill::publish
