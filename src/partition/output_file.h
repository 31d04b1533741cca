// Writes one output file through a buffer that is reused from file to file, and knows its checksum.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "shuffle/hash.h"
#include "storage/storage.h"

namespace gristmill {

struct WrittenFile {
  std::string path;  // relative to the output root
  std::uint64_t size = 0;
  Hash128 hash;
  std::uint64_t newlines = 0;  // counted in its bytes
};

class OutputFile {
 public:
  // With `durable`, close() waits for the disk.
  OutputFile(Storage& storage, std::string root, bool durable, std::size_t buffer_size = 256U << 10);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // REQUIRES: no file is open.
  [[nodiscard]] Status open(std::string path);
  bool is_open() const { return file_ != nullptr; }
  // The caller may write up to `size` bytes at the pointer, then calls advance(). REQUIRES: size <= room_limit().
  [[nodiscard]] Status make_room(std::size_t size) { return buffer_size_ - used_ >= size ? Status{} : flush(); }
  std::size_t room_limit() const { return buffer_size_; }
  char* position() { return buffer_.get() + used_; }
  void advance(std::size_t size) { used_ += size; }
  [[nodiscard]] Status append(std::string_view bytes);
  [[nodiscard]] Result<WrittenFile> close();

 private:
  [[nodiscard]] Status flush();
  [[nodiscard]] Status write(std::string_view bytes);

  Storage& storage_;
  std::string root_;
  bool durable_;
  std::size_t buffer_size_;
  std::unique_ptr<char[]> buffer_;
  std::size_t used_ = 0;
  std::unique_ptr<WritableFile> file_;
  StreamHash hash_;
  WrittenFile written_;
};

}  // namespace gristmill
