// Collisions are rare: the names of the object are gathered only when one is met.
// Tested in column_names_test.cc.
#include "record/column_names.h"

#include <algorithm>

#include "record/json_text.h"

namespace gristmill {

bool is_column(std::span<const std::string_view> columns, std::string_view name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

bool ColumnNamer::is_taken(std::string_view name) const {
  return is_column(own_, name) || (!more_.empty() && is_column(more_, name));
}

std::size_t ColumnNamer::prefixes_for(std::string_view name) {
  if (!is_taken(name)) return 0;
  if (!object_read_ && object_ != nullptr) {
    std::string scratch;
    for (ObjectWalk walk(object_); walk.next();) in_object_.emplace(unescaped(walk.key, scratch));
  }
  object_read_ = true;
  std::string candidate(name);
  for (std::size_t prefixes = 1;; ++prefixes) {
    candidate.insert(0, prefix_);
    if (!is_taken(candidate) && !in_object_.contains(candidate) && given_.insert(candidate).second) return prefixes;
  }
}

std::size_t ColumnNamer::append_name(std::string_view name, std::string_view token, std::string& out) {
  const std::size_t prefixes = prefixes_for(name);
  out.append(",\"");
  for (std::size_t i = 0; i < prefixes; ++i) out.append(prefix_);
  out.append(token.substr(1));
  out.push_back(':');
  return prefixes;
}

}  // namespace gristmill
