// Files of the local file system: whole reads and writes over system calls that may be short or
// interrupted. Nothing is buffered here: callers append large blocks, and a small file is one open,
// one write and one close. `create` makes the folder first: nearly every file is the first in a
// folder of its own, and to try the file, make its folder and try again takes a third longer.
// Tested in local_test.cc.
#include "storage/local_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "storage/local_guard.h"
#include "storage/system_error.h"

namespace gristmill::storage {
namespace {

constexpr mode_t file_mode = 0666;  // less the umask

class LocalReadable final : public ReadableFile {
 public:
  LocalReadable(Descriptor descriptor, std::string path, const struct stat& opened)
      : descriptor_(std::move(descriptor)), path_(std::move(path)), opened_(opened) {}

  std::uint64_t size() const override { return static_cast<std::uint64_t>(opened_.st_size); }

  Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t length) override {
    const ssize_t got = read_fully(descriptor_.number(), into, length, offset);
    if (got < 0) {
      return system_error(ErrorKind::input, "read byte " + std::to_string(offset) + " and on of", path_, errno);
    }
    return static_cast<std::size_t>(got);
  }

  Status check_unchanged() override {
    struct stat now;
    if (::fstat(descriptor_.number(), &now) != 0) {
      return system_error(ErrorKind::input, "examine", path_, errno);
    }
    const std::uint64_t opened = file_identity(opened_);
    bool same = file_identity(now) == opened;
    if (same && ::stat(path_.c_str(), &now) != 0) {
      if (errno != ENOENT) return system_error(ErrorKind::input, "examine", path_, errno);
      same = false;
    } else if (same) {
      same = file_identity(now) == opened;
    }
    return same ? Status() : Status(changed_while_read(path_));
  }

 private:
  Descriptor descriptor_;
  std::string path_;
  struct stat opened_;
};

class LocalWritable final : public WritableFile {
 public:
  LocalWritable(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Status append(std::string_view bytes) override {
    const int failure = write_fully(descriptor_.number(), bytes, -1);
    if (failure != 0) return system_error(ErrorKind::output, "write", path_, failure);
    return {};
  }

  Status close(bool durable) override {
    if (!descriptor_.valid()) return Error::internal("'" + path_ + "' is closed twice").in_file(path_);
    if (durable && ::fsync(descriptor_.number()) != 0) {
      return system_error(ErrorKind::output, "write to disk", path_, errno);
    }
    // Network file systems report a full disk only here. On Linux the descriptor is gone after EINTR too.
    if (::close(descriptor_.release()) != 0 && errno != EINTR) {
      return system_error(ErrorKind::output, "finish writing", path_, errno);
    }
    return {};
  }

 private:
  Descriptor descriptor_;
  std::string path_;
};

class LocalScratch final : public ScratchFile {
 public:
  LocalScratch(Descriptor descriptor, std::string folder)
      : descriptor_(std::move(descriptor)), folder_(std::move(folder)) {}

  Status write_at(std::uint64_t offset, std::string_view bytes) override {
    const int failure = write_fully(descriptor_.number(), bytes, static_cast<off_t>(offset));
    if (failure != 0) return system_error(ErrorKind::output, "write a scratch file in", folder_, failure);
    return {};
  }

  Status read_at(std::uint64_t offset, char* into, std::size_t length) override {
    const ssize_t got = read_fully(descriptor_.number(), into, length, offset);
    if (got < 0) return system_error(ErrorKind::output, "read a scratch file in", folder_, errno);
    if (static_cast<std::size_t>(got) != length) {
      return Error::internal("a scratch file in '" + folder_ + "' ends at byte " +
                             std::to_string(offset + static_cast<std::uint64_t>(got)) + ", before what was asked")
          .in_file(folder_);
    }
    return {};
  }

 private:
  Descriptor descriptor_;
  std::string folder_;
};

}  // namespace

int write_fully(int descriptor, std::string_view bytes, off_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = offset < 0 ? ::write(descriptor, bytes.data(), bytes.size())
                                       : ::pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    if (offset >= 0) offset += written;
  }
  return 0;
}

