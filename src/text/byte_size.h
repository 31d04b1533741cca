// Sizes as people write them: 64MiB, 1GiB, 512KB, 4g, 1.5 GiB, 1048576.
//
// K, M, G, T and KiB, MiB, GiB, TiB are powers of 1024; KB, MB, GB, TB powers of 1000 (as in GNU's
// tools). Letters' case and spaces before the unit do not matter; a fraction needs a unit and is
// rounded down to whole bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gristmill/result.h"

namespace gristmill::text {

// Bytes; a usage error that names no setting (the caller knows which) if `text` is no size or if it
// does not fit 64 bits.
[[nodiscard]] Result<std::uint64_t> parse_byte_size(std::string_view text);

// Exact, and read back as the same number: the largest binary unit that divides it, else plain bytes.
std::string format_byte_size(std::uint64_t bytes);

}  // namespace gristmill::text
