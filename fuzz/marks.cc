// What bytes look like that are no JSON Lines: one likeness for the same first bytes, in words of our own.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "json/json_text.h"
#include "marks/marks.h"
#include "require.h"

namespace gristmill::fuzz {
namespace {

void require_plain_words(const marks::Likeness& likeness, std::string_view text) {
  require(!likeness.name.empty() && json::is_utf8(likeness.name), "a likeness has a name", text);
  require(!likeness.advice.ends_with('.'), "advice is a sentence without a full stop", likeness.advice);
  const std::string sentence = marks::sentence_of(likeness);
  require(sentence.find(likeness.name) != std::string::npos || likeness.advice.empty(), "the sentence names it",
          sentence);
  for (const char c : sentence + std::string(likeness.advice)) {
    require(static_cast<unsigned char>(c) >= 0x20, "nothing of a file is quoted", sentence);
  }
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  using namespace gristmill::fuzz;
  const std::vector<char> bytes(data, data + size);  // on its own, so that reading past it is seen
  const std::string_view text(bytes.data(), bytes.size());

  const marks::Likeness& of_file = marks::likeness_of_file(text);
  require_plain_words(of_file, text);
  std::string longer(text);
  longer.resize(marks::file_window, ' ');
  const marks::Likeness& of_window = marks::likeness_of_file(longer);
  require(&marks::likeness_of_file(longer + "[{'<\xFF\xFE") == &of_window, "what lies behind the window does not count",
          text);

  if (const marks::Likeness* of_line = marks::likeness_of_line(text)) require_plain_words(*of_line, text);
  return 0;
}
