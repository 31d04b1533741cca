// A file that a user names for what a command writes: `report OUT FILE`, `inspect --write-recipe FILE`.
//
// What is there decides, after following links: a pipe, a character device and the standard output are written into,
// a regular file is replaced or refused as the command wants it, a folder and anything else is refused. A file is there
// whole or not at all, and no folder is made for it. All errors are of kind output.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::cli {

enum class ExistingTarget : std::uint8_t { replaced, refused };

// An error if nothing can be written to this path by what is there now. For before long work.
[[nodiscard]] Status check_target(Storage& storage, const std::string& path);
[[nodiscard]] Status write_target(Storage& storage, const std::string& path, std::string_view text,
                                  ExistingTarget existing);

// What they do for a file, whose path is absolute. A link that is there is replaced itself.
[[nodiscard]] Status replace_file(Storage& storage, const std::string& path, std::string_view text);
// An error if there is anything.
[[nodiscard]] Status make_file(Storage& storage, const std::string& path, std::string_view text);

}  // namespace gristmill::cli
