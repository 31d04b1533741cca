// The fast path on and off: the same verdict, record and rows, byte for byte. One parser takes all lines of
// an input, because the fast path remembers names and whole entries from line to line; the complete one starts
// afresh. Bits of the last two bytes put the usual beginning before each line, so that payloads are reached at
// once, or take each line as an entry: a list of it three times, which is what it takes to be remembered, and
// then with one byte changed, which must be seen. Where and how is in the two bytes before.
#include <cstddef>
#include <cstdint>

#include "json/padded_text_testing.h"
#include "rendered_line.h"
#include "require.h"

namespace gristmill::fuzz {
namespace {

constexpr std::string_view compact =
    R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000},)";
constexpr std::string_view spaced =
    R"({"metadata": {"profile_id": "p", "session_id": "s", "collection_id": "c", "timestamp": 1747299119000}, )";

void compare(record::LineParser& fast, const record::ParseRules& rules, const Recipe& recipe, Dataset dataset,
             std::string_view line, std::size_t buffer_size) {
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

std::string list_of(std::string_view entry, std::size_t at, char change) {
  std::string changed(entry);
  if (!changed.empty()) {
    char& byte = changed[at % changed.size()];
    byte = static_cast<char>(byte ^ change);
  }
  const std::string same(entry);
  return R"({"mobile":{"swipes":[)" + same + "," + same + "," + same + "," + changed + "," + same + "]}}";
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
  const record::ParseRules rules(recipe);
  record::LineParser fast(rules);
  const bool entries = (choice & 16) != 0 && dataset == Dataset::collections && lines.size() > 2;
  std::size_t at = 0;
  char change = 0;
  if (entries) {
    at = static_cast<unsigned char>(lines[lines.size() - 1]);
    change = lines[lines.size() - 2];
    lines.remove_suffix(2);
  }
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string line(lines.substr(0, end));
    if (entries) line = fuzz::list_of(line, at, change);
    if (entries || (choice & 4) != 0) {
      line.insert(0, (choice & 8) != 0 ? std::string(fuzz::spaced) + std::string(payload) + " "
                                       : std::string(fuzz::compact) + std::string(payload));
      line += '}';
    }
    fuzz::compare(fast, rules, recipe, dataset, line, (choice & 2) != 0 ? 64 : 4096);
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return 0;
}
