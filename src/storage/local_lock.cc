// Locks by flock(2): they belong to the open file, so the kernel drops them when the process dies in
// whatever way, and they exclude within one process too (unlike fcntl locks, which also vanish when
// any descriptor of the file is closed).
//
// A lock file is removed by its holder at the end. Whoever opened it just before then locks a file
// that nobody can see any more; so after locking, the file must still be the one at its path, else all
// begins anew. Tested in local_test.cc.
#include "storage/local_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "storage/local_file.h"
#include "storage/system_error.h"

namespace gristmill::storage {
namespace {

class LocalLock final : public FileLock {
 public:
  LocalLock(Descriptor descriptor, const LocalGuard& guard, std::string path)
      : descriptor_(std::move(descriptor)), guard_(guard), path_(std::move(path)) {}

  Result<bool> still_held() override {
    struct stat locked;
    struct stat there;
    if (::fstat(descriptor_.number(), &locked) != 0) {
      return system_error(ErrorKind::output, "examine", path_, errno);
    }
    const LocalPlace place = guard_.find(path_);
    if (!place.valid() || ::fstatat(place.at(), place.name(), &there, place.guarded() ? AT_SYMLINK_NOFOLLOW : 0) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return false;
      return guard_.error(ErrorKind::output, "examine", path_, errno);
    }
    return locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
  }

 private:
  Descriptor descriptor_;
  const LocalGuard& guard_;
  std::string path_;
};

// Locks what `descriptor` has open: nullptr if someone else has, or if it is no longer what is at the path
// (`vanished` then says so).
Result<std::unique_ptr<FileLock>> lock_open(Descriptor descriptor, const LocalGuard& guard, const std::string& path,
                                            bool& vanished) {
  vanished = false;
  int outcome;
  do {
    outcome = ::flock(descriptor.number(), LOCK_EX | LOCK_NB);
  } while (outcome != 0 && errno == EINTR);
  if (outcome != 0) {
    if (errno == EWOULDBLOCK) return std::unique_ptr<FileLock>();
    return system_error(ErrorKind::output, "lock", path, errno);
  }
  auto lock = std::make_unique<LocalLock>(std::move(descriptor), guard, path);
  GM_ASSIGN(const bool held, lock->still_held());
  vanished = !held;
  return held ? std::unique_ptr<FileLock>(std::move(lock)) : std::unique_ptr<FileLock>();
}

// The lock file, opened; made if absent.
Result<Descriptor> open_lock_file(LocalGuard& guard, const std::string& path) {
  int descriptor = guard.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0666);
  if (descriptor < 0 && errno == ENOENT) {
    const int failure = guard.make_parents(path);
    if (failure != 0) return guard.error(ErrorKind::output, "make the folder of", path, failure);
    descriptor = guard.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0666);
  }
  // Another user's lock file: reading it is enough to see that it is locked.
  if (descriptor < 0 && (errno == EACCES || errno == EROFS)) {
    const int failure = errno;
    descriptor = guard.open(path, O_RDONLY | O_NOFOLLOW);
    if (descriptor < 0) return guard.error(ErrorKind::output, "make the lock", path, failure);
  }
  if (descriptor < 0) return guard.error(ErrorKind::output, "make the lock", path, errno);
  return Descriptor(descriptor);
}

}  // namespace

Result<std::unique_ptr<FileLock>> try_lock_local_file(LocalGuard& guard, const std::string& path) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    GM_ASSIGN(Descriptor descriptor, open_lock_file(guard, path));
    bool vanished = false;
    GM_ASSIGN(std::unique_ptr<FileLock> lock, lock_open(std::move(descriptor), guard, path, vanished));
    if (!vanished) return lock;
  }
  return std::unique_ptr<FileLock>();  // whoever makes and removes it so fast is alive
}

Result<std::unique_ptr<FileLock>> try_lock_local_folder(LocalGuard& guard, const std::string& path) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    Descriptor descriptor(guard.open(path, O_RDONLY | O_DIRECTORY));
    if (!descriptor.valid()) return guard.error(ErrorKind::output, "open", path, errno);
    bool vanished = false;
    GM_ASSIGN(std::unique_ptr<FileLock> lock, lock_open(std::move(descriptor), guard, path, vanished));
    if (!vanished) return lock;
  }
  return std::unique_ptr<FileLock>();
}

}  // namespace gristmill::storage
