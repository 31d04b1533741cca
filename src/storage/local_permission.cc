// The kernel is asked what it would allow (faccessat2), and what it does not tell that way is computed as the kernel
// does: the sticky bit and the attributes of chattr. Two trees are walked side by side, so that only folders are
// asked for in which something will be made or removed; an output of a million folders costs one walk more.
// Rejected: making and removing a file in each folder, which writes what it only wants to know and changes the
// times of folders that are another user's. Tested in local_permission_test.cc.
#include "storage/local_permission.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "storage/local_folder.h"
#include "storage/system_error.h"

namespace gristmill::storage {
namespace {

std::string name_of_user(uid_t user) {
  std::array<char, 4096> buffer;
  passwd entry;
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return std::to_string(user);
}

std::string octal(mode_t mode) {
  std::array<char, 8> text;
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

// Whether the sticky bit does not bind this process.
bool may_act_as_owner() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets = {};
  return ::syscall(SYS_capget, &header, sets.data()) == 0 && (sets[0].effective & (1U << CAP_FOWNER)) != 0;
}

// 0, or the errno that making and removing in this folder would fail with.
int refusal_of_kernel(int folder) {
#ifdef SYS_faccessat2
  if (::syscall(SYS_faccessat2, folder, ".", W_OK | X_OK, AT_EACCESS) == 0) return 0;
  if (errno != ENOSYS && errno != EPERM) return errno;
#endif
  return ::faccessat(folder, ".", W_OK | X_OK, 0) == 0 ? 0 : errno;
}

bool examine(int at, const char* name, struct statx& found) {
  return ::statx(at, name, AT_SYMLINK_NOFOLLOW | (*name == '\0' ? AT_EMPTY_PATH : 0),
                 STATX_TYPE | STATX_MODE | STATX_UID, &found) == 0;
}

class ObstacleFinder {
 public:
  Status visit(FolderReader& into, FolderReader* from, const std::string& path, const std::vector<std::string>& skip,
               int depth, bool& holds_files) {
    if (depth > deepest_folder) return {};  // the walk that lists its files says so
    struct statx folder;
    if (!examine(into.descriptor(), "", folder)) return failed("examine", path);
    bool changes = false;
    while (const char* name = into.next()) {
      if (depth == 0 && std::find(skip.begin(), skip.end(), name) != skip.end()) continue;
      struct statx entry;
      if (!examine(into.descriptor(), name, entry)) {
        if (errno == ENOENT) continue;
        return failed("examine", path + "/" + name);
      }
      bool goes = true;
      if (S_ISDIR(entry.stx_mode)) {
        GM_ASSIGN(goes, visit_below(into, from, path, name, depth));
        holds_files |= goes;
        if (obstacle) return {};
        goes = goes && (from == nullptr || ::faccessat(from->descriptor(), name, F_OK, AT_SYMLINK_NOFOLLOW) != 0);
      } else {
        holds_files = true;
      }
      if (!goes) continue;
      changes = true;
      note_kept_entry(folder, entry, path, name);
      if (obstacle) return {};
    }
    if (errno != 0) return failed("list", path);
    while (!changes && from != nullptr) {
      const char* name = from->next();
      if (name == nullptr) break;
      struct statx entry;
      // A file comes, or a folder that is not there yet.
      changes = !examine(into.descriptor(), name, entry) || !S_ISDIR(entry.stx_mode);
      if (!changes) changes = examine(from->descriptor(), name, entry) && !S_ISDIR(entry.stx_mode);
    }
    if (changes) note_folder(into.descriptor(), folder, path);
    return {};
  }

