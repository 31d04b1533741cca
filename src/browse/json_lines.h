// Reads files of JSON objects, one a line, as gristmill writes them, and single members of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::browse {

// One file after the other as one sequence of lines. Memory: a block of 1 MiB and twice the longest line.
class JsonLines {
 public:
  JsonLines(Storage& storage, std::vector<std::string> paths) : storage_(storage), paths_(std::move(paths)) {}
  // False at the end. A line that is no JSON object, or has no end, is an output error.
  [[nodiscard]] Result<bool> next();
  // The line without its end, good until next(); followed by text_padding NULs.
  std::string_view line() const { return {line_.data(), size_}; }

 private:
  [[nodiscard]] Result<bool> fill();  // false: nothing more in this file

  Storage& storage_;
  std::vector<std::string> paths_;
  std::size_t next_path_ = 0;
  std::unique_ptr<ReadableFile> file_;
  std::string buffer_;
  std::size_t begin_ = 0;     // of what was not handed out
  std::size_t searched_ = 0;  // up to here there is no line end
  std::uint64_t offset_ = 0;  // in the file, of what is read next
  std::uint64_t number_ = 0;
  std::string line_;
  std::size_t size_ = 0;
};

// The value of the first member of this name, as it is spelled; empty if there is none, or if the value at
// `object` is no object. REQUIRES: check_json has proved that value.
std::string_view member(const char* object, std::string_view name);
inline std::string_view member(std::string_view object, std::string_view name) { return member(object.data(), name); }

// The text of a string's spelling; another value as it is spelled; nothing for null and a missing one.
std::string plain_text(std::string_view value);

// Whether the value is missing or null.
bool is_null(std::string_view value);

// The error of a file that is not as gristmill writes it.
Error not_as_written(const std::string& path, std::string_view why);

}  // namespace gristmill::browse
