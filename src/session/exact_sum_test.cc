// Against another sum that is slow and plain: a whole number of 2,400 bits, rounded by the definition (the
// nearest double, ties to even).
#include "session/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace gristmill::session {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();
using Doubles = std::vector<double>;

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

// A whole number in multiples of 2^-1074, two's complement, one bit a byte: slow and plain.
class Bits {
 public:
  void add(double value) {
    int exponent = 0;
    const double fraction = std::frexp(std::fabs(value), &exponent);  // value = fraction * 2^exponent
    auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
    int place = exponent - 53 + 1074;
    while (place < 0) {  // a subnormal: its mantissa has zeros at the end
      mantissa >>= 1;
      ++place;
    }
    int carry = 0;
    for (std::size_t i = static_cast<std::size_t>(place); i < size; ++i) {
      const std::size_t k = i - static_cast<std::size_t>(place);
      const int bit = k < 64 ? static_cast<int>(mantissa >> k & 1) : 0;
      if (value < 0) {
        const int difference = bits_[i] - bit - carry;
        carry = difference < 0 ? 1 : 0;
        bits_[i] = difference & 1;
      } else {
        const int sum = bits_[i] + bit + carry;
        carry = sum >> 1;
        bits_[i] = sum & 1;
      }
    }
  }

  double rounded() const {
    std::vector<int> magnitude = bits_;
    const bool negative = magnitude.back() != 0;
    if (negative) {
      int carry = 1;
      for (int& bit : magnitude) {
        const int sum = (1 - bit) + carry;
        bit = sum & 1;
        carry = sum >> 1;
      }
    }
    // Truncated to a double of 53 bits, the next one above it, and the exact distance to both.
    std::size_t top = size;
    while (top > 0 && magnitude[top - 1] == 0) --top;
    if (top == 0) return 0.0;
    const std::size_t low = top > 53 ? top - 53 : 0;
    double below = 0;
    for (std::size_t i = top; i-- > low;) below = below * 2 + magnitude[i];
    const double above = below + 1;
    int half = low > 0 ? magnitude[low - 1] : 0;
    bool rest = false;
    for (std::size_t i = 0; i + 1 < low; ++i) rest |= magnitude[i] != 0;
    const bool even = std::fmod(below, 2.0) == 0;
    const double chosen = half != 0 && (rest || !even) ? above : below;
    const double result = std::ldexp(chosen, static_cast<int>(low) - 1074);
    return negative ? -result : result;
  }

 private:
  static constexpr std::size_t size = 2400;
  std::vector<int> bits_ = std::vector<int>(size);
};

double expected_sum(const Doubles& values) {
  Bits sum;
  for (const double value : values) sum.add(value);
  return sum.rounded();
}

ExactSum sum_of(const Doubles& values) {
  ExactSum sum;
  for (const double value : values) sum.add(value);
  return sum;
}

void merge(const ExactSum& from, ExactSum& into) {
  std::string bytes;
  from.serialise(bytes);
  bytes.append("rest");
  std::string_view view = bytes;
  into.merge_serialised(view);
  EXPECT_EQ(view, "rest");
}

ExactSum through_bytes(const ExactSum& sum) {
  ExactSum again;
  merge(sum, again);
  return again;
}

// The sum as it is, in any order, in any groups.
void expect_sum(Doubles values, double expected, std::mt19937_64& random, int ways = 6) {
  ASSERT_EQ(bits(sum_of(values).rounded()), bits(expected)) << ::testing::PrintToString(values);
  for (int way = 0; way < ways; ++way) {
    std::shuffle(values.begin(), values.end(), random);
    std::vector<ExactSum> groups(1 + random() % (values.size() + 2));
    for (const double value : values) groups[random() % groups.size()].add(value);
    while (groups.size() > 1) {
      const std::size_t into = random() % (groups.size() - 1);
      if (random() % 3 == 0) groups[into] = through_bytes(groups[into]);
      if (random() % 3 == 0) groups.back() = through_bytes(groups.back());
      merge(groups.back(), groups[into]);
      groups.pop_back();
    }
    ASSERT_EQ(bits(groups[0].rounded()), bits(expected)) << ::testing::PrintToString(values);
    ASSERT_EQ(bits(through_bytes(groups[0]).rounded()), bits(expected));
  }
}

