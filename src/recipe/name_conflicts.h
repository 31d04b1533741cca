// What the values of a recipe must satisfy together.
#pragma once

#include <functional>
#include <string>

#include "gristmill/recipe.h"
#include "gristmill/result.h"

namespace gristmill::recipe {

// No alias stands for two fields, nothing is carried twice, and no field that is read anyway is carried.
// `place` turns a setting's key into the words that an error begins with: "gristmill.yaml line 7: carry".
// The error has the key. REQUIRES: each value by itself is good.
[[nodiscard]] Status check_names_together(const Recipe& recipe,
                                          const std::function<std::string(const std::string& key)>& place);

}  // namespace gristmill::recipe
