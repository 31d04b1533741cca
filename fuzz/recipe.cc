// The text of a recipe file: YAML, any bytes.
#include <cstddef>
#include <cstdint>

#include "settings_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gristmill::fuzz::check_settings({reinterpret_cast<const char*>(data), size}, "");
  return 0;
}
