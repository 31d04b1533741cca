// Shewchuk's expansions, which fsum uses, grow and shrink with the data and are awkward to merge and to
// spill; a fixed-point number is one loop each. Small sums never make one, and are rounded by an expansion: a session
// has about ten predictions. Tested in exact_sum_test.cc against rational arithmetic, and against math.fsum.
#include "session/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace gristmill::session {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::int64_t word_mask = 0xFFFFFFFF;
constexpr std::uint32_t most_additions = 1U << 30;

constexpr std::uint32_t few_to_serialise = 1;
constexpr unsigned fixed_tag = 0x3F;
constexpr std::size_t longest_short = 127;  // bytes of a fixed-point number

void append_16(std::size_t number, std::string& bytes) {
  bytes.push_back(static_cast<char>(number & 0xFFU));
  bytes.push_back(static_cast<char>(number >> 8U));
}

std::size_t take_16(std::string_view& bytes) {
  const std::size_t number = static_cast<unsigned char>(bytes[0]) | std::size_t{static_cast<unsigned char>(bytes[1])}
                                                                        << 8U;
  bytes.remove_prefix(2);
  return number;
}

}  // namespace

void ExactSum::FixedPoint::add(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  const auto biased = static_cast<unsigned>(bits >> 52 & 0x7FF);
  // value = mantissa * 2^(shift - 1074)
  const std::uint64_t mantissa = biased == 0 ? fraction : fraction | std::uint64_t{1} << 52;
  const unsigned shift = biased == 0 ? 0 : biased - 1;
  const std::size_t lowest = shift / 32;
  const unsigned offset = shift % 32;
  const auto wide = static_cast<Wide>(mantissa) << offset;
  const bool negative = (bits >> 63) != 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto part = static_cast<std::int64_t>(static_cast<std::uint64_t>(wide >> (32 * i)) & 0xFFFFFFFFU);
    word[lowest + i] += negative ? -part : part;
  }
  widen(lowest, lowest + 3);
  if (++additions == most_additions) carry();
}

void ExactSum::FixedPoint::widen(std::size_t from, std::size_t to) {
  first = std::min(first, from);
  last = std::max(last, to);
}

// Afterwards every word but that of the highest place is in [0, 2^32); this one carries the sign.
void ExactSum::FixedPoint::carry() {
  std::int64_t carried = 0;
  std::size_t i = first;
  for (; i + 1 < words && (i < last || carried != 0); ++i) {
    const std::int64_t sum = word[i] + carried;
    word[i] = sum & word_mask;
    carried = sum >> 32;
  }
  if (carried != 0) word[i++] += carried;
  if (first < last) last = std::max(last, i);
  additions = 1;
}

bool ExactSum::FixedPoint::negate_if_negative() {
  if (word[words - 1] >= 0) return false;
  for (std::size_t i = first; i < last; ++i) word[i] = -word[i];
  carry();
  return true;
}

double ExactSum::FixedPoint::rounded() {
  carry();
  const bool negative = negate_if_negative();
  std::size_t top = last;
  while (top > 0 && word[top - 1] == 0) --top;
  if (top == 0) return 0.0;
  // Position of the highest bit, counted from 2^-1074.
  const unsigned high = static_cast<unsigned>(top - 1) * 32 + 63 -
                        static_cast<unsigned>(std::countl_zero(static_cast<std::uint64_t>(word[top - 1])));
  const auto bit = [&](unsigned position) { return (word[position / 32] >> (position % 32) & 1) != 0; };
  const unsigned low = high >= 53 ? high - 52 : 0;  // the lowest bit that a double keeps
  // The three highest words hold all the bits from `low` on.
  const std::size_t base = top > 3 ? top - 3 : 0;
  const Wide head =
      static_cast<Wide>(word[base + 2]) << 64 | static_cast<Wide>(word[base + 1]) << 32 | static_cast<Wide>(word[base]);
  const std::size_t down = low > base * 32 ? low - base * 32 : 0;  // their lowest bits that it drops
  auto mantissa = static_cast<std::uint64_t>(head >> down);
  if (low > 0 && bit(low - 1)) {
    bool more = (mantissa & 1) != 0;
    if (!more && low > 1) {
      const std::size_t word_index = (low - 1) / 32;
      more = (word[word_index] & ((std::int64_t{1} << ((low - 1) % 32)) - 1)) != 0;
      for (std::size_t i = first; i < word_index && !more; ++i) more = word[i] != 0;
    }
    if (more) ++mantissa;
  }
  // ldexp is exact here: the mantissa has at most 54 bits with a zero last one, or lies on the grid of
  // subnormals already; beyond the largest double it gives an infinity.
  const double magnitude = std::ldexp(static_cast<double>(mantissa), static_cast<int>(low) - 1074);
  return negative ? -magnitude : magnitude;
}

void ExactSum::clear() {
  count_ = 0;
  non_finite_ = false;
  fixed_.reset();
}

void ExactSum::add(double value) {
  if (!std::isfinite(value)) {
    non_finite_ = true;
    return;
  }
  if (!fixed_) {
    if (count_ < few) {
      doubles_[count_++] = value;
      return;
    }
  }
  fixed().add(value);
}

ExactSum::FixedPoint& ExactSum::fixed() {
  if (!fixed_) {
    fixed_ = std::make_unique<FixedPoint>();
    for (std::uint32_t i = 0; i < count_; ++i) fixed_->add(doubles_[i]);
    count_ = 0;
  }
  return *fixed_;
}

