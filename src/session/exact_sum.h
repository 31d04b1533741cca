// The exact sum of any number of doubles: the same bits in any order and any grouping.
//
// A few doubles are kept as they are, more of them as one fixed-point number that spans the range of
// doubles (a superaccumulator; Kulisch, "Computer Arithmetic and Validity", 2013), so that nothing is
// rounded before the end and no sum overflows on the way. rounded() is Python's math.fsum of the same
// doubles, where that does not overflow.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gristmill::session {

class ExactSum {
 public:
  static constexpr std::size_t few = 16;  // doubles that are kept as they are

  // The sum of nothing, as it was made.
  void clear();
  void add(double value);  // an infinity or NaN makes the sum non-finite for good
  // The nearest double, ties to even; an infinity if it lies beyond the doubles, NaN if the sum is
  // non-finite.
  double rounded() const;

  // A form to spill and to send.
  void serialise(std::string& bytes) const;
  // Takes it off the front of `bytes` and merges it. REQUIRES: made by serialise().
  void merge_serialised(std::string_view& bytes);

 private:
  // 32 bits of the number in each word, kept in 64 so that 2^30 additions need no carry; word 0 is worth
  // 2^-1074. 67 words reach 2^1070, above any sum of 2^40 doubles.
  static constexpr std::size_t words = 68;
  struct FixedPoint {
    std::array<std::int64_t, words> word{};
    std::size_t first = words;  // all words before it are 0, and those from `last` on
    std::size_t last = 0;
    std::uint32_t additions = 0;
    void add(double value);
    void widen(std::size_t from, std::size_t to);
    void carry();
    bool negate_if_negative();  // REQUIRES: carry() was the last call
    double rounded();
  };

  FixedPoint& fixed();
  double rounded_expansion() const;

  std::array<double, few> doubles_;  // the first count_
  std::uint32_t count_ = 0;          // of doubles_
  bool non_finite_ = false;
  std::unique_ptr<FixedPoint> fixed_;

 public:
  ExactSum() {}  // NOLINT: doubles_ is not filled, which would cost more than all that is done with a short sum
  ExactSum(ExactSum&&) noexcept = default;
  ExactSum& operator=(ExactSum&&) noexcept = default;
};

}  // namespace gristmill::session
