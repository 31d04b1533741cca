// Which canonical field a name stands for: the names match without regard to ASCII case, '_' and '-',
// and so do the aliases that a recipe adds.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gristmill/recipe.h"

namespace gristmill::record {

// ASCII lower case, without '_' and '-'.
std::string loosened(std::string_view name);

class FieldNames {
 public:
  explicit FieldNames(const Recipe& recipe);

  // The field of an unescaped name; nullopt if it is no canonical one.
  std::optional<Field> find(std::string_view name) const;
  // Does a name that find() gave this field for need the repair `alias`? Neither its own name does, nor one that the
  // recipe gives, in whatever spelling.
  bool is_repaired(std::string_view name, Field field) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, Field, Hash, std::equal_to<>> fields_;
  std::set<std::string, std::less<>> expected_;  // what the recipe gives, loosened
  std::size_t longest_ = 0;
};

inline std::string_view name_of(Field field) { return field_names[static_cast<std::size_t>(field)]; }

// The fields that are read of the metadata, and of a prediction; others there become columns.
constexpr bool is_metadata_field(Field field) { return field >= Field::profile_id && field <= Field::timestamp; }
constexpr bool is_prediction_field(Field field) { return field >= Field::model_name && field <= Field::confidence; }

}  // namespace gristmill::record
