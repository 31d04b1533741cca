// Numbers and ids as text, written straight into a buffer: the only work that a generated line costs.
// Every function returns the byte behind what it wrote; the caller sees to it that there is room.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gristmill::generate {

// "00" to "99", one after the other.
inline constexpr std::array<char, 200> digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// "00" to "ff", one after the other.
inline constexpr std::array<char, 512> hexadecimal_pairs = [] {
  std::array<char, 512> pairs{};
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[2 * i] = "0123456789abcdef"[i / 16];
    pairs[2 * i + 1] = "0123456789abcdef"[i % 16];
  }
  return pairs;
}();

inline char* put(std::string_view text, char* to) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// A literal: its length is known to the compiler, so this is a few moves.
template <std::size_t n>
inline char* put_literal(const char (&text)[n], char* to) {
  std::memcpy(to, text, n - 1);
  return to + n - 1;
}

inline char* put_pair(std::uint32_t number, char* to) {  // REQUIRES: number < 100
  std::memcpy(to, &digit_pairs[2 * number], 2);
  return to + 2;
}

// REQUIRES: 10^12 <= number < 10^13.
inline char* put_13_digits(std::uint64_t number, char* to) {
  const auto high = static_cast<std::uint32_t>(number / 100'000'000);  // 5 digits
  const auto low = static_cast<std::uint32_t>(number % 100'000'000);
  *to = static_cast<char>('0' + high / 10'000);
  put_pair(high / 100 % 100, to + 1);
  put_pair(high % 100, to + 3);
  const std::uint32_t upper = low / 10'000;
  const std::uint32_t lower = low % 10'000;
  put_pair(upper / 100, to + 5);
  put_pair(upper % 100, to + 7);
  put_pair(lower / 100, to + 9);
  put_pair(lower % 100, to + 11);
  return to + 13;
}

// A number of tenths with its one decimal: 1587 as 158.7. REQUIRES: tenths < 10,000.
inline char* put_tenths(std::uint32_t tenths, char* to) {
  const std::uint32_t whole = tenths / 10;
  if (whole >= 100) *to++ = static_cast<char>('0' + whole / 100);
  if (whole >= 10) *to++ = static_cast<char>('0' + whole / 10 % 10);
  to[0] = static_cast<char>('0' + whole % 10);
  to[1] = '.';
  to[2] = static_cast<char>('0' + tenths % 10);
  return to + 3;
}

// The lowest `bytes` bytes of the number, two hexadecimal digits each, the lowest first.
inline char* put_hexadecimal(std::uint64_t number, unsigned bytes, char* to) {
  for (unsigned i = 0; i < bytes; ++i) {
    std::memcpy(to, &hexadecimal_pairs[2 * (number & 0xFF)], 2);
    number >>= 8;
    to += 2;
  }
  return to;
}

// 122 of the 128 bits as a random UUID (RFC 9562, version 4): 36 characters.
inline char* put_uuid(std::uint64_t first, std::uint64_t second, char* to) {
  to = put_hexadecimal(first, 4, to);
  *to++ = '-';
  to = put_hexadecimal(first >> 32, 2, to);
  *to++ = '-';
  char* const version = to;
  to = put_hexadecimal(first >> 48, 2, to);
  *version = '4';
  *to++ = '-';
  char* const variant = to;
  to = put_hexadecimal(second, 2, to);
  *variant = "89ab"[second >> 62];
  *to++ = '-';
  return put_hexadecimal(second >> 16, 6, to);
}

}  // namespace gristmill::generate
