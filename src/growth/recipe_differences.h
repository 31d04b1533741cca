// What two recipes that give different data differ in, for people.
#pragma once

#include <string>

namespace gristmill::growth {

// Of two texts of canonical_meaning(), each setting that they have otherwise: "models.swipe (there [\"a\"], here
// [\"b\"])", with "; " between them.
std::string differences(const std::string& before, const std::string& now);

}  // namespace gristmill::growth
