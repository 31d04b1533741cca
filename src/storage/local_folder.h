// An open local folder, read one entry at a time; for local.cc and local_permission.cc.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace gristmill::storage {

// Deeper than any tree that gristmill writes; each level holds a descriptor open.
inline constexpr int deepest_folder = 256;

class FolderReader {
 public:
  // Opens `name` within the folder that `at` has open (or AT_FDCWD); never through a symlink unless `follow`.
  FolderReader(int at, const char* name, bool follow) {
    if (at == -1) return;  // errno says why the folder around it could not be opened
    int descriptor;
    do {
      descriptor = ::openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) return;
    folder_ = ::fdopendir(descriptor);
    if (folder_ == nullptr) {
      const int number = errno;
      ::close(descriptor);
      errno = number;
    } else {
      descriptor_ = descriptor;
    }
  }
  FolderReader(const FolderReader&) = delete;
  FolderReader& operator=(const FolderReader&) = delete;
  ~FolderReader() {
    if (folder_ != nullptr) ::closedir(folder_);
  }
  bool valid() const { return folder_ != nullptr; }
  int descriptor() const { return descriptor_; }
  // The next name but "." and ".."; nullptr at the end (errno 0) and on failure (errno set).
  const char* next() {
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(folder_);
      if (entry == nullptr) return nullptr;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") return entry->d_name;
    }
  }
  void rewind() { ::rewinddir(folder_); }

 private:
  DIR* folder_ = nullptr;
  int descriptor_ = -1;  // of folder_
};

}  // namespace gristmill::storage
