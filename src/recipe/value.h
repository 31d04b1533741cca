// One setting's value: from text to its place in Settings, checked, and back to text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "recipe/settings.h"
#include "recipe/table.h"

namespace gristmill::recipe {

// Replaces the value of `setting`. `values` has one element unless the setting is repeatable; a boolean
// may have none, which means true. The error does not say where the value stands: the caller does. After
// an error the value is what it was, or one that does not pass check_setting.
[[nodiscard]] Status assign_setting(const Setting& setting, const std::vector<std::string>& values, Settings& settings);

// Whether the value in `settings` is one that may stand there.
[[nodiscard]] Status check_setting(const Setting& setting, Settings& settings);

// As a user would write it; lists with ", " between.
std::string show_setting(const Setting& setting, Settings& settings);

// The values of a list in a variable: cut at commas and line ends, `\,` being a comma, without the white
// space around them; empty ones are dropped.
std::vector<std::string> split_list(std::string_view text);

// A value in a message: in quotes, printable UTF-8, cut after 80 bytes. (Not `quoted`: std has one.)
std::string in_quotes(std::string_view text);

}  // namespace gristmill::recipe
