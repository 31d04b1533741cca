// Where links are not followed: the guarded folders of the local storage, for local.cc and its files.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "storage/local_file.h"

namespace gristmill::storage {

// A name in an open folder, for the calls that end in "at". Of a path that is not guarded: the path itself, in
// AT_FDCWD.
class LocalPlace {
 public:
  LocalPlace(std::shared_ptr<const Descriptor> folder, int at, std::string name, bool guarded)
      : folder_(std::move(folder)), at_(at), name_(std::move(name)), guarded_(guarded) {}
  bool valid() const { return at_ != -1; }
  int at() const { return at_; }
  const char* name() const { return name_.c_str(); }
  bool guarded() const { return guarded_; }

 private:
  std::shared_ptr<const Descriptor> folder_;
  int at_;
  std::string name_;
  bool guarded_;
};

// Thread-safe.
class LocalGuard {
 public:
  // As Storage::guard.
  void add(const std::string& folder, const std::string& like);

  // The place of a path. Not valid, with errno set, if the folder it lies in cannot be opened; then or later ELOOP or
  // ENOTDIR may mean a link.
  LocalPlace find(const std::string& path) const;
  // open(2) with O_CLOEXEC; -1 and errno as there.
  int open(const std::string& path, int flags, mode_t mode = 0) const;
  // mkdir -p; 0 or an errno. The usual case, only the last folder missing, costs one call.
  int make_folders(const std::string& path);
  // The same for the folder that `path` lies in.
  int make_parents(const std::string& path);
  // Lets the group write what was just made at this path, as `add` promises of folders.
  void share(const std::string& path) const;
  // To be called when folders have moved or gone: descriptors of them may be held.
  void forget_folders();

  // As system_error; where a link on a guarded path was the cause, it is named.
  Error error(ErrorKind kind, std::string_view action, const std::string& path, int number) const;

 private:
  struct Entry {
    std::string folder;
    std::optional<gid_t> shared;  // the group that may write new folders
  };
  struct HeldFolder {
    std::string path;
    std::shared_ptr<const Descriptor> descriptor;
  };
  std::optional<Entry> entry_of(const std::string& path) const;
  LocalPlace find_held(const std::string& path);

  mutable std::shared_mutex mutex_;
  std::vector<Entry> entries_;
  std::mutex held_mutex_;
  std::vector<HeldFolder> held_;  // at most a few, so that a new folder costs one call and not three
  std::size_t next_held_ = 0;
};

// Opens an absolute path, no component of which may be a link; -1 and errno as open(2).
int open_without_links(const std::string& path, int flags, mode_t mode = 0);
// The same on kernels without openat2(2), folder by folder.
int open_by_components(const std::string& path, int flags, mode_t mode = 0);

}  // namespace gristmill::storage
