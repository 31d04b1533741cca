// The storage of local files: names, folders and their attributes (open files are local_file.cc, locks
// local_lock.cc). Paths go to the system as they are. A folder is read entry by entry, so that `walk`
// needs no memory for a folder of a million names; only `list`, whose contract is order, holds them.
// Tested in local_test.cc.
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "gristmill/storage.h"
#include "storage/local_file.h"
#include "storage/local_folder.h"
#include "storage/local_guard.h"
#include "storage/local_lock.h"
#include "storage/local_permission.h"
#include "storage/system_error.h"

namespace gristmill::storage {
namespace {

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::file;
  if (S_ISDIR(mode)) return FileType::folder;
  if (S_ISLNK(mode)) return FileType::symlink;
  return FileType::other;
}

FileInfo info_of(std::string name, const struct stat& found) {
  FileInfo info{std::move(name), type_of(found.st_mode), static_cast<std::uint64_t>(found.st_size),
                file_identity(found)};
  info.changed = static_cast<std::int64_t>(found.st_ctim.tv_sec) * 1'000'000'000 + found.st_ctim.tv_nsec;
  info.modified = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec;
  return info;
}

Error too_deep(const std::string& path) {
  return Error::output("'" + path + "' has folders nested deeper than " + std::to_string(deepest_folder),
                       "choose another place")
      .in_file(path);
}

class LocalStorage final : public Storage {
 public:
  void guard(const std::string& folder, const std::string& like) override { guard_.add(folder, like); }
  Result<std::string> find_trap(const std::string& folder, const std::string& root) override {
    return find_local_trap(guard_, folder, root);
  }
  Result<std::optional<Obstacle>> find_obstacle(const std::string& from, const std::string& into,
                                                const std::vector<std::string>& skip, bool rest_stays) override {
    return find_local_obstacle(guard_, from, into, skip, rest_stays);
  }

  Result<std::optional<FileInfo>> stat(const std::string& path, bool follow) override {
    struct stat found;
    const LocalPlace place = guard_.find(path);
    const int flags = follow && !place.guarded() ? 0 : AT_SYMLINK_NOFOLLOW;
    if (!place.valid() || ::fstatat(place.at(), place.name(), &found, flags) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileInfo>();
      return guard_.error(ErrorKind::input, "examine", path, errno);
    }
    return std::optional<FileInfo>(info_of(path, found));
  }

  Result<std::vector<FileInfo>> list(const std::string& folder) override {
    const LocalPlace place = guard_.find(folder);
    FolderReader reader(place.at(), place.name(), !place.guarded());
    if (!reader.valid()) return guard_.error(ErrorKind::input, "list", folder, errno);
    std::vector<FileInfo> entries;
    while (const char* name = reader.next()) {
      struct stat found;
      if (::fstatat(reader.descriptor(), name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;  // removed meanwhile
        return system_error(ErrorKind::input, "examine", folder + "/" + name, errno);
      }
      entries.push_back(info_of(name, found));
    }
    if (errno != 0) return system_error(ErrorKind::input, "list", folder, errno);
    std::sort(entries.begin(), entries.end(), [](const FileInfo& a, const FileInfo& b) { return a.name < b.name; });
    return entries;
  }

  Status walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) override {
    const LocalPlace place = guard_.find(folder);
    FolderReader reader(place.at(), place.name(), !place.guarded());
    if (!reader.valid()) {
      if (errno == ENOENT) return {};
      return guard_.error(ErrorKind::input, "list", folder, errno);
    }
    return walk_open(reader, folder, "", visit, skip, 0);
  }

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override { return open_local_file(guard_, path); }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    return create_local_file(guard_, path);
  }

  Status make_folder(const std::string& path) override {
    const int failure = guard_.make_folders(path);
    if (failure != 0) return guard_.error(ErrorKind::output, "make the folder", path, failure);
    return {};
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (rename_with(from, to, 0) == 0) return {};
    if (errno == EISDIR && remove_empty(to) == 0 && rename_with(from, to, 0) == 0) return {};
    // Either name may be the one that is missing: make the folder and let the second try tell.
    if (errno == ENOENT && guard_.make_parents(to) == 0 && rename_with(from, to, 0) == 0) return {};
    return rename_error("move '" + from + "' to", from, to, errno);
  }

