// "Did you mean ...?": the known word that a mistyped one stands for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill::text {

// The Damerau-Levenshtein distance in its restricted form (optimal string alignment): insertions,
// deletions, substitutions and swaps of neighbours that turn `a` into `b`. In bytes.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, the first of equally near ones; nullopt if none is near enough to
// be worth saying (more than a third of the letters differ). ASCII case, '-' and '_' are taken as
// equal, and a word of three letters or more is near to what it begins ("mem" to "memory").
std::optional<std::string> nearest_match(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace gristmill::text
