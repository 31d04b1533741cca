// A labelled list over as many lines as it needs.
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

}  // namespace gristmill::text
