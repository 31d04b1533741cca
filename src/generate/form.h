// Other forms in which records arrive than one a line.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gristmill::generate {

enum class Form : std::uint8_t { lines, array, glued, sequence, pretty, wrapped, utf16 };
inline constexpr std::array<std::string_view, 7> form_names = {"lines",  "array",   "glued", "sequence",
                                                               "pretty", "wrapped", "utf16"};

std::optional<Form> form_named(std::string_view name);

// Appends a record, and what stands before and behind it in a file of this form. `first` and `last` are meant of the
// whole file. A file without records has neither brackets nor a mark.
void append_record(Form form, std::string_view record, bool first, bool last, std::string& file);

}  // namespace gristmill::generate
