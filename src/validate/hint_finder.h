// Finds what is legal but odd in good lines (gristmill/hints.h).
#pragma once

#include <string_view>

#include "gristmill/accounting.h"
#include "record/record.h"
#include "validate/facts.h"

namespace gristmill::validation {

// Is it a word that programs write where there is nothing? Without regard to ASCII case.
bool is_null_word(std::string_view id);

// Is the metadata's timestamp a small number that was taken as seconds, as performance.now() gives it?
bool is_page_clock(const record::Record& record);

// Looks at an accepted line. REQUIRES: its entries were walked.
void find_hints(const LineOrigin& origin, const record::Record& record, Accounting& accounting);

}  // namespace gristmill::validation
