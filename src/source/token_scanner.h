// Says of a run of bytes, one after the other, whether it is a JSON token without quotes: a number, true, false, null,
// or what Python writes for numbers that are none (NaN, Infinity, -Infinity).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gristmill::source {

class TokenScanner {
 public:
  void add(char c) {
    if (length_ < longest_word) word_[length_] = c;
    ++length_;
    number_ = after(number_, c);
  }

  // Is what was added a token?
  bool is_token() const {
    return number_ == Number::zero || number_ == Number::whole || number_ == Number::fraction ||
           number_ == Number::exponent || std::ranges::find(words, word()) != std::end(words);
  }
  // Can more bytes make it one?
  bool can_be_token() const {
    return number_ != Number::none ||
           std::ranges::any_of(words, [this](std::string_view each) { return each.starts_with(word()); });
  }

 private:
  // The grammar of RFC 8259: what was read last.
  enum class Number : std::uint8_t { start, minus, zero, whole, point, fraction, e, sign, exponent, none };

  static constexpr std::string_view words[] = {"true", "false", "null", "NaN", "Infinity", "-Infinity"};
  static constexpr std::size_t longest_word = 10;  // one more than the longest: what is longer is none

  static constexpr Number after(Number state, char c) {
    const bool digit = c >= '0' && c <= '9';
    const bool e = c == 'e' || c == 'E';
    switch (state) {
      case Number::start:
        if (c == '-') return Number::minus;
        [[fallthrough]];
      case Number::minus: return c == '0' ? Number::zero : digit ? Number::whole : Number::none;
      case Number::whole:
        if (digit) return Number::whole;
        [[fallthrough]];
      case Number::zero: return c == '.' ? Number::point : e ? Number::e : Number::none;
      case Number::point: return digit ? Number::fraction : Number::none;
      case Number::fraction: return digit ? Number::fraction : e ? Number::e : Number::none;
      case Number::e:
        if (c == '+' || c == '-') return Number::sign;
        [[fallthrough]];
      case Number::sign:
      case Number::exponent: return digit ? Number::exponent : Number::none;
      case Number::none: break;
    }
    return Number::none;
  }

  std::string_view word() const { return {word_.data(), std::min(length_, longest_word)}; }

  std::array<char, longest_word> word_{};
  std::size_t length_ = 0;
  Number number_ = Number::start;
};

}  // namespace gristmill::source