  // Every folder that something comes to.
  Status visit_arrivals(FolderReader& into, FolderReader& from, const std::string& path, int depth) {
    if (depth > deepest_folder) return {};
    struct statx folder;
    if (!examine(into.descriptor(), "", folder)) return failed("examine", path);
    bool changes = false;
    while (const char* name = obstacle ? nullptr : from.next()) {
      struct statx comes;
      struct statx there;
      if (!examine(from.descriptor(), name, comes)) continue;
      const bool is_there = examine(into.descriptor(), name, there);
      if (is_there && S_ISDIR(comes.stx_mode) && S_ISDIR(there.stx_mode)) {
        FolderReader below(into.descriptor(), name, false);
        if (!below.valid()) return note_closed(there, path + "/" + name, errno);
        FolderReader source(from.descriptor(), name, false);
        if (!source.valid()) return failed("list", path + "/" + name);
        GM_RETURN_IF_ERROR(visit_arrivals(below, source, path + "/" + name, depth + 1));
        continue;
      }
      changes = true;
      if (is_there) note_kept_entry(folder, there, path, name);
    }
    if (!obstacle && errno != 0) return failed("list", path);
    if (changes) note_folder(into.descriptor(), folder, path);
    return {};
  }

  // Every folder of a tree whose files will be moved away.
  Status visit_source(FolderReader& folder, const std::string& path, int depth) {
    if (depth > deepest_folder) return {};
    struct statx found;
    if (!examine(folder.descriptor(), "", found)) return failed("examine", path);
    note_folder(folder.descriptor(), found, path);
    while (const char* name = obstacle ? nullptr : folder.next()) {
      struct statx entry;
      if (!examine(folder.descriptor(), name, entry)) continue;
      note_kept_entry(found, entry, path, name);
      if (obstacle || !S_ISDIR(entry.stx_mode)) continue;
      FolderReader below(folder.descriptor(), name, false);
      if (!below.valid()) return note_closed(entry, path + "/" + name, errno);
      GM_RETURN_IF_ERROR(visit_source(below, path + "/" + name, depth + 1));
    }
    return {};
  }

  std::optional<Obstacle> obstacle;

 private:
  static Error failed(const char* action, const std::string& path) {
    return system_error(ErrorKind::input, action, path, errno);
  }

  // Whether the folder `name` of `into` holds any file.
  Result<bool> visit_below(FolderReader& into, FolderReader* from, const std::string& path, const char* name,
                           int depth) {
    FolderReader below(into.descriptor(), name, false);
    if (!below.valid()) {
      if (errno == ENOENT) return false;
      return failed("list", path + "/" + name);
    }
    bool holds_files = false;
    std::optional<FolderReader> staged;
    if (from != nullptr) staged.emplace(from->descriptor(), name, false);
    FolderReader* const comes = staged && staged->valid() ? &*staged : nullptr;
    GM_RETURN_IF_ERROR(visit(below, comes, path + "/" + name, {}, depth + 1, holds_files));
    return holds_files;
  }

