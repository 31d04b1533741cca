// Input files that stay open so that grind can read a line where it lies, instead of route keeping a copy.
//
// Only where the system's page cache is likely to hold the file still: then reading a line again is one
// copy to memory that is in the processor's cache, and keeping it is a copy to fresh pages. Half of the line's
// hash is kept instead, so that bytes which changed since are not taken for those that were read first.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "source/input_files.h"
#include "storage/hash.h"

namespace gristmill::source {

// Which files may stay open. The defaults: none.
struct InputReaderLimits {
  std::uint64_t bytes = 0;                 // of all of them together
  std::size_t files = 0;                   // file descriptors
  std::uint64_t shortest_line = 1U << 10;  // bytes; a shorter line is cheaper to keep than to read again
};

// Safe to use from several threads.
class InputReader {
 public:
  InputReader() = default;
  // Opens the files in their order, but for those that are known to be read in one piece, until a limit is reached. The
  // storage must outlive this.
  static Result<InputReader> open(Storage& storage, const std::vector<InputFile>& files,
                                  const InputReaderLimits& limits);

  // Can a line of `length` bytes be left in that file?
  bool holds(std::uint32_t file, std::uint64_t length) const {
    return length >= shortest_line_ && file < files_.size() && files_[file] != nullptr;
  }
  // Exactly `length` bytes from `offset`, and their hash. An input error unless `low` is the lower half of that.
  // REQUIRES: holds(file, length).
  [[nodiscard]] Result<storage::Hash128> read(std::uint32_t file, std::uint64_t offset, std::uint64_t low, char* into,
                                              std::size_t length) const;

 private:
  std::vector<std::unique_ptr<ReadableFile>> files_;  // by file; nullptr: not held
  std::vector<std::string> paths_;
  std::uint64_t shortest_line_ = 0;
};

}  // namespace gristmill::source
