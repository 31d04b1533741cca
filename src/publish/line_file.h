// A file of lines, front to back in bounded memory, with the checksum of what was read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "storage/hash.h"

namespace gristmill::publish {

class LineFile {
 public:
  // A missing file is an output error. `noun`: what it is for messages, "the manifest".
  static Result<LineFile> open(Storage& storage, const std::string& path, std::string_view noun);

  // The next line without its end, valid until the next call; nullopt at the end of the file. With `any_length` one
  // of more than 64 KiB may come, and one of more than 16 MiB comes back as " ".
  Result<std::optional<std::string_view>> next(bool any_length);
  std::uint64_t number() const { return number_; }  // of the last line, from 1
  // Of everything read, which is more than next() gave until it has given nullopt.
  std::string checksum() const { return checksum_.digest().hex(); }
  ReadableFile& file() { return *file_; }
  const std::string& path() const { return path_; }
  // "the manifest '...' is broken at line 3: " and why.
  Error broken(std::string_view why) const;

 private:
  LineFile(std::unique_ptr<ReadableFile> file, std::string path, std::string_view noun)
      : file_(std::move(file)), path_(std::move(path)), noun_(noun) {}

  std::unique_ptr<ReadableFile> file_;
  std::string path_;
  std::string noun_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what is not consumed in `buffer_`
  std::uint64_t offset_ = 0;
  std::uint64_t number_ = 0;
  storage::StreamHash checksum_;
};

}  // namespace gristmill::publish
