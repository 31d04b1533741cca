// The text of a .env file, any bytes. What was read of it, written again with every value in double quotes,
// is read as the same.
#include <cstddef>
#include <cstdint>

#include "recipe/dotenv.h"
#include "settings_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check_settings("", text);
  const Result<recipe::Dotenv> dotenv = recipe::parse_dotenv(text, ".env");
  if (!dotenv) return 0;
  std::string again;
  for (const recipe::DotenvEntry& entry : dotenv->entries) {
    again += entry.name + "=\"";
    for (const char c : entry.value) {
      if (c == '"' || c == '\\' || c == '$') again += '\\';
      again += c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : std::string(1, c);
    }
    again += "\"\n";
  }
  const Result<recipe::Dotenv> second = recipe::parse_dotenv(again, ".env");
  fuzz::require(second.ok() && second->skipped_lines.empty() && second->entries.size() == dotenv->entries.size(),
                "entries survive being written", again);
  for (std::size_t i = 0; i < second->entries.size(); ++i) {
    fuzz::require(
        second->entries[i].name == dotenv->entries[i].name && second->entries[i].value == dotenv->entries[i].value,
        "names and values survive being written", again);
  }
  return 0;
}
