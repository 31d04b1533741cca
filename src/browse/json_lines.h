// Reads files of JSON objects, one a line, as gristmill writes them, and single members of them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "json/json_text.h"

namespace gristmill::browse {

// One file after the other as one sequence of lines. Memory: a block of 1 MiB and the longest line, once.
class JsonLines {
 public:
  JsonLines(Storage& storage, std::vector<std::string> paths) : storage_(storage), paths_(std::move(paths)) {}
  // False at the end. A line that is no JSON object, or has no end, is an output error.
  [[nodiscard]] Result<bool> next();
  // The line without its end, good until next(); followed by a NUL and text_padding readable bytes.
  std::string_view line() const { return {buffer_.get() + begin_, size_}; }
  // The error that this line is not as gristmill writes it; it names file and line.
  Error wrong(std::string_view why) const;

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  [[nodiscard]] Result<bool> fill();  // false: nothing more in this file

  Storage& storage_;
  std::vector<std::string> paths_;
  std::size_t next_path_ = 0;
  std::unique_ptr<ReadableFile> file_;
  std::unique_ptr<char, Free> buffer_;
  std::size_t capacity_ = 0;
  std::size_t end_ = 0;       // of what was read
  std::size_t searched_ = 0;  // up to here there is no line end
  std::size_t next_ = 0;      // of what was not handed out
  std::size_t begin_ = 0;     // of the line
  std::size_t size_ = 0;
  std::uint64_t offset_ = 0;  // in the file, of what is read next
  std::uint64_t number_ = 0;
};

// The value of the first member of this name, as it is spelled; empty if there is none, or if the value at
// `object` is no object. REQUIRES: check_json has proved that value.
std::string_view member(const char* object, std::string_view name);
inline std::string_view member(std::string_view object, std::string_view name) { return member(object.data(), name); }

enum class MemberPresence : std::uint8_t { required, or_null, optional };
// What a member of a line must be.
struct MemberRule {
  std::string_view name;
  json::JsonType type;
  MemberPresence presence = MemberPresence::required;
};
// The first member that breaks its rule, in words; empty if none does. REQUIRES: a proved object.
std::string member_fault(std::string_view object, std::span<const MemberRule> rules);

// The text of a string's spelling; another value as it is spelled; nothing for null and a missing one.
std::string plain_text(std::string_view value);
// Its first bytes, not more than `most` and not cut inside a character. Copies no more than it needs.
std::string plain_beginning(std::string_view value, std::size_t most);
// plain_text() in pieces of some 64 KiB; none of them is cut inside a character. Stops where `use` says false.
Result<bool> for_each_plain_piece(std::string_view value, const std::function<Result<bool>(std::string_view)>& use);

// Whether the value is missing or null.
bool is_null(std::string_view value);

// The error of a file that is not as gristmill writes it.
Error not_as_written(const std::string& path, std::string_view why);

}  // namespace gristmill::browse
