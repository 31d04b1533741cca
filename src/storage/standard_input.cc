// A file that the shell has opened (`< FILE`) is read where it lies; a pipe is copied to a scratch file first. Reading
// it as it comes would spare that copy, but lines are read again: where bytes are looked at to tell what they are, and
// where a file is inspected. Tested in standard_input_test.cc.
#include "storage/standard_input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "storage/system_error.h"

namespace gristmill::storage {
namespace {

constexpr std::string_view shown = "standard input";
constexpr std::size_t piece_size = 1U << 20;  // bytes
constexpr int longest_wait = 100;             // milliseconds between two questions whether to stop

class KeptInput final : public ReadableFile {
 public:
  KeptInput(Descriptor descriptor, const struct stat& opened) : descriptor_(std::move(descriptor)), opened_(opened) {}

  std::uint64_t size() const override { return static_cast<std::uint64_t>(opened_.st_size); }

  Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t length) override {
    const ssize_t got = read_fully(descriptor_.number(), into, length, offset);
    if (got < 0) return system_error(ErrorKind::input, "read", shown, errno);
    return static_cast<std::size_t>(got);
  }

  Status check_unchanged() override {
    struct stat now;
    if (::fstat(descriptor_.number(), &now) != 0) return system_error(ErrorKind::input, "examine", shown, errno);
    return file_identity(now) == file_identity(opened_) ? Status() : Status(changed_while_read(std::string(shown)));
  }

 private:
  Descriptor descriptor_;
  struct stat opened_;
};

Status copy_stream(int from, int to, const std::string& folder, const std::function<bool()>& should_stop) {
  std::vector<char> piece(piece_size);
  for (;;) {
    struct pollfd waited{from, POLLIN, 0};
    const int ready = ::poll(&waited, 1, longest_wait);
    if (should_stop()) return Error::interrupted();
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(from, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return system_error(ErrorKind::input, "read", shown, errno);
    if (got == 0) return {};
    const int failure = write_fully(to, {piece.data(), static_cast<std::size_t>(got)}, -1);
    if (failure != 0) return system_error(ErrorKind::output, "keep standard input in", folder, failure);
  }
}

}  // namespace

Status StandardInput::keep(const std::string& folder, const std::function<bool()>& should_stop) {
  if (kept_.valid()) return {};
  Descriptor stream(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  struct stat found;
  if (!stream.valid() || ::fstat(stream.number(), &found) != 0)
    return system_error(ErrorKind::input, "read", shown, errno);
  const bool is_at_start = S_ISREG(found.st_mode) && ::lseek(stream.number(), 0, SEEK_CUR) == 0;
  const bool may_be_read = (::fcntl(stream.number(), F_GETFL) & O_ACCMODE) != O_WRONLY;
  if (is_at_start && may_be_read) {
    kept_.reset(stream.release());
    return {};
  }
  GM_ASSIGN(Descriptor scratch, open_local_scratch(folder));
  GM_RETURN_IF_ERROR(copy_stream(stream.number(), scratch.number(), folder, should_stop));
  kept_.reset(scratch.release());
  return {};
}

Result<FileInfo> StandardInput::stat() const {
  FileInfo info;
  info.name = standard_input_path;
  if (!kept_.valid()) return info;
  struct stat found;
  if (::fstat(kept_.number(), &found) != 0) return system_error(ErrorKind::input, "examine", shown, errno);
  info.size = static_cast<std::uint64_t>(found.st_size);
  info.identity = file_identity(found);
  return info;
}

Result<std::unique_ptr<ReadableFile>> StandardInput::open() const {
  Descriptor descriptor(::fcntl(kept_.number(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  struct stat found;
  if (!descriptor.valid() || ::fstat(descriptor.number(), &found) != 0) {
    return system_error(ErrorKind::input, "open", shown, errno);
  }
  return std::unique_ptr<ReadableFile>(std::make_unique<KeptInput>(std::move(descriptor), found));
}

}  // namespace gristmill::storage