TEST(ExactSum, KnownSums) {
  std::mt19937_64 random(1);
  // What math.fsum gives.
  expect_sum({}, 0.0, random);
  expect_sum(Doubles(10, 0.1), 1.0, random);
  expect_sum({0.1, 0.2, 0.3}, 0.6, random);
  expect_sum({1e100, 1.0, -1e100}, 1.0, random);
  expect_sum({1e16, 1.0, 1.0}, 10000000000000002.0, random);
  expect_sum({1e308, 1e-308, -1e308}, 1e-308, random);
  expect_sum({1.0, 0x1p-53}, 1.0, random);                      // a tie, to even
  expect_sum({1.0, 0x1p-53, smallest}, 1.0 + 0x1p-52, random);  // just above it
  expect_sum({1.0, 0x1p-53, -smallest}, 1.0, random);           // just below it
  expect_sum({1.0 + 0x1p-52, 0x1p-53}, 1.0 + 0x1p-51, random);  // a tie, to even upwards
  expect_sum({-1.0, -0x1p-53, -smallest}, -1.0 - 0x1p-52, random);
  expect_sum({0x1p53, 1.0}, 0x1p53, random);
  expect_sum({0x1.fffffffffffffp52, 0.5}, 0x1p53, random);  // rounding carries into the next power
}

TEST(ExactSum, ZeroHasNoSign) {
  EXPECT_EQ(bits(sum_of({-0.0}).rounded()), bits(0.0));
  EXPECT_EQ(bits(sum_of(Doubles(9, -0.0)).rounded()), bits(0.0));
  EXPECT_EQ(bits(sum_of({1.5, -1.5}).rounded()), bits(0.0));
  EXPECT_EQ(bits(sum_of({-1.5, 1.5, -2.5, 2.5, -largest, largest}).rounded()), bits(0.0));
  EXPECT_EQ(bits(ExactSum().rounded()), bits(0.0));
}

TEST(ExactSum, Subnormals) {
  std::mt19937_64 random(2);
  constexpr double least_normal = std::numeric_limits<double>::min();
  expect_sum({smallest}, smallest, random);
  expect_sum(Doubles(7, smallest), 7 * smallest, random);
  expect_sum(Doubles(7, -smallest), -7 * smallest, random);
  expect_sum({least_normal, -smallest}, least_normal - smallest, random);
  expect_sum({least_normal - smallest, smallest}, least_normal, random);
  expect_sum({least_normal, least_normal, -smallest}, 2 * least_normal - smallest, random);
  expect_sum({1.0, smallest, -1.0, smallest, smallest, 2.0, -2.0}, 3 * smallest, random);
  for (int i = 0; i < 300; ++i) {
    Doubles values(1 + random() % 12);
    for (double& value : values)
      value = std::bit_cast<double>((random() & 0x800FFFFFFFFFFFFF) | (random() % 3 == 0 ? 1ULL << 52 : 0));
    expect_sum(values, expected_sum(values), random, 2);
  }
}

TEST(ExactSum, DoesNotOverflowOnTheWay) {
  std::mt19937_64 random(3);
  expect_sum({largest, largest, -largest, -largest}, 0.0, random);
  expect_sum({largest, largest, -largest}, largest, random);
  expect_sum({largest, largest, -largest, -largest, smallest}, smallest, random);
  Doubles many(2000, largest);
  many.insert(many.end(), 2000, -largest);
  many.push_back(0.5);
  expect_sum(many, 0.5, random, 2);
}

TEST(ExactSum, BeyondTheDoublesIsAnInfinity) {
  std::mt19937_64 random(4);
  expect_sum({largest, largest}, infinity, random);
  expect_sum({-largest, -largest, 1.0}, -infinity, random);
  expect_sum(Doubles(5000, largest), infinity, random, 2);
  expect_sum({largest, 0x1p969}, largest, random);             // below half of the last place
  expect_sum({largest, 0x1p970}, infinity, random);            // half of it: the tie goes up
  expect_sum({largest, 0x1p970, -smallest}, largest, random);  // just below
  // It is still the exact sum, and may come back.
  ExactSum sum = sum_of({largest, largest, 3.0});
  EXPECT_EQ(sum.rounded(), infinity);
  sum.add(-largest);
  sum.add(-largest);
  EXPECT_EQ(sum.rounded(), 3.0);
}

TEST(ExactSum, NonFiniteStaysNonFinite) {
  for (const double value :
       {infinity, -infinity, std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::signaling_NaN()}) {
    for (const std::size_t before : {0U, 3U, 10U}) {
      ExactSum sum = sum_of(Doubles(before, 1.0));
      sum.add(value);
      EXPECT_TRUE(std::isnan(sum.rounded()));
      sum.add(1.0);
      EXPECT_TRUE(std::isnan(sum.rounded()));
      EXPECT_TRUE(std::isnan(through_bytes(sum).rounded()));
      ExactSum other = sum_of({1.0});
      merge(sum, other);
      EXPECT_TRUE(std::isnan(other.rounded()));
      merge(sum_of({2.0}), sum);
      EXPECT_TRUE(std::isnan(sum.rounded()));
      ExactSum twice = sum_of({});
      merge(through_bytes(other), twice);
      EXPECT_TRUE(std::isnan(twice.rounded()));
    }
  }
}

TEST(ExactSum, RandomDoublesOfAllSizes) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 400; ++i) {
    Doubles values(random() % 30);
    for (double& value : values) {
      do {
        value = std::bit_cast<double>(random());
      } while (!std::isfinite(value));
    }
    expect_sum(values, expected_sum(values), random, 2);
  }
}