  // What lies in a folder can be in the way itself.
  void note_kept_entry(const struct statx& folder, const struct statx& entry, const std::string& path,
                       const char* name) {
    const bool others = folder.stx_uid != user_ && entry.stx_uid != user_;
    const bool sticky = (folder.stx_mode & S_ISVTX) != 0 && others && !owner_;
    if (sticky) {
      obstacle = Obstacle{path, name_of_user(entry.stx_uid),
                          "its sticky bit keeps '" + name_of_user(user_) + "' from replacing '" + name +
                              "', which is '" + name_of_user(entry.stx_uid) + "'s"};
    } else if ((entry.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0) {
      obstacle = Obstacle{path, name_of_user(entry.stx_uid),
                          "'" + std::string(name) + "' in it may not be replaced (chattr +i or +a)"};
    }
  }

  void note_folder(int descriptor, const struct statx& folder, const std::string& path) {
    if (obstacle) return;
    if ((folder.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0) {
      obstacle = Obstacle{path, name_of_user(folder.stx_uid), "it may not be changed (chattr +i or +a)"};
      return;
    }
    const int refusal = refusal_of_kernel(descriptor);
    if (refusal == EACCES) {
      obstacle = Obstacle{path, name_of_user(folder.stx_uid),
                          "'" + name_of_user(user_) + "' may not write to it (mode " + octal(folder.stx_mode) + ")"};
    } else if (refusal == EROFS) {
      obstacle = Obstacle{path, name_of_user(folder.stx_uid), "its file system is mounted read-only"};
    } else if (refusal != 0) {
      obstacle = Obstacle{path, name_of_user(folder.stx_uid), std::strerror(refusal)};
    }
  }

  Status note_closed(const struct statx& entry, const std::string& path, int number) {
    if (number != EACCES) return system_error(ErrorKind::input, "list", path, number);
    obstacle = Obstacle{path, name_of_user(entry.stx_uid),
                        "'" + name_of_user(user_) + "' may not read it (mode " + octal(entry.stx_mode) + ")"};
    return {};
  }

  uid_t user_ = ::geteuid();
  bool owner_ = may_act_as_owner();
};

}  // namespace

Result<std::string> find_local_trap(const LocalGuard& guard, const std::string& folder, const std::string& root) {
  struct stat found;
  struct stat above;
  const LocalPlace place = guard.find(folder);
  if (!place.valid() || ::fstatat(place.at(), place.name(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
    // Whatever else keeps from looking keeps from working there too, and is told then.
    if (errno != ELOOP) return std::string();
    return guard.error(ErrorKind::output, "examine", folder, errno);
  }
  if (S_ISLNK(found.st_mode)) return std::string("it is a symbolic link, and none is followed here");
  if (!S_ISDIR(found.st_mode)) return std::string("it is a file, not a folder");
  const std::string parent = folder.substr(0, std::max<std::size_t>(folder.rfind('/'), 1));
  if (::stat(parent.c_str(), &above) != 0) return guard.error(ErrorKind::output, "examine", parent, errno);
  if ((above.st_mode & S_IWOTH) == 0 || found.st_uid == ::geteuid()) return std::string();
  struct stat output;
  const bool has_root = ::lstat(root.c_str(), &output) == 0 && S_ISDIR(output.st_mode);
  if (has_root && output.st_uid == found.st_uid) return std::string();
  return "it belongs to '" + name_of_user(found.st_uid) + "', and everybody may make folders in '" + parent + "'";
}

Result<std::optional<Obstacle>> find_local_obstacle(const LocalGuard& guard, const std::string& from,
                                                    const std::string& into, const std::vector<std::string>& skip,
                                                    bool rest_stays) {
  ObstacleFinder finder;
  std::optional<FolderReader> source;
  if (!from.empty()) {
    const LocalPlace place = guard.find(from);
    source.emplace(place.at(), place.name(), !place.guarded());
    if (!source->valid() && errno != ENOENT) return guard.error(ErrorKind::input, "list", from, errno);
  }
  FolderReader* const comes = source && source->valid() ? &*source : nullptr;
  const LocalPlace place = guard.find(into);
  FolderReader target(place.at(), place.name(), !place.guarded());
  if (!target.valid() && errno != ENOENT) return guard.error(ErrorKind::input, "list", into, errno);
  bool holds_files = false;
  if (target.valid() && rest_stays && comes != nullptr) {
    GM_RETURN_IF_ERROR(finder.visit_arrivals(target, *comes, into, 0));
  } else if (target.valid()) {
    GM_RETURN_IF_ERROR(finder.visit(target, comes, into, skip, 0, holds_files));
  }
  struct stat staged;
  // What this user staged, this user may move.
  if (!finder.obstacle && comes != nullptr && ::fstat(comes->descriptor(), &staged) == 0 &&
      staged.st_uid != ::geteuid()) {
    comes->rewind();
    GM_RETURN_IF_ERROR(finder.visit_source(*comes, from, 0));
  }
  return std::move(finder.obstacle);
}

}  // namespace gristmill::storage
