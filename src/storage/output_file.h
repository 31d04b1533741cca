// Writes one output file through a buffer that is reused from file to file, and knows its checksum.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "storage/hash.h"

namespace gristmill::storage {

struct OutputOptions {
  std::string root;                     // the files' paths are relative to it
  bool durable = false;                 // close() waits for the disk
  bool sha256 = false;                  // SHA-256 beside XXH3-128
  std::size_t buffer_size = 64U << 10;  // bytes
};

struct WrittenFile {
  std::string path;  // relative to the output root
  std::uint64_t size = 0;
  Hash128 hash;
  std::string sha256;          // 64 hexadecimal digits, or empty
  std::uint64_t newlines = 0;  // counted in its bytes
};

// As a fact in a sorter: key = path; value = size, hash, SHA-256 or none. Newlines are not told.
void encode(const WrittenFile& file, std::string& key, std::string& value);
WrittenFile decode_written_file(std::string_view key, std::string_view value);

class OutputFile {
 public:
  OutputFile(Storage& storage, OutputOptions options);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // REQUIRES: no file is open.
  [[nodiscard]] Status open(std::string path);
  bool is_open() const { return file_ != nullptr; }
  // The caller may write up to `size` bytes at the pointer, then calls advance(). REQUIRES: size <= room_limit().
  [[nodiscard]] Status make_room(std::size_t size) { return options_.buffer_size - used_ >= size ? Status{} : flush(); }
  std::size_t room_limit() const { return options_.buffer_size; }
  char* position() { return buffer_.get() + used_; }
  void advance(std::size_t size) { used_ += size; }
  [[nodiscard]] Status append(std::string_view bytes);
  // Appends all of a file, nothing if there is none, and returns the hash of what it appended.
  [[nodiscard]] Result<Hash128> append_file(const std::string& path);
  [[nodiscard]] Result<WrittenFile> close();

 private:
  [[nodiscard]] Status flush();
  [[nodiscard]] Status write(std::string_view bytes);

  Storage& storage_;
  OutputOptions options_;
  std::unique_ptr<char[]> buffer_;
  std::size_t used_ = 0;
  std::unique_ptr<WritableFile> file_;
  StreamHash hash_;
  std::unique_ptr<StreamSha256> sha256_;
  WrittenFile written_;
};

}  // namespace gristmill::storage