  Result<bool> exchange(const std::string& a, const std::string& b) override {
    // overlayfs exchanges folders that were made in it, but not those of the layer below, and nothing
    // tells them apart before the attempt: so a try with other folders would prove nothing.
    struct statfs system;
    if (::statfs(a.c_str(), &system) == 0 && system.f_type == OVERLAYFS_SUPER_MAGIC) return false;
    guard_.forget_folders();
    if (rename_with(a, b, RENAME_EXCHANGE) == 0) return true;
    switch (errno) {
      case EXDEV:
      case EBUSY:
      case EINVAL:
      case ENOSYS:
      case EOPNOTSUPP: return false;
      default: return rename_error("exchange '" + a + "' with", a, b, errno);
    }
  }

  Status rename_new(const std::string& from, const std::string& to) override {
    guard_.forget_folders();
    if (rename_with(from, to, RENAME_NOREPLACE) == 0) return {};
    // Where there is no flag: a second name is given only where there is none, and folders, which cannot have one, are
    // moved over nothing but an empty folder.
    if (errno == EINVAL || errno == ENOSYS) {
      const LocalPlace old_place = guard_.find(from);
      const LocalPlace new_place = guard_.find(to);
      if (old_place.valid() && new_place.valid()) {
        if (::linkat(old_place.at(), old_place.name(), new_place.at(), new_place.name(), 0) == 0) return remove(from);
        if (errno == EPERM && rename_with(from, to, 0) == 0) return {};
      }
    }
    return rename_error("move '" + from + "' to", from, to, errno);
  }

  Status remove(const std::string& path) override {
    const LocalPlace place = guard_.find(path);
    if (place.valid() && ::unlinkat(place.at(), place.name(), 0) == 0) return {};
    // Nothing is there to be removed; but where the way is barred by a link, that is told.
    if (errno == ENOENT || errno == EISDIR || (errno == ENOTDIR && !place.guarded())) return {};
    if (errno == ENOTDIR && place.valid()) return {};
    return guard_.error(ErrorKind::output, "remove", path, errno);
  }

  Result<bool> remove_folder(const std::string& path) override {
    guard_.forget_folders();
    if (remove_empty(path) == 0 || errno == ENOENT) return true;
    if (errno == ENOTEMPTY || errno == EEXIST) return false;
    return guard_.error(ErrorKind::output, "remove the folder", path, errno);
  }

