// Looks at the first bytes of a file to see what it holds, before anything else of it is read.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "source/contents.h"
#include "source/input_files.h"

namespace gristmill::source {

struct LookOptions {
  std::array<Framing, dataset_count> framing{};  // as the recipe has it
  std::uint32_t depth_limit = 128;               // brackets, the outermost is 1
  std::uint64_t longest_window = 128U << 20;     // of a Zstandard frame, bytes
};

// `memory`: the budget of the run, bytes.
LookOptions look_options_of(const Recipe& recipe, std::uint64_t memory);

// What the file holds whose first bytes `stored` are, `ends` if they are all. Nothing if more bytes are needed to tell.
// An input error where it is of a format that is not read, or its first bytes cannot be decompressed. `stored` must be
// followed by json::text_padding readable bytes, the first of which is NUL.
Result<std::optional<Contents>> look_at(const InputFile& file, std::string_view stored, bool ends,
                                        const LookOptions& options);

// The first bytes of a file, decompressed: up to `bytes`.
Result<std::string> beginning_of(Storage& storage, const InputFile& file, const Contents& contents, std::size_t bytes,
                                 const LookOptions& options);

// Fills in what a file of more than one chunk holds.
[[nodiscard]] Status look_into(Storage& storage, InputFile& file, const LookOptions& options);

}  // namespace gristmill::source