// The nearest double to the sum of a few, by Shewchuk's expansions: parts that do not overlap, the least first.
// Python's fsum does so. NaN where a part overflowed on the way.
double ExactSum::rounded_expansion() const {
  double parts[few + 1];
  std::size_t size = 0;
  for (std::uint32_t k = 0; k < count_; ++k) {
    double x = doubles_[k];
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size; ++i) {
      double y = parts[i];
      if (std::abs(x) < std::abs(y)) std::swap(x, y);
      const double high = x + y;
      const double low = y - (high - x);
      if (low != 0) parts[kept++] = low;
      x = high;
    }
    parts[kept++] = x;
    size = kept;
  }
  double high = 0;
  double low = 0;
  while (size > 0 && low == 0) {
    const double x = high;
    const double y = parts[--size];
    high = x + y;
    low = y - (high - x);
  }
  // Halfway between two doubles, what is left decides.
  if (size > 0 && ((low < 0 && parts[size - 1] < 0) || (low > 0 && parts[size - 1] > 0))) {
    const double twice = low * 2;
    const double other = high + twice;
    if (other - high == twice) high = other;
  }
  return std::isfinite(high) ? high : std::numeric_limits<double>::quiet_NaN();
}

double ExactSum::rounded() const {
  if (non_finite_) return std::numeric_limits<double>::quiet_NaN();
  if (!fixed_) {
    const double sum = rounded_expansion();
    if (!std::isnan(sum)) return sum == 0 ? 0.0 : sum;
  }
  FixedPoint sum = fixed_ ? *fixed_ : FixedPoint{};
  for (std::uint32_t i = 0; i < count_; ++i) sum.add(doubles_[i]);
  return sum.rounded();
}

// One byte: the number of doubles, which follow, or `fixed_tag` for a fixed-point number; 0x80 set if non-finite, 0x40
// if negative. Of a fixed-point number follow the first of its bytes that is not 0 (9 bits) with their number (7 bits;
// all set: it follows in 16), and these bytes: two or three doubles more would take as much.
void ExactSum::serialise(std::string& bytes) const {
  const unsigned finite = non_finite_ ? 0x80U : 0U;
  if (!fixed_ && count_ <= few_to_serialise) {
    bytes.push_back(static_cast<char>(count_ | finite));
    bytes.append(reinterpret_cast<const char*>(doubles_.data()), count_ * sizeof(double));
    return;
  }
  FixedPoint sum = fixed_ ? *fixed_ : FixedPoint{};
  for (std::uint32_t i = 0; i < count_; ++i) sum.add(doubles_[i]);
  sum.carry();
  const bool negative = sum.negate_if_negative();
  std::size_t end = sum.last;
  while (end > 0 && sum.word[end - 1] == 0) --end;
  std::size_t begin = std::min(sum.first, end);
  while (begin < end && sum.word[begin] == 0) ++begin;
  std::array<std::uint32_t, words> digits{};
  for (std::size_t i = begin; i < end; ++i) digits[i] = static_cast<std::uint32_t>(sum.word[i]);
  const auto* const all = reinterpret_cast<const char*>(digits.data());
  std::size_t first = begin * sizeof(std::uint32_t);
  std::size_t last = end * sizeof(std::uint32_t);
  while (first < last && all[first] == 0) ++first;
  while (first < last && all[last - 1] == 0) --last;
  const std::size_t size = last - first;
  bytes.push_back(static_cast<char>(fixed_tag | finite | (negative ? 0x40U : 0U)));
  append_16(first << 7 | std::min<std::size_t>(size, longest_short), bytes);
  if (size >= longest_short) append_16(size, bytes);
  bytes.append(all + first, size);
}

void ExactSum::merge_serialised(std::string_view& bytes) {
  const auto tag = static_cast<unsigned char>(bytes[0]);
  bytes.remove_prefix(1);
  non_finite_ |= (tag & 0x80U) != 0;
  if ((tag & 0x3FU) != fixed_tag) {
    for (unsigned left = tag & 0x3FU; left > 0; --left) {
      double value = 0;
      std::memcpy(&value, bytes.data(), sizeof value);
      bytes.remove_prefix(sizeof value);
      add(value);
    }
    return;
  }
  const std::size_t place = take_16(bytes);
  const std::size_t size = (place & longest_short) == longest_short ? take_16(bytes) : place & longest_short;
  const std::size_t begin = (place >> 7) / sizeof(std::uint32_t);
  const std::size_t end = ((place >> 7) + size + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t);
  std::array<std::uint32_t, words> digits;  // of them those from `begin` on
  std::fill(digits.begin(), digits.begin() + (end - begin), 0U);
  std::memcpy(reinterpret_cast<char*>(digits.data()) + (place >> 7) % sizeof(std::uint32_t), bytes.data(), size);
  bytes.remove_prefix(size);
  FixedPoint& sum = fixed();
  for (std::size_t i = begin; i < end; ++i) {
    const std::int64_t digit = digits[i - begin];
    sum.word[i] += (tag & 0x40U) != 0 ? -digit : digit;
  }
  sum.widen(begin, end);
  if (++sum.additions == most_additions) sum.carry();
}

}  // namespace gristmill::session
