// A loosened name is looked up in one table. Names that are longer than any entry even without their
// '_' and '-' are turned away before anything is copied: a name may be a megabyte long.
// Tested in field_names_test.cc.
#include "record/field_names.h"

#include <algorithm>

namespace gristmill::record {

std::string loosened(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '_' || c == '-') continue;
    result.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c);
  }
  return result;
}

FieldNames::FieldNames(const Recipe& recipe) {
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    fields_.emplace(loosened(field_names[i]), field);
    if (!built_in_aliases[i].empty()) fields_.emplace(loosened(built_in_aliases[i]), field);
    for (const std::string& alias : recipe.aliases[i]) {
      fields_.emplace(loosened(alias), field);
      expected_.insert(loosened(alias));
    }
  }
  for (const auto& [name, field] : fields_) longest_ = std::max(longest_, name.size());
}

std::optional<Field> FieldNames::find(std::string_view name) const {
  char buffer[256];
  std::size_t length = 0;
  const std::size_t limit = std::min(longest_, sizeof buffer);
  for (const char c : name) {
    if (c == '_' || c == '-') continue;
    if (length == limit) {
      if (longest_ <= sizeof buffer) return std::nullopt;
      const auto found = fields_.find(loosened(name));
      return found == fields_.end() ? std::nullopt : std::optional(found->second);
    }
    buffer[length++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  const auto found = fields_.find(std::string_view(buffer, length));
  return found == fields_.end() ? std::nullopt : std::optional(found->second);
}

bool FieldNames::is_repaired(std::string_view name, Field field) const {
  return name != name_of(field) && (expected_.empty() || !expected_.contains(loosened(name)));
}

}  // namespace gristmill::record