  Status remove_tree(const std::string& path) override {
    guard_.forget_folders();
    struct stat found;
    const LocalPlace place = guard_.find(path);
    if (!place.valid() || ::fstatat(place.at(), place.name(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return {};
      return guard_.error(ErrorKind::output, "examine", path, errno);
    }
    if (!S_ISDIR(found.st_mode)) return remove(path);
    return remove_tree_in(place.at(), place.name(), path, 0);
  }

  Status copy_attributes(const std::string& from, const std::string& to) override;

  Result<bool> is_mount_point(const std::string& folder) override {
    struct statx found;
    const LocalPlace place = guard_.find(folder);
    if (!place.valid()) return guard_.error(ErrorKind::output, "examine", folder, errno);
    if (::statx(place.at(), place.name(), place.guarded() ? AT_SYMLINK_NOFOLLOW : 0, STATX_TYPE, &found) == 0 &&
        (found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0) {
      return (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    }
    // An older kernel: sees other file systems, but not bind mounts, which refuse the exchange later.
    struct stat here;
    struct stat above;
    if (::stat(folder.c_str(), &here) != 0 || ::stat((folder + "/..").c_str(), &above) != 0) {
      return system_error(ErrorKind::output, "examine", folder, errno);
    }
    return here.st_dev != above.st_dev || here.st_ino == above.st_ino;
  }

  Status sync_folder(const std::string& path) override { return sync_with(path, ::fsync); }
  Status sync_all(const std::string& folder) override { return sync_with(folder, ::syncfs); }

  Result<std::uint64_t> free_space(const std::string& path) override {
    std::string place = path;
    struct statvfs found;
    while (::statvfs(place.c_str(), &found) != 0) {
      const std::size_t slash = place.find_last_of('/');
      if ((errno != ENOENT && errno != ENOTDIR) || slash == std::string::npos || place == "/") {
        return system_error(ErrorKind::output, "ask for the free space of", path, errno);
      }
      place.resize(std::max<std::size_t>(slash, 1));
    }
    return static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize;
  }

  Result<std::string> resolve(const std::string& path) override;

  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    return try_lock_local_file(guard_, path);
  }
  Result<std::unique_ptr<FileLock>> try_lock_folder(const std::string& path) override {
    return try_lock_local_folder(guard_, path);
  }
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override {
    return make_local_scratch(folder);
  }

 private:
  // As renameat2(2); by number, since C libraries before 2.28 have no wrapper.
  int rename_with(const std::string& from, const std::string& to, unsigned flags) {
    const LocalPlace one = guard_.find(from);
    if (!one.valid()) return -1;
    const LocalPlace other = guard_.find(to);
    if (!other.valid()) return -1;
    if (flags == 0) return ::renameat(one.at(), one.name(), other.at(), other.name());
    return static_cast<int>(::syscall(SYS_renameat2, one.at(), one.name(), other.at(), other.name(), flags));
  }

  Error rename_error(const std::string& action, const std::string& from, const std::string& to, int number) {
    const LocalPlace one = guard_.find(from);
    const bool barred = !one.valid() && (errno == ELOOP || errno == ENOTDIR);
    return guard_.error(ErrorKind::output, barred ? "move" : action, barred ? from : to, number);
  }

  int remove_empty(const std::string& path) {
    const LocalPlace place = guard_.find(path);
    return place.valid() ? ::unlinkat(place.at(), place.name(), AT_REMOVEDIR) : -1;
  }

  Status sync_with(const std::string& path, int (*sync)(int)) {
    Descriptor descriptor(guard_.open(path, O_RDONLY | O_DIRECTORY));
    if (!descriptor.valid()) return guard_.error(ErrorKind::output, "open", path, errno);
    // Some file systems have nothing to do for a folder and say so with EINVAL.
    if (sync(descriptor.number()) != 0 && errno != EINVAL) {
      return system_error(ErrorKind::output, "write to disk", path, errno);
    }
    return {};
  }

  // `prefix` is the folder's path relative to the walk's, with a '/' at the end unless empty.
  static Status walk_open(FolderReader& reader, const std::string& folder, const std::string& prefix,
                          const WalkVisitor& visit, const std::vector<std::string>& skip, int depth) {
    if (depth > deepest_folder) return too_deep(folder);
    while (const char* name = reader.next()) {
      if (depth == 0 && std::find(skip.begin(), skip.end(), name) != skip.end()) continue;
      struct stat found;
      if (::fstatat(reader.descriptor(), name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;
        return system_error(ErrorKind::input, "examine", folder + "/" + name, errno);
      }
      if (!S_ISDIR(found.st_mode)) {
        GM_RETURN_IF_ERROR(visit(info_of(prefix + name, found)));
        continue;
      }
      FolderReader below(reader.descriptor(), name, false);
      if (!below.valid()) {
        if (errno == ENOENT) continue;
        return system_error(ErrorKind::input, "list", folder + "/" + name, errno);
      }
      GM_RETURN_IF_ERROR(walk_open(below, folder + "/" + name, prefix + name + "/", visit, skip, depth + 1));
    }
    if (errno != 0) return system_error(ErrorKind::input, "list", folder, errno);
    return {};
  }

  // Removes the folder `name` in `at`, whose path for messages is `path`.
  static Status remove_tree_in(int at, const char* name, const std::string& path, int depth) {
    if (depth > deepest_folder) return too_deep(path);
    // Again when something appeared or was missed while the folder was read and emptied.
    for (int attempt = 0; attempt < 10; ++attempt) {
      {
        FolderReader reader(at, name, false);
        if (!reader.valid()) {
          if (errno == ENOENT) return {};
          return system_error(ErrorKind::output, "list", path, errno);
        }
        while (const char* entry = reader.next()) {
          if (::unlinkat(reader.descriptor(), entry, 0) == 0 || errno == ENOENT) continue;
          if (errno != EISDIR && errno != EPERM) {
            return system_error(ErrorKind::output, "remove", path + "/" + entry, errno);
          }
          const int failure = errno;
          struct stat found;
          if (::fstatat(reader.descriptor(), entry, &found, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(found.st_mode)) {
            return system_error(ErrorKind::output, "remove", path + "/" + entry, failure);
          }
          GM_RETURN_IF_ERROR(remove_tree_in(reader.descriptor(), entry, path + "/" + entry, depth + 1));
        }
        if (errno != 0) return system_error(ErrorKind::output, "list", path, errno);
      }
      if (::unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
      if (errno != ENOTEMPTY && errno != EEXIST) break;
    }
    return system_error(ErrorKind::output, "remove the folder", path, errno);
  }

  LocalGuard guard_;
};

// Access control lists are extended attributes of two fixed names; a file system without them says
// EOPNOTSUPP, a folder without one ENODATA.
Status copy_access_list(const char* name, int from, const std::string& from_path, int to, const std::string& to_path) {
  std::array<char, XATTR_SIZE_MAX> value;
  const ssize_t size = ::fgetxattr(from, name, value.data(), value.size());
  if (size < 0 && errno != ENODATA && errno != EOPNOTSUPP) {
    return system_error(ErrorKind::output, "read the access control list of", from_path, errno);
  }
  if (size >= 0) {
    if (::fsetxattr(to, name, value.data(), static_cast<std::size_t>(size), 0) == 0) return {};
  } else if (::fremovexattr(to, name) == 0 || errno == ENODATA || errno == EOPNOTSUPP) {
    return {};
  }
  return system_error(ErrorKind::output, "set the access control list of", to_path, errno);
}

Status LocalStorage::copy_attributes(const std::string& from, const std::string& to) {
  const Descriptor source(guard_.open(from, O_RDONLY | O_DIRECTORY));
  struct stat wanted;
  if (!source.valid() || ::fstat(source.number(), &wanted) != 0) {
    return guard_.error(ErrorKind::output, "examine", from, errno);
  }
  const Descriptor target(guard_.open(to, O_RDONLY | O_DIRECTORY));
  struct stat found;
  if (!target.valid() || ::fstat(target.number(), &found) != 0) {
    return guard_.error(ErrorKind::output, "examine", to, errno);
  }
  if ((wanted.st_uid != found.st_uid || wanted.st_gid != found.st_gid) &&
      ::fchown(target.number(), wanted.st_uid, wanted.st_gid) != 0) {
    return system_error(ErrorKind::output, "give the owner of '" + from + "' to", to, errno);
  }
  // Lists before the mode: the group bits of the mode are the mask of the list.
  for (const char* name : {"system.posix_acl_access", "system.posix_acl_default"}) {
    GM_RETURN_IF_ERROR(copy_access_list(name, source.number(), from, target.number(), to));
  }
  if (::fchmod(target.number(), wanted.st_mode & 07777) != 0) {
    return system_error(ErrorKind::output, "set the mode of", to, errno);
  }
  return {};
}

// realpath(3) of the longest part that exists; a symlink that leads nowhere is replaced by where it
// would lead.
Result<std::string> LocalStorage::resolve(const std::string& path) {
  if (path.starts_with("s3://")) {
    return Error::usage("'" + path + "': S3 is not built into this version", "name a local path").in_file(path);
  }
  if (path.empty()) return Error::usage("a path is empty", "name a file or folder");
  std::string existing = path;
  std::string rest;  // "/a/b": what does not exist yet
  for (int steps = 0; steps < PATH_MAX; ++steps) {
    std::array<char, PATH_MAX> resolved;
    if (::realpath(existing.c_str(), resolved.data()) != nullptr) {
      std::string whole = resolved.data();
      if (whole == "/" && !rest.empty()) whole.clear();
      return whole + rest;
    }
    if (errno != ENOENT) return system_error(ErrorKind::output, "resolve", existing, errno);
    while (existing.size() > 1 && existing.back() == '/') existing.pop_back();
    const std::size_t slash = existing.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : existing.substr(0, std::max<std::size_t>(slash, 1));
    const std::string name = slash == std::string::npos ? existing : existing.substr(slash + 1);
    const ssize_t length = ::readlink(existing.c_str(), resolved.data(), resolved.size());
    if (length > 0) {
      const std::string target(resolved.data(), static_cast<std::size_t>(length));
      existing = target.front() == '/' ? target : folder + "/" + target;
    } else if (name == "..") {
      return Error::output("cannot resolve '" + path + "': '..' follows a folder that does not exist",
                           "write the path without '..'")
          .in_file(path);
    } else {
      if (!name.empty() && name != ".") rest = "/" + name + rest;
      existing = folder;
    }
  }
  return system_error(ErrorKind::output, "resolve", path, ELOOP);
}

}  // namespace
}  // namespace gristmill::storage

std::unique_ptr<gristmill::Storage> gristmill::make_local_storage() {
  return std::make_unique<storage::LocalStorage>();
}
