// What the entries of a list have in common: most differ from the one before only in the digits of their
// numbers and the characters of their strings, at the same places.
//
// A pattern is learned from an entry that was checked field by field. An entry that matches it is as valid
// as that one, has the same fields at the same places, and is checked 16 bytes at a time without looking for
// the ends of its values: these are known, so nothing waits for them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gristmill::record {

// What the field-by-field check found out about an entry.
struct EntryTraits {
  bool plain = false;              // see Entry
  std::uint32_t timestamp_at = 0;  // offset of the number that is its timestamp; 0: it has none
  std::uint32_t timestamp_size = 0;
};

class EntryPattern {
 public:
  static constexpr std::size_t longest = 112;  // bytes of an entry

  // Does an entry like the learned one begin at `p`? False costs a little and means nothing. Ors a bit into
  // `high` if there are bytes beyond ASCII. `end`: of the line; text_padding bytes behind it are readable.
  bool matches(const char* p, const char* end, unsigned& high) const {
#ifdef __SSE2__
    if (length_ == 0 || end - p < static_cast<std::ptrdiff_t>(length_)) return false;
    const __m128i zero = _mm_setzero_si128();
    __m128i bad = zero;
    __m128i highs = zero;
    for (std::size_t i = 0; i < length_; i += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
      const auto of = [i](const char* table) { return _mm_load_si128(reinterpret_cast<const __m128i*>(table + i)); };
      const __m128i values = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
      const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values);
      const __m128i zeros = _mm_cmpeq_epi8(values, zero);
      const __m128i stops = _mm_or_si128(
          _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
          _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes));
      const __m128i same = _mm_cmpeq_epi8(bytes, of(text_));
      bad = _mm_or_si128(bad, _mm_andnot_si128(same, of(fixed_)));
      bad = _mm_or_si128(bad, _mm_andnot_si128(digits, of(digit_)));
      bad = _mm_or_si128(bad, _mm_and_si128(zeros, of(not_zero_)));
      bad = _mm_or_si128(bad, _mm_and_si128(stops, of(character_)));
      highs = _mm_or_si128(highs, _mm_and_si128(bytes, of(character_)));
    }
    high |= high_ | static_cast<unsigned>(_mm_movemask_epi8(highs));
    return _mm_movemask_epi8(_mm_cmpeq_epi8(bad, zero)) == 0xFFFF;
#else
    static_cast<void>(p), static_cast<void>(end), static_cast<void>(high);
    return false;
#endif
  }
  std::uint32_t length() const { return length_; }  // of the entries that match
  const EntryTraits& traits() const { return traits_; }

  // To be told how it went, so that a pattern that mostly fails is dropped: matches(...) was true, or it was
  // false and the entry turned out to be this.
  void matched() { credit_ += credit_ < most_credit ? 1 : 0; }
  void missed(std::string_view entry, const EntryTraits& traits) {
    if (wait_ > 0) {
      --wait_;
    } else {
      fail_or_learn(entry, traits);
    }
  }

 private:
  static constexpr int most_credit = 8;

  void fail_or_learn(std::string_view entry, const EntryTraits& traits);
  void learn(std::string_view entry, const EntryTraits& traits);

  // A byte's place is in one of: fixed, digit, character; a digit may be one that must not be 0.
  alignas(16) char text_[longest] = {};
  alignas(16) char fixed_[longest] = {};
  alignas(16) char digit_[longest] = {};
  alignas(16) char not_zero_[longest] = {};
  alignas(16) char character_[longest] = {};
  std::uint32_t length_ = 0;  // 0: nothing is learned
  unsigned high_ = 0;         // a fixed byte is beyond ASCII
  EntryTraits traits_;
  int credit_ = 0;
  std::uint32_t previous_length_ = 0;
  std::uint32_t wait_ = 0;  // entries before learning again; 0 while a pattern is known
  std::uint32_t patience_ = 8;
};

}  // namespace gristmill::record
