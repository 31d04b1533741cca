// Counts line ends: one side of the accounting of lines read and of rows written.
#pragma once

#include <cstdint>
#include <string_view>

namespace gristmill::storage {

// The number of '\n' bytes.
std::uint64_t count_newlines(std::string_view bytes);

}  // namespace gristmill::storage
