// The white space that is cut off texts: ASCII space, \t \n \v \f \r.
#pragma once

#include <string_view>

namespace gristmill::record {

// An unescaped text without it at both ends. Of a name or an id that is null or blank nothing is left: it is missing.
std::string_view trimmed(std::string_view text);

// The same of a text as JSON spells it, between its quotes: white space may be escaped.
std::string_view trimmed_spelling(std::string_view inside);

}  // namespace gristmill::record
