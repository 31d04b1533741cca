// What to do about a repair or a rejection where the data is made: a sentence for people.
#pragma once

#include <string>
#include <string_view>

namespace gristmill::report {

// `name` of a repair (gristmill/repairs.h) or of a reason (gristmill/data.h); empty for one that is not known. `line`:
// the beginning of one that it was met in, which may tell more.
std::string advice_at_the_source(std::string_view name, std::string_view line = {});

}  // namespace gristmill::report
