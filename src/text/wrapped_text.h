// Lists and sentences over as many lines as they need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/text_table.h"

namespace gristmill::text {

// "  label  one, two, three", with a line's end before the item that would not fit the width of the style,
// indented below the first. `label` is padded to `label_width` columns. Items are made visible, but never
// cut.
std::string labelled_list(std::string_view label, std::size_t label_width, const std::vector<std::string>& items,
                          Tone tone, const TableStyle& style);

// "  words and words" with a line's end before the word that would not fit the width of the style, further lines
// indented by two more columns. `sentence` is our own: it is not made visible.
std::string wrapped_sentence(std::string_view sentence, const TableStyle& style);

}  // namespace gristmill::text
