// Foreign text made safe to show: nothing in it can move a cursor, turn the direction of what follows or
// hide, and it takes no more room than it is given.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gristmill::text {

// `text` in at most `most_columns` columns. What cannot be seen is escaped: code points as \u{202e},
// control characters and bytes that are not UTF-8 as \x1b; where `unicode` is false everything beyond ASCII
// as well. A text that does not fit ends in "…" ("..." without unicode). A backslash stays as it is: the
// exact text stands in report.json.
std::string visible_text(std::string_view text, std::size_t most_columns, bool unicode);

// Columns that a visible text takes.
std::size_t display_width(std::string_view visible);

}  // namespace gristmill::text
