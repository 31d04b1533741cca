// What bytes that are no JSON Lines look like: the marks of wrong formats, for messages, advice, checks and `inspect`.
//
// A mark is never a verdict: lines are accepted or rejected by the data contract alone.
#pragma once

#include <string>
#include <string_view>

namespace gristmill::marks {

struct Likeness {
  std::string_view name;    // as in "it looks like ...": "a JSON array"
  std::string_view advice;  // the command or the setting that helps, as a sentence without a full stop
  bool is_values = false;   // `framing: values` reads it
};

inline constexpr std::size_t file_window = 64U << 10;  // bytes of a file that are looked at

// A file by its first bytes, decompressed; bytes beyond file_window are not looked at. "not known", without advice, if
// it looks like none.
const Likeness& likeness_of_file(std::string_view beginning);

// A line that is no JSON object, or its beginning; nullptr if it looks like none.
const Likeness* likeness_of_line(std::string_view line);

// "looks like a JSON array: set ...", or that it is not known.
std::string sentence_of(const Likeness& look);

}  // namespace gristmill::marks
