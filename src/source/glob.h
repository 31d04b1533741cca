// A pattern of paths, as Python's glob.glob(pattern, recursive=True) reads it: '*', '?' and '[...]' within one part of
// a path, '**' for any number of folders; a name that begins with a dot is matched by a pattern that does alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gristmill::source {

inline constexpr std::string_view glob_wildcards = "*?[";

class Glob {
 public:
  // `parts_may_be_empty`: "a//b" is another path than "a/b", as it is among the keys of objects.
  explicit Glob(std::string_view pattern, bool parts_may_be_empty = true);

  bool matches(std::string_view name) const;
  // Could a name below this folder match?
  bool may_match_below(std::string_view folder) const;

 private:
  std::vector<std::string> parts_;  // between the slashes
};

}  // namespace gristmill::source
