// 64 bytes at a time, as simdjson finds its structure (Langdale and Lemire, "Parsing Gigabytes of JSON per Second"):
// which bytes are escaped, which lie in strings, and what is left of the brackets. A block that has too few closing
// brackets to end the value is done with two population counts. Tested in bracket_scanner_test.cc.
#include "json/bracket_scanner.h"

#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gristmill::json {
namespace {

constexpr std::size_t block_size = 64;

// A bit for each byte of a block that is `c`.
std::uint64_t where(const char* block, char c) {
  std::uint64_t mask = 0;
#ifdef __SSE2__
  const __m128i wanted = _mm_set1_epi8(c);
  for (unsigned i = 0; i < block_size / 16; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + std::size_t{16} * i));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)));
    mask |= std::uint64_t{found} << (16 * i);
  }
#else
  for (unsigned i = 0; i < block_size; ++i) mask |= std::uint64_t{block[i] == c} << i;
#endif
  return mask;
}

// Bit i is the parity of bits 0 to i.
std::uint64_t running_parity(std::uint64_t bits) {
  for (unsigned shift = 1; shift < block_size; shift *= 2) bits ^= bits << shift;
  return bits;
}

}  // namespace

std::size_t BracketScanner::scan(std::string_view piece) {
  std::size_t done = 0;
  for (; piece.size() - done >= block_size; done += block_size) {
    if (const std::size_t end = scan_block(piece.data() + done, block_size); end != 0) return done + end;
  }
  if (done == piece.size()) return 0;
  char rest[block_size] = {};
  std::memcpy(rest, piece.data() + done, piece.size() - done);
  const std::size_t end = scan_block(rest, piece.size() - done);
  return end == 0 ? 0 : done + end;
}

// Escapes are found as if every backslash stood in a string. From the left, the first that does not gives itself away:
// what was found up to there is right, and the block is looked at byte by byte.
std::size_t BracketScanner::scan_block(const char* block, std::size_t size) {
  const std::uint64_t backslashes = where(block, '\\');
  std::uint64_t escaped = escaped_ ? 1 : 0;
  bool escapes_next = false;
  for (std::uint64_t left = backslashes & ~escaped; left != 0;) {
    const auto at = static_cast<unsigned>(std::countr_zero(left));
    escapes_next = at + 1 == size;
    const std::uint64_t next = at + 1 < block_size ? std::uint64_t{1} << (at + 1) : 0;
    escaped |= next;
    left &= (left - 1) & ~next;
  }
  // From a string's opening quote to before its closing one.
  const std::uint64_t in_string =
      running_parity(where(block, '"') & ~escaped) ^ (in_string_ ? ~std::uint64_t{0} : std::uint64_t{0});
  if ((backslashes & ~in_string) != 0) return scan_bytes({block, size});

  const std::uint64_t opening = where(block, opening_) & ~in_string;
  const std::uint64_t closing = where(block, closing_) & ~in_string;
  const auto closed = static_cast<std::uint64_t>(std::popcount(closing));
  if (closed >= depth_) {
    for (std::uint64_t brackets = opening | closing; brackets != 0; brackets &= brackets - 1) {
      const auto at = static_cast<unsigned>(std::countr_zero(brackets));
      if ((opening >> at & 1) != 0) {
        ++depth_;
      } else if (--depth_ == 0) {
        return at + 1;
      }
    }
  } else {
    depth_ += static_cast<std::uint64_t>(std::popcount(opening)) - closed;
  }
  in_string_ = (in_string >> (size - 1) & 1) != 0;
  escaped_ = escapes_next;
  return 0;
}

std::size_t BracketScanner::scan_bytes(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == opening_) {
      ++depth_;
    } else if (c == closing_ && --depth_ == 0) {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace gristmill::json
