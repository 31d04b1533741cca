// The unit that is routed, buffered and spilled: one raw input line with the place that it came from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gristmill/data.h"
#include "gristmill/result.h"
#include "json/json_text.h"

namespace gristmill::shuffle {

enum class LineKind : std::uint16_t {
  whole,     // the payload is the line
  too_long,  // the payload is its first bytes, before them its length in 8 bytes
  in_input,  // the payload is 8 bytes by which the line is known when it is read again (source/input_reader.h)
};

struct LineHeader {
  std::uint64_t offset = 0;
  std::uint64_t profile_hash = 0;
  std::uint32_t file = 0;
  std::uint32_t length = 0;        // of the payload, or of the line that is left in its file, bytes
  std::uint32_t line_in_unit = 0;  // how many lines begin before it in its unit of the file (source/line_numbers.h)
  LineKind kind = LineKind::whole;
  json::MarkBefore mark = json::MarkBefore::possible;

  Place place() const { return {file, offset}; }
  std::uint32_t payload_length() const { return kind == LineKind::in_input ? sizeof(std::uint64_t) : length; }
};
static_assert(sizeof(LineHeader) == 32);

// A header and its payload, which is followed by a NUL and `text_padding` readable bytes.
struct RoutedLine {
  const LineHeader* header = nullptr;
  std::string_view payload() const {
    return {reinterpret_cast<const char*>(header) + sizeof(LineHeader), header->payload_length()};
  }
};

// Where route puts lines.
class LineSink {
 public:
  virtual ~LineSink() = default;
  // Copies the line. REQUIRES: its place is after that of every line added before.
  [[nodiscard]] virtual Status add(const LineHeader& header, std::string_view payload) = 0;
};

// Bytes that a line takes in a chunk: header, payload, NUL, up to a multiple of 8.
inline std::uint64_t routed_size(std::uint64_t payload_length) {
  return (sizeof(LineHeader) + payload_length + 1 + 7) & ~std::uint64_t{7};
}

// Has the processor fetch what is looked at of a line that begins at `bytes`; of longer ones, it sees the order itself.
inline void prefetch_line(const void* bytes, std::size_t size = 512) {
  constexpr std::size_t most = 512;  // bytes
  constexpr std::size_t cache_line = 64;
  for (std::size_t i = 0; i < std::min(size, most); i += cache_line) {
    __builtin_prefetch(static_cast<const char*>(bytes) + i);
  }
}

}  // namespace gristmill::shuffle
