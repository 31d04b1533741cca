// Every byte that is read or written comes through here; compared one by one they took a third of a run.
// The counts stay in vectors, of 32 bytes where the processor has AVX2, and are added up as seldom as a byte allows:
// every 128 bytes, as a plain loop did, took one and a half times as long. Tested in newlines_test.cc.
#include "storage/newlines.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace gristmill::storage {
namespace {

using Lanes [[gnu::vector_size(32)]] = unsigned char;
constexpr std::size_t vectors = 4;  // at a time: none waits for the sum of the one before
constexpr std::size_t step = vectors * sizeof(Lanes);
constexpr std::size_t most_steps = 255;  // their counts fit a byte

// Of 8 bytes.
inline std::uint64_t sum_of(std::uint64_t bytes) {
  constexpr std::uint64_t low = 0x00FF00FF00FF00FF;
  return ((bytes & low) + (bytes >> 8 & low)) * 0x0001000100010001 >> 48;
}

__attribute__((always_inline)) inline std::uint64_t count(const char* p, const char* end) {
  std::uint64_t total = 0;
  while (static_cast<std::size_t>(end - p) >= step) {
    const char* const stop = p + std::min(most_steps, static_cast<std::size_t>(end - p) / step) * step;
    Lanes counts[vectors] = {};
    for (; p != stop; p += step) {
#pragma GCC unroll 4
      for (std::size_t i = 0; i < vectors; ++i) {
        Lanes bytes;
        std::memcpy(&bytes, p + i * sizeof bytes, sizeof bytes);
        counts[i] -= reinterpret_cast<Lanes>(bytes == '\n');  // -1 where it is one
      }
    }
    std::uint64_t words[step / 8];
    std::memcpy(words, counts, sizeof words);
    for (const std::uint64_t word : words) total += sum_of(word);
  }
  for (; p != end; ++p) total += *p == '\n' ? 1 : 0;
  return total;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) std::uint64_t count_with_avx2(const char* p, const char* end) { return count(p, end); }
#endif

}  // namespace

std::uint64_t count_newlines(std::string_view bytes) {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
#ifdef __x86_64__
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return count_with_avx2(begin, end);
#endif
  return count(begin, end);
}

}  // namespace gristmill::storage
