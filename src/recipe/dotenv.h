// .env files: KEY=VALUE lines, shared with other programs.
//
//   # a comment
//   export GRISTMILL_OUTPUT=/data/out     # the rest after a space and '#' is a comment
//   GRISTMILL_CARRY = "a,b"               # spaces around '=' are dropped
//   NAME='single quotes: only \' and \\ are escapes'
//   NAME="double quotes: \n \r \t \" \\ \$, and a line end inside is kept"
//
// Nothing is filled in: `$HOME` and `${HOME}` stay as written. A byte-order mark and CRLF line ends
// are accepted. Of a name that occurs twice the last one holds, as in other programs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"

namespace gristmill::recipe {

inline constexpr std::string_view our_prefix = "GRISTMILL_";

struct DotenvEntry {
  std::string name;      // GRISTMILL_OUTPUT, AWS_REGION, ...
  std::string value;     // may be a secret: never goes into a message
  std::size_t line = 0;  // from 1, where the entry begins
};

struct Dotenv {
  std::vector<DotenvEntry> entries;        // in the order of the file
  std::vector<std::size_t> skipped_lines;  // lines that could not be read and are not ours
};

// A line that cannot be read is an error if it mentions GRISTMILL_, else it is only listed as skipped:
// the file may belong to a program with other rules. `file_name` is for messages, which never quote
// the file.
[[nodiscard]] Result<Dotenv> parse_dotenv(std::string_view text, std::string_view file_name);

}  // namespace gristmill::recipe
