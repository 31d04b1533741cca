// What to do about a repair or a rejection where the data is made: a sentence for people.
#pragma once

#include <string_view>

namespace gristmill::report {

// `name` of a repair (gristmill/repairs.h) or of a reason (gristmill/data.h); empty for one that is not known.
std::string_view advice_at_the_source(std::string_view name);

}  // namespace gristmill::report
