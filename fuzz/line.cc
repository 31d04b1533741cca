// A whole line, any bytes. The input's last two bytes choose data set and recipe; the rest is the line.
#include <cstddef>
#include <cstdint>

#include "rendered_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  if (size < 2) return 0;
  const std::string_view line(reinterpret_cast<const char*>(data), size - 2);
  const auto dataset = static_cast<Dataset>(data[size - 2] & 1);
  const std::size_t buffer_size = (data[size - 2] & 2) != 0 ? 64 : 4096;
  const Recipe recipe = fuzz::recipe_of(data[size - 1]);
  const fuzz::RenderedLine rendered = fuzz::render_once(recipe, dataset, line, true, buffer_size);
  fuzz::check_strictness(recipe, dataset, line);
  fuzz::check_canonical_form(recipe, dataset, rendered);
  return 0;
}
