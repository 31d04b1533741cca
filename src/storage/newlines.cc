// 64 bytes a turn with SSE2: GCC 12 at -O2 leaves the plain loop scalar, and every byte that is read or
// written comes through here; a third of a run's time went into it. Tested in newlines_test.cc.
#include "storage/newlines.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gristmill {

std::uint64_t count_newlines(std::string_view bytes) {
  std::uint64_t count = 0;
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
#ifdef __SSE2__
  const __m128i newline = _mm_set1_epi8('\n');
  const __m128i zero = _mm_setzero_si128();
  __m128i sums = zero;  // two 64-bit sums
  while (end - p >= 64) {
    // Each compare gives 0 or -1 a byte: four of them add up to no less than -4.
    __m128i matches = zero;
    for (int i = 0; i < 4; ++i, p += 16) {
      const __m128i piece = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      matches = _mm_sub_epi8(matches, _mm_cmpeq_epi8(piece, newline));
    }
    sums = _mm_add_epi64(sums, _mm_sad_epu8(matches, zero));
  }
  alignas(16) std::uint64_t parts[2];
  _mm_store_si128(reinterpret_cast<__m128i*>(parts), sums);
  count = parts[0] + parts[1];
#endif
  for (; p != end; ++p) count += *p == '\n' ? 1 : 0;
  return count;
}

}  // namespace gristmill
