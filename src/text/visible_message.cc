// Where messages leave the program, and not where they are made: there are hundreds of those. Secrets that only their
// owner knows are taken out there before (text/redaction.h). Tested in visible_message_test.cc and
// tests/programs/test_hostile_text.py.
#include "text/visible_message.h"

#include "text/redaction.h"
#include "text/visible_text.h"

namespace gristmill::text {

std::string visible_message(std::string_view text) {
  constexpr std::size_t most_columns = 4000;
  return visible_text(without_secrets(text), most_columns, true);
}

}  // namespace gristmill::text
