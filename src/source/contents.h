// What a file holds, told by its first bytes and not by its name: how it is compressed, and whether its records are
// lines or values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gristmill/recipe.h"
#include "json/json_text.h"

namespace gristmill::source {

enum class Compression : std::uint8_t { none, gzip, zstandard };
std::string_view name_of(Compression compression);

struct Contents {
  Compression compression = Compression::none;
  Framing framing = Framing::lines;  // lines or values
  bool operator==(const Contents&) const = default;
};

inline constexpr std::size_t longest_magic = 8;          // bytes that tell a compression or another format
inline constexpr std::size_t framing_window = 1U << 20;  // bytes of the decompressed file that tell its framing,
                                                         // behind a byte-order mark

// Stands between the values of a file whose framing is `values`.
inline bool separates_values(char c) { return json::is_json_space(c) || c == ',' || c == '\x1E'; }

// How a file is compressed that begins so.
Compression compression_of(std::string_view beginning);

// A format that is not read here, of which a file's or a stream's first bytes tell: what it is and what to do.
struct ForeignFormat {
  std::string_view name;    // "a Parquet file"
  std::string_view advice;  // a sentence
};
// nullptr: none that is known.
const ForeignFormat* foreign_format_of(std::string_view beginning);

// The framing of a file whose `beginning`, decompressed, this is: `ends` if they are all of
// it; no more are looked at than framing_window. Nothing if more bytes are needed to tell. `beginning` must be followed
// by json::text_padding readable bytes, the first of which is NUL.
std::optional<Framing> framing_of(std::string_view beginning, bool ends, std::uint32_t depth_limit);

}  // namespace gristmill::source
