// A guarded path has no links, since it was resolved when it was guarded; so whatever link is met on it was put
// there since, or lies where gristmill makes real folders only. openat2(2) refuses them in one call, atomically, and
// everything that has no such flag (unlink, rename, mkdir, stat) is done on the last name in a folder opened so: a
// link swapped in between changes nothing. Writing an output is mostly new files in new folders of one parent; the
// descriptor of that parent is held, so that a guarded file costs as many calls as any other.
// Rejected: checking each component with lstat before, which a swap defeats.
// Tested in local_guard_test.cc.
#include "storage/local_guard.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/system_error.h"

namespace gristmill::storage {
namespace {

constexpr mode_t folder_mode = 0777;  // less the umask
constexpr std::size_t most_held = 8;

int call_openat2(const std::string& path, int flags, mode_t mode) {
  open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_NO_SYMLINKS;
  long descriptor;
  do {
    descriptor = ::syscall(__NR_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
  } while (descriptor < 0 && errno == EINTR);
  return static_cast<int>(descriptor);
}

// Old kernels do not know the call (ENOSYS), and some containers forbid what they do not know (EPERM).
bool has_openat2() {
  static const bool has = [] {
    const Descriptor probe(call_openat2("/", O_PATH | O_DIRECTORY, 0));
    return probe.valid();
  }();
  return has;
}

// "/a/b" of "/a/b/c" and "/a/b/c/"; where the last name begins and ends.
struct SplitPath {
  std::string folder;
  std::string name;
};
SplitPath split(const std::string& path) {
  std::size_t end = path.size();
  while (end > 1 && path[end - 1] == '/') --end;
  const std::size_t slash = path.rfind('/', end - 1);
  if (slash == std::string::npos) return {".", path.substr(0, end)};
  return {path.substr(0, std::max<std::size_t>(slash, 1)), path.substr(slash + 1, end - slash - 1)};
}

}  // namespace

int open_without_links(const std::string& path, int flags, mode_t mode) {
  return has_openat2() ? call_openat2(path, flags, mode) : open_by_components(path, flags, mode);
}

int open_by_components(const std::string& path, int flags, mode_t mode) {
  Descriptor folder(open_retrying("/", O_PATH | O_DIRECTORY));
  for (std::size_t begin = 1; folder.valid();) {
    const std::size_t end = path.find('/', begin);
    const std::string name = path.substr(begin, end == std::string::npos ? end : end - begin);
    const bool last = end == std::string::npos || end + 1 == path.size();
    const int how = last ? flags : O_PATH | O_DIRECTORY;
    int next;
    do {
      next = ::openat(folder.number(), name.empty() ? "." : name.c_str(), how | O_NOFOLLOW | O_CLOEXEC, mode);
    } while (next < 0 && errno == EINTR);
    if (next < 0 && errno == ENOTDIR) {
      // Of a link that is asked for as a folder, as openat2 has it.
      struct stat found;
      const bool link =
          ::fstatat(folder.number(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(found.st_mode);
      errno = link ? ELOOP : ENOTDIR;
    }
    if (last || next < 0) return next;
    folder.reset(next);
    begin = end + 1;
  }
  return -1;
}

void LocalGuard::add(const std::string& folder, const std::string& like) {
  Entry entry{folder, std::nullopt};
  while (entry.folder.size() > 1 && entry.folder.back() == '/') entry.folder.pop_back();
  struct stat found;
  if (::lstat(like.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && (found.st_mode & S_IWGRP) != 0) {
    entry.shared = found.st_gid;
  }
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  std::erase_if(entries_, [&](const Entry& known) { return known.folder == entry.folder; });
  entries_.push_back(std::move(entry));
}

// The innermost one decides.
std::optional<LocalGuard::Entry> LocalGuard::entry_of(const std::string& path) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    const std::size_t length = entry.folder.size();
    const bool covers = path.starts_with(entry.folder) && (path.size() == length || path[length] == '/');
    if (covers && (found == nullptr || found->folder.size() < length)) found = &entry;
  }
  return found == nullptr ? std::nullopt : std::optional<Entry>(*found);
}

LocalPlace LocalGuard::find(const std::string& path) const {
  if (!entry_of(path)) return {nullptr, AT_FDCWD, path, false};
  SplitPath parts = split(path);
  auto folder = std::make_shared<const Descriptor>(open_without_links(parts.folder, O_PATH | O_DIRECTORY));
  const int at = folder->number();
  return {std::move(folder), at, std::move(parts.name), true};
}

LocalPlace LocalGuard::find_held(const std::string& path) {
  if (!entry_of(path)) return {nullptr, AT_FDCWD, path, false};
  SplitPath parts = split(path);
  {
    const std::scoped_lock lock(held_mutex_);
    for (const HeldFolder& held : held_) {
      if (held.path == parts.folder) return {held.descriptor, held.descriptor->number(), std::move(parts.name), true};
    }
  }
  auto folder = std::make_shared<const Descriptor>(open_without_links(parts.folder, O_PATH | O_DIRECTORY));
  const int at = folder->number();
  if (!folder->valid()) return {nullptr, at, std::move(parts.name), true};
  const std::scoped_lock lock(held_mutex_);
  if (held_.size() < most_held) held_.emplace_back();
  held_[next_held_++ % held_.size()] = {std::move(parts.folder), folder};
  return {std::move(folder), at, std::move(parts.name), true};
}

void LocalGuard::forget_folders() {
  const std::scoped_lock lock(held_mutex_);
  held_.clear();
  next_held_ = 0;
}

int LocalGuard::open(const std::string& path, int flags, mode_t mode) const {
  return entry_of(path) ? open_without_links(path, flags, mode) : open_retrying(path.c_str(), flags, mode);
}

int LocalGuard::make_folders(const std::string& path) {
  // Again: another run may remove an empty folder between the making of it and of the next.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const LocalPlace place = find_held(path);
    if (place.valid() && ::mkdirat(place.at(), place.name(), folder_mode) == 0) {
      share(path);
      return 0;
    }
    if (errno == EEXIST) {
      struct stat found;
      if (::fstatat(place.at(), place.name(), &found, place.guarded() ? AT_SYMLINK_NOFOLLOW : 0) != 0) return errno;
      return S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
    }
    if (errno != ENOENT) return errno;
    forget_folders();
    const int failure = make_parents(path);
    if (failure != 0) return failure;
  }
  return ENOENT;
}

int LocalGuard::make_parents(const std::string& path) {
  const std::string folder = split(path).folder;
  return folder == "/" || folder == "." ? ENOENT : make_folders(folder);
}

void LocalGuard::share(const std::string& path) const {
  const std::optional<Entry> entry = entry_of(path);
  if (!entry || !entry->shared) return;
  const Descriptor made(open_without_links(path, O_RDONLY | O_NONBLOCK));
  struct stat found;
  if (!made.valid() || ::fstat(made.number(), &found) != 0 || found.st_gid != *entry->shared) return;
  // Whom the umask keeps from reading is not meant to write either.
  const mode_t readable = S_ISDIR(found.st_mode) ? S_IRGRP | S_IXGRP : S_IRGRP;
  if ((found.st_mode & readable) != readable || (found.st_mode & S_IWGRP) != 0) return;
  static_cast<void>(::fchmod(made.number(), (found.st_mode & 07777) | S_IWGRP));
}

Error LocalGuard::error(ErrorKind kind, std::string_view action, const std::string& path, int number) const {
  Error plain = system_error(kind, action, path, number);
  if ((number != ELOOP && number != ENOTDIR) || !entry_of(path)) return plain;
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    struct stat found;
    if (::lstat(part.c_str(), &found) != 0) break;
    if (!S_ISLNK(found.st_mode)) continue;
    plain.message = plain.message.substr(0, plain.message.rfind("': ") + 3) + "'" + part +
                    "' is a symbolic link, and none is followed in an output";
    plain.advice = "find out who made the link, and remove it";
    return plain;
  }
  if (number == ELOOP) plain.advice = "a symbolic link stood in this path for a moment: find out who makes links there";
  return plain;
}

}  // namespace gristmill::storage
