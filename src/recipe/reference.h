// The reference of all settings, for docs/guide/settings.md: generated from the table, so that it is true.
#pragma once

#include <string>
#include <string_view>

namespace gristmill::recipe {

// Markdown, ending with a line end. The same for every machine.
std::string settings_reference_markdown();

// The recipe file that the reference shows. It is complete and can be used as it stands.
std::string_view example_recipe();

}  // namespace gristmill::recipe
