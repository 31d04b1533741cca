// Every byte that is read or written comes through here; compared one by one they took a third of a run.
// The inner loop's fixed length lets the compiler use whole vectors, of 32 bytes where the processor has AVX2.
// Written by hand with SSE2 it ran at half the speed. Tested in newlines_test.cc.
#include "storage/newlines.h"

namespace gristmill::storage {
namespace {

__attribute__((always_inline)) inline std::uint64_t count(const char* p, const char* end) {
  constexpr int block = 128;  // its count fits a byte
  std::uint64_t total = 0;
  for (; end - p >= block; p += block) {
    unsigned char in_block = 0;
    for (int i = 0; i < block; ++i) in_block = static_cast<unsigned char>(in_block + (p[i] == '\n' ? 1 : 0));
    total += in_block;
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
