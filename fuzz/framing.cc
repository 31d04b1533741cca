// A file cut into values, in pieces of any size: the values are those that a plain cut of all the bytes gives, every
// byte is one of a value or stands between two, and none is read that is not there. What a file is taken for does not
// depend on how many of its bytes were there when that could be told.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json/json_text.h"
#include "require.h"
#include "source/contents.h"
#include "source/plain_values_testing.h"
#include "source/value_assembler.h"

namespace gristmill::fuzz {
namespace {

void require_values_of(std::string_view text, std::uint64_t limit, std::size_t piece) {
  const std::vector<source::PlainValue> wanted = source::plainly_cut(text);
  source::FileTally tally;
  source::LongLineGate gate;
  std::size_t next = 0;
  const source::LineCallback callback = [&](const source::SourceLine& line) -> Status {
    require(next < wanted.size(), "as many values as a plain cut has", text);
    const source::PlainValue& value = wanted[next++];
    require(line.is_value && line.offset == value.offset && line.length == value.text.size() &&
                line.is_marked == value.marked,
            "each value stands where a plain cut has it", text);
    require(line.too_long == (line.length > limit), "a value is too long beyond the limit", text);
    require(line.text == (line.too_long ? value.text.substr(0, source::long_line_head) : value.text),
            "each value is that of a plain cut", text);
    require(line.too_long || line.text.data()[line.text.size()] == '\0', "a NUL follows a value");
    return {};
  };
  source::ValueAssembler assembler(tally, limit, gate, callback);
  for (std::size_t i = 0; i < text.size(); i += piece) {
    const std::string part(text.substr(i, piece));  // on its own, so that reading past it is seen
    require(assembler.feed(part).ok(), "bytes in any order are no error", text);
  }
  require(assembler.finish().ok(), "an end anywhere is no error", text);
  require(next == wanted.size() && tally.lines == wanted.size(), "as many values as a plain cut has", text);
  require(tally.covered == text.size() && tally.bytes == text.size(), "every byte is covered", text);
  require(gate.is_free(), "nobody waits behind what has ended");
}

std::optional<Framing> framing_of_copy(std::string_view text, bool ends, std::uint32_t depth_limit) {
  std::string padded(text);
  padded.append(json::text_padding, '\0');
  return source::framing_of(std::string_view(padded).substr(0, text.size()), ends, depth_limit);
}

void require_one_framing(std::string_view text, std::size_t seen, std::uint32_t depth_limit) {
  const std::optional<Framing> framing = framing_of_copy(text, true, depth_limit);
  require(framing == Framing::lines || framing == Framing::values, "all of a file tells its framing", text);
  const std::optional<Framing> early = framing_of_copy(text.substr(0, seen), false, depth_limit);
  require(!early || early == framing, "more bytes do not change what a file is taken for", text);
  std::string array = "[";
  for (const source::PlainValue& value : source::plainly_cut(text)) (array += value.text) += ",\n";
  require(framing_of_copy(array, true, depth_limit) == Framing::values, "an array is taken for values", array);
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill::fuzz;
  FuzzedDataProvider input(data, size);
  constexpr std::uint64_t limits[] = {0, 1, 10, 4095, 4096, 5000, 1U << 20};
  const std::uint64_t limit = limits[input.ConsumeIntegralInRange<std::size_t>(0, std::size(limits) - 1)];
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 64);
  const std::uint32_t depth_limit = input.ConsumeIntegralInRange<std::uint32_t>(1, 128);
  const std::size_t seen = input.ConsumeIntegral<std::uint8_t>();
  const std::string text = input.ConsumeRemainingBytesAsString();
  require_values_of(text, limit, piece);
  require_values_of(text, limit, std::max<std::size_t>(text.size(), 1));
  require_one_framing(text, std::min(seen * text.size() / 255, text.size()), depth_limit);
  return 0;
}
