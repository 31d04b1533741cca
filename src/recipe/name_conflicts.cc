// Names are compared as a line's field names are: loosened, that is, without ASCII case, '_' and '-'.
// Tested in check_recipe_test.cc.
#include "recipe/name_conflicts.h"

#include <map>
#include <set>

#include "recipe/settings.h"
#include "recipe/value.h"
#include "record/field_names.h"

namespace gristmill::recipe {

Status check_names_together(const Recipe& recipe, const std::function<std::string(const std::string& key)>& place) {
  std::map<std::string, std::size_t> fields;  // loosened name to field
  for (std::size_t i = 0; i < field_count; ++i) {
    fields.emplace(record::loosened(field_names[i]), i);
    if (!built_in_aliases[i].empty()) fields.emplace(record::loosened(built_in_aliases[i]), i);
  }
  for (std::size_t i = 0; i < field_count; ++i) {
    for (const std::string& alias : recipe.aliases[i]) {
      const auto [found, is_new] = fields.emplace(record::loosened(alias), i);
      if (is_new || found->second == i) continue;
      return Error::usage(place("aliases." + std::string(field_names[i])) + ": " + in_quotes(alias) +
                              " is a name of the field " + std::string(field_names[found->second]) + " already",
                          "names count without regard to case, '_' and '-'; give it to one field only")
          .of_key("aliases." + std::string(field_names[i]));
    }
  }
  std::set<std::string> carried;
  for (const std::string& name : recipe.carry) {
    if (!carried.insert(name).second) {
      return Error::usage(place("carry") + ": " + in_quotes(name) + " is named twice", "remove one of the two")
          .of_key("carry");
    }
    const auto field = fields.find(record::loosened(name));
    if (field != fields.end() && field->second == static_cast<std::size_t>(Field::metadata)) {
      return Error::usage(place("carry") + ": " + in_quotes(name) + " is the metadata, whose fields are in every row",
                          "remove it")
          .of_key("carry");
    }
  }
  return {};
}

}  // namespace gristmill::recipe
