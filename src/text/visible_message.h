// A message, a path or any other line, as it is shown to a person: by the command, its log and Python's exceptions.
#pragma once

#include <string>
#include <string_view>

namespace gristmill::text {

// Whatever has got into it from elsewhere (the words of a server, the name of a file, a line of a changed report.json):
// nothing in it moves a cursor, hides or turns other text, all is one line of bounded length, and passwords in URLs and
// signatures are ***. Does nothing to what it has made itself.
std::string visible_message(std::string_view text);

}  // namespace gristmill::text