ssize_t read_fully(int descriptor, char* into, std::size_t length, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = ::pread(descriptor, into + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

int Descriptor::release() { return std::exchange(number_, -1); }

void Descriptor::reset(int number) {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

int open_retrying(const char* path, int flags, mode_t mode) {
  int descriptor;
  do {
    descriptor = ::openat(AT_FDCWD, path, flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

// The time of modification can be set back to what it was, that of the last change of anything cannot.
std::uint64_t file_identity(const struct stat& found) {
  std::uint64_t mixed = 0x9E3779B97F4A7C15ULL;
  for (const std::uint64_t part :
       {static_cast<std::uint64_t>(found.st_dev), static_cast<std::uint64_t>(found.st_ino),
        static_cast<std::uint64_t>(found.st_size), static_cast<std::uint64_t>(found.st_mtim.tv_sec),
        static_cast<std::uint64_t>(found.st_mtim.tv_nsec), static_cast<std::uint64_t>(found.st_ctim.tv_sec),
        static_cast<std::uint64_t>(found.st_ctim.tv_nsec)}) {
    mixed = (mixed ^ part) * 0xBF58476D1CE4E5B9ULL;
    mixed ^= mixed >> 31;
  }
  return mixed;
}

Result<std::unique_ptr<ReadableFile>> open_local_file(const LocalGuard& guard, const std::string& path) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
  Descriptor descriptor(guard.open(path, O_RDONLY | O_NONBLOCK));
  struct stat found;
  if (!descriptor.valid() || ::fstat(descriptor.number(), &found) != 0) {
    return guard.error(ErrorKind::input, "open", path, errno);
  }
  if (S_ISDIR(found.st_mode)) return system_error(ErrorKind::input, "open", path, EISDIR);
  if (!S_ISREG(found.st_mode)) {
    return Error::input("cannot open '" + path + "': it is a pipe, a socket or a device, not a regular file",
                        "write it to a file first")
        .in_file(path);
  }
  return std::unique_ptr<ReadableFile>(std::make_unique<LocalReadable>(std::move(descriptor), path, found));
}

Result<std::unique_ptr<WritableFile>> create_local_file(LocalGuard& guard, const std::string& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL;
  int failure = guard.make_parents(path);
  int descriptor = guard.open(path, flags, file_mode);
  if (descriptor < 0 && errno == ENOENT && failure == 0) {
    // The folder was made in one that is held but has been moved away since.
    guard.forget_folders();
    failure = guard.make_parents(path);
    descriptor = guard.open(path, flags, file_mode);
  }
  if (descriptor < 0 && errno == ENOENT && failure != 0) {
    return guard.error(ErrorKind::output, "make the folder of", path, failure);
  }
  if (descriptor < 0) return guard.error(ErrorKind::output, "create", path, errno);
  return std::unique_ptr<WritableFile>(std::make_unique<LocalWritable>(Descriptor(descriptor), path));
}

bool is_local_stream(const std::string& path) {
  struct stat found;
  return ::stat(path.c_str(), &found) == 0 && (S_ISFIFO(found.st_mode) || S_ISCHR(found.st_mode));
}

Result<std::unique_ptr<WritableFile>> open_local_stream(const std::string& path) {
  Descriptor descriptor(open_retrying(path.c_str(), O_WRONLY | O_NOCTTY, 0));
  if (!descriptor.valid()) return system_error(ErrorKind::output, "open", path, errno);
  return std::unique_ptr<WritableFile>(std::make_unique<LocalWritable>(std::move(descriptor), path));
}

Result<Descriptor> open_local_scratch(const std::string& folder) {
  int descriptor = open_retrying(folder.c_str(), O_TMPFILE | O_RDWR, 0600);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string name = folder + "/.gristmill-scratch-XXXXXX";
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) ::unlink(name.c_str());
  }
  if (descriptor < 0) return system_error(ErrorKind::output, "make a scratch file in", folder, errno);
  return Descriptor(descriptor);
}

Result<std::unique_ptr<ScratchFile>> make_local_scratch(const std::string& folder) {
  GM_ASSIGN(Descriptor descriptor, open_local_scratch(folder));
  return std::unique_ptr<ScratchFile>(std::make_unique<LocalScratch>(std::move(descriptor), folder));
}

}  // namespace gristmill::storage
