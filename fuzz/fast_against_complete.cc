// The fast path on and off: the same verdict, record and rows, byte for byte. One parser takes all lines of
// an input, because the fast path remembers names from line to line; the complete one starts afresh. Bits
// of the last two bytes put the usual beginning before each line, so that payloads are reached at once.
#include <cstddef>
#include <cstdint>

#include "record/padded_text.h"
#include "rendered_line.h"
#include "require.h"

namespace gristmill::fuzz {
namespace {

constexpr std::string_view compact =
    R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000},)";
constexpr std::string_view spaced =
    R"({"metadata": {"profile_id": "p", "session_id": "s", "collection_id": "c", "timestamp": 1747299119000}, )";

void compare(LineParser& fast, const ParseRules& rules, const Recipe& recipe, Dataset dataset, std::string_view line,
             std::size_t buffer_size) {
  const testing::PaddedText text(line);
  const RenderedLine a = render(fast, rules, dataset, text, buffer_size);
  const RenderedLine b = render_once(recipe, dataset, line, false);
  require(a.accepted == b.accepted, "the same verdict", line);
  require(a.reason == b.reason && a.message == b.message, "the same reason", line);
  require(a.record == b.record, "the same record", a.record + "\n" + b.record);
  require(a.entries == b.entries, "the same entries", line);
  require(a.predictions == b.predictions, "the same predictions", line);
  require(a.fields_not_carried == b.fields_not_carried, "the same fields are left out", line);
  require(a.rows == b.rows, "the same rows", a.rows + b.rows);
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  if (size < 2) return 0;
  std::string_view lines(reinterpret_cast<const char*>(data), size - 2);
  const std::uint8_t choice = data[size - 2];
  const auto dataset = static_cast<Dataset>(choice & 1);
  const std::string_view payload = dataset == Dataset::collections ? "\"behaviour\":" : "\"prediction\":";
  const Recipe recipe = fuzz::recipe_of(data[size - 1]);
  const ParseRules rules(recipe);
  LineParser fast(rules);
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string line(lines.substr(0, end));
    if ((choice & 4) != 0) {
      line.insert(0, (choice & 8) != 0 ? std::string(fuzz::spaced) + std::string(payload) + " "
                                       : std::string(fuzz::compact) + std::string(payload));
      line += '}';
    }
    fuzz::compare(fast, rules, recipe, dataset, line, (choice & 2) != 0 ? 64 : 4096);
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return 0;
}
