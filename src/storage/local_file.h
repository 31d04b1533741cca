// The open files of the local storage, for local.cc; and the streams that a user names as if they were files.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "gristmill/storage.h"

namespace gristmill::storage {

class LocalGuard;

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }
  int release();
  void reset(int number);

 private:
  int number_;
};

// open(2) with O_CLOEXEC, repeated when a signal interrupts it; -1 and errno as there.
int open_retrying(const char* path, int flags, mode_t mode = 0);

// Reads until `length` or the end of the file; -1 and errno on failure.
ssize_t read_fully(int descriptor, char* into, std::size_t length, std::uint64_t offset);
// Writes all of `bytes` at the descriptor's position, or at `offset` if that is not negative; 0 or an errno.
int write_fully(int descriptor, std::string_view bytes, off_t offset);

// Device, inode, size and the times of modification and of change (ctime) in one number.
std::uint64_t file_identity(const struct stat& found);

Result<std::unique_ptr<ReadableFile>> open_local_file(const LocalGuard& guard, const std::string& path);
// Folders above it that are missing are made; an error if the file is there.
Result<std::unique_ptr<WritableFile>> create_local_file(LocalGuard& guard, const std::string& path);
// Whether a pipe or a character device is at the path, or where its links lead.
bool is_local_stream(const std::string& path);
// Opens it to be written into as it is, with nothing made or cut off; for a pipe, waits until somebody reads it.
Result<std::unique_ptr<WritableFile>> open_local_stream(const std::string& path);
// A file without a name in that folder.
Result<Descriptor> open_local_scratch(const std::string& folder);
Result<std::unique_ptr<ScratchFile>> make_local_scratch(const std::string& folder);

}  // namespace gristmill::storage
