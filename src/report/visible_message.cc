// Where messages leave the program, and not where they are made: there are hundreds of those. Secrets that only their
// owner knows are taken out there before (storage/foreign_words.h). Tested in visible_message_test.cc and
// tests/programs/test_hostile_text.py.
#include "report/visible_message.h"

#include "report/visible_text.h"
#include "storage/foreign_words.h"

namespace gristmill {

std::string visible_message(std::string_view text) {
  constexpr std::size_t most_columns = 4000;
  return visible_text(without_secrets(text), most_columns, true);
}

}  // namespace gristmill