TEST(ExactSum, RandomDoublesThatCancel) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 400; ++i) {
    const int spread = 1 + static_cast<int>(random() % 130);
    Doubles values;
    for (std::size_t k = random() % 12; k > 0; --k) {
      const double value = std::ldexp(static_cast<double>(random() >> 11),
                                      static_cast<int>(random() % static_cast<unsigned>(spread)) - 60);
      values.push_back(value);
      values.push_back(random() % 3 == 0 ? -value : -std::nextafter(value, random() % 2 == 0 ? 0.0 : infinity));
    }
    expect_sum(values, expected_sum(values), random, 2);
  }
}

TEST(ExactSum, TiesAtEveryExponent) {
  std::mt19937_64 random(7);
  for (int exponent = -1074; exponent <= 969; ++exponent) {
    const double unit = std::ldexp(1.0, exponent);  // half of the last place of the large one
    const double large = std::ldexp(static_cast<double>((1ULL << 52) + random() % (1ULL << 52)), exponent + 1);
    const Doubles tie = {large, unit};
    ASSERT_EQ(bits(sum_of(tie).rounded()), bits(large + unit)) << exponent;  // one addition rounds correctly
    ASSERT_EQ(bits(sum_of(tie).rounded()), bits(expected_sum(tie))) << exponent;
  }
}

TEST(ExactSum, ScoresOfASession) {
  // As they occur: products of numbers in [0, 1], compared with the sum in units of 2^-106.
  std::mt19937_64 random(8);
  __extension__ using Wide = __int128;
  for (int i = 0; i < 200; ++i) {
    Doubles values;
    Wide exact = 0;
    for (std::size_t k = random() % 1000; k > 0; --k) {
      const std::uint64_t fraction = random() >> 11;
      values.push_back(std::ldexp(static_cast<double>(fraction), -53 - static_cast<int>(k % 2) * 30));
      exact += static_cast<Wide>(fraction) << (53 - (k % 2) * 30);
    }
    // To 64 bits, the rest folded into the last: then one conversion rounds correctly.
    int shift = 0;
    bool rest = false;
    while (exact >> 62 != 0) {
      rest |= (exact & 1) != 0;
      exact >>= 1;
      ++shift;
    }
    auto short_sum = static_cast<std::int64_t>(exact);
    if (rest) short_sum |= 1;
    EXPECT_EQ(bits(sum_of(values).rounded()), bits(std::ldexp(static_cast<double>(short_sum), shift - 106)));
  }
}

TEST(ExactSum, ManyAdditionsNeedNoCare) {
  ExactSum sum;
  for (int i = 0; i < 3'000'000; ++i) sum.add(i % 2 == 0 ? 0x1.fffffffffffffp100 : -0x1.fffffffffffffp99);
  EXPECT_EQ(sum.rounded(), 0x1.fffffffffffffp99 * 1'500'000);
}

TEST(ExactSum, SumsOfFarApartPlacesAreMerged) {
  const Doubles groups[] = {Doubles(20, 1e300),      Doubles(20, -1e300), Doubles(20, 1e-300), Doubles(20, -1e-300),
                            Doubles(20, -5e-324),    Doubles(20, 5e-324), Doubles(20, 1.0),    {1.0, -1.0},
                            Doubles(30, -0x1p-1000), Doubles(30, 0x1p31)};
  for (const Doubles& one : groups) {
    for (const Doubles& other : groups) {
      for (const Doubles& third : groups) {
        ExactSum sum = through_bytes(sum_of(one));
        merge(sum_of(other), sum);
        merge(through_bytes(sum_of(third)), sum);
        Doubles all = one;
        all.insert(all.end(), other.begin(), other.end());
        all.insert(all.end(), third.begin(), third.end());
        EXPECT_EQ(bits(sum.rounded()), bits(expected_sum(all)));
        EXPECT_EQ(bits(through_bytes(sum).rounded()), bits(expected_sum(all)));
        sum.clear();
        merge(sum_of(third), sum);
        EXPECT_EQ(bits(sum.rounded()), bits(expected_sum(third)));
      }
    }
  }
}

TEST(ExactSum, SerialisedSumsStandBehindEachOther) {
  std::string bytes;
  sum_of({1.0, 2.0}).serialise(bytes);
  sum_of({}).serialise(bytes);
  sum_of(Doubles(20, -0.1)).serialise(bytes);
  sum_of({infinity}).serialise(bytes);
  std::string_view view = bytes;
  const auto next = [&] {
    ExactSum sum;
    sum.merge_serialised(view);
    return sum.rounded();
  };
  EXPECT_EQ(next(), 3.0);
  EXPECT_EQ(next(), 0.0);
  EXPECT_EQ(next(), -2.0);
  EXPECT_TRUE(std::isnan(next()));
  EXPECT_TRUE(view.empty());
}

}  // namespace
}  // namespace gristmill::session
