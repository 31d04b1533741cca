#include "json/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>

#include "json/padded_text_testing.h"

namespace gristmill::json {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Apart where == is not: 0.0 and -0.0.
std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

TEST(ToDouble, RoundsToTheNearest) {
  EXPECT_EQ(to_double("0"), 0.0);
  EXPECT_EQ(bits(to_double("-0")), bits(-0.0));
  EXPECT_EQ(to_double("1747299119000"), 1747299119000.0);
  EXPECT_EQ(to_double("0.93"), 0.93);
  EXPECT_EQ(to_double("-1.5E+3"), -1500.0);
  EXPECT_EQ(to_double("9007199254740993"), 9007199254740992.0);  // a tie, to even
  EXPECT_EQ(to_double("9007199254740993.0000000000000000000000000000000000001"), 9007199254740994.0);
  EXPECT_EQ(to_double("123456789012345678901234567890"), 123456789012345678901234567890.0);
}

TEST(ToDouble, TooLargeIsAnInfinity) {
  EXPECT_EQ(to_double("1e999"), infinity);
  EXPECT_EQ(to_double("-1e999"), -infinity);
  EXPECT_EQ(to_double("1e+999"), infinity);
  EXPECT_EQ(to_double("1e309"), infinity);
  EXPECT_EQ(to_double("1.7976931348623158e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(to_double("1.7976931348623159e308"), infinity);
  EXPECT_EQ(to_double("1e99999999999999999999999999"), infinity);
  EXPECT_EQ(to_double("0.00001e99999999999999999999999999"), infinity);
  EXPECT_EQ(to_double(std::string(400, '9')), infinity);
  EXPECT_EQ(to_double("-" + std::string(400, '9') + ".5"), -infinity);
  EXPECT_EQ(to_double("0." + std::string(400, '0') + "1e800"), infinity);
}

TEST(ToDouble, TooSmallIsZeroWithItsSign) {
  EXPECT_EQ(bits(to_double("1e-999")), bits(0.0));
  EXPECT_EQ(bits(to_double("-1e-999")), bits(-0.0));
  EXPECT_EQ(bits(to_double("1e-99999999999999999999999999")), bits(0.0));
  EXPECT_EQ(bits(to_double("123456789e-99999999999999999999999999")), bits(0.0));
  EXPECT_EQ(bits(to_double("0." + std::string(400, '0') + "1")), bits(0.0));
  EXPECT_EQ(bits(to_double("-0." + std::string(400, '0') + "1")), bits(-0.0));
  EXPECT_EQ(bits(to_double("1" + std::string(300, '0') + "e-800")), bits(0.0));
  EXPECT_EQ(to_double("2.4703282292062327e-324"), 0.0);
  EXPECT_EQ(to_double("2.4703282292062328e-324"), 5e-324);
}

TEST(ToDouble, AnyExponentOfZeroIsZero) {
  for (const char* text : {"0e999", "0.000e999", "0e99999999999999999999", "0.0e-99999999999999999999", "0E+400"}) {
    EXPECT_EQ(bits(to_double(text)), bits(0.0)) << text;
    EXPECT_EQ(bits(to_double("-" + std::string(text))), bits(-0.0)) << text;
  }
}

TEST(NumberOf8Digits, IsWhatTheDigitsSay) {
  for (const char* digits : {"00000000", "99999999", "12345678", "10000000", "00000001", "90909090", "47299119"}) {
    EXPECT_EQ(number_of_8_digits(digits), std::stoull(digits)) << digits;
  }
}

TEST(ToDouble, DigitsAndExponentMayMakeUpForEachOther) {
  EXPECT_EQ(to_double("1" + std::string(400, '0') + "e-400"), 1.0);
  EXPECT_EQ(to_double("0." + std::string(400, '0') + "1e401"), 1.0);
  EXPECT_EQ(to_double("0.0001e312"), 1e308);
}

TEST(MillisecondsFromSeconds, RoundsTheDoubleHalfToEven) {
  // Python: round(seconds * 1000.0)
  EXPECT_EQ(milliseconds_from_seconds(1747299119.0), 1747299119000);
  EXPECT_EQ(milliseconds_from_seconds(1747299119.123), 1747299119123);
  EXPECT_EQ(milliseconds_from_seconds(1747299119.0005), 1747299119000);
  EXPECT_EQ(milliseconds_from_seconds(1747299119.1235), 1747299119124);
  EXPECT_EQ(milliseconds_from_seconds(0.0005), 0);
  EXPECT_EQ(milliseconds_from_seconds(0.0015), 2);
  EXPECT_EQ(milliseconds_from_seconds(0.0025), 2);
  EXPECT_EQ(milliseconds_from_seconds(1.0005), 1000);
  EXPECT_EQ(milliseconds_from_seconds(-0.0005), 0);
  EXPECT_EQ(milliseconds_from_seconds(-0.0004), 0);
  EXPECT_EQ(milliseconds_from_seconds(-1.0015), -1002);
  EXPECT_EQ(milliseconds_from_seconds(99999999999.9994), 99999999999999);
  EXPECT_EQ(milliseconds_from_seconds(-99999999999.0), -99999999999000);
}

TEST(Iso8601, CountsFrom1970) {
  // Python: (datetime.fromisoformat(text) - epoch) // timedelta(milliseconds=1)
  EXPECT_EQ(milliseconds_from_iso8601("2025-05-15T08:51:59Z"), 1747299119000);
  EXPECT_EQ(milliseconds_from_iso8601("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(milliseconds_from_iso8601("1969-12-31T23:59:59Z"), -1000);
  EXPECT_EQ(milliseconds_from_iso8601("0001-01-01T00:00:00Z"), -62135596800000);
  EXPECT_EQ(milliseconds_from_iso8601("9999-12-31T23:59:59Z"), 253402300799000);
  EXPECT_EQ(milliseconds_from_iso8601("2024-02-29T12:00:00Z"), 1709208000000);
  EXPECT_EQ(milliseconds_from_iso8601("2000-02-29T00:00:00Z"), 951782400000);
  EXPECT_EQ(milliseconds_from_iso8601("1900-03-01T00:00:00Z"), -2203891200000);
}

TEST(Iso8601, KnowsTheSpellingsOfItsParts) {
  for (const char* text :
       {"2025-05-15t08:51:59z", "2025-05-15 08:51:59", "2025-05-15T08:51:59", "2025-05-15T08:51:59+00:00",
        "2025-05-15T08:51:59-0000", "2025-05-15T08:51:59.000Z", "2025-05-15 08:51:59.0+0000"}) {
    EXPECT_EQ(milliseconds_from_iso8601(text), 1747299119000) << text;
  }
  EXPECT_EQ(milliseconds_from_iso8601("2025-05-15T08:51:59+02:00"), 1747291919000);
  EXPECT_EQ(milliseconds_from_iso8601("2025-05-15T08:51:59+0200"), 1747291919000);
  EXPECT_EQ(milliseconds_from_iso8601("2025-05-15T08:51:59-05:30"), 1747318919000);
  EXPECT_EQ(milliseconds_from_iso8601("2025-05-15T08:51:59.25-0530"), 1747318919250);
  EXPECT_EQ(milliseconds_from_iso8601("2025-05-15T08:51:59+23:59"), 1747212779000);
}

TEST(Iso8601, RoundsFractionsHalfToEven) {
  const auto fraction = [](const std::string& digits) {
    return *milliseconds_from_iso8601("2025-05-15T08:51:59." + digits + "Z") - 1747299119000;
  };
  EXPECT_EQ(fraction("1"), 100);
  EXPECT_EQ(fraction("12"), 120);
  EXPECT_EQ(fraction("123"), 123);
  EXPECT_EQ(fraction("1234"), 123);
  EXPECT_EQ(fraction("1235"), 124);
  EXPECT_EQ(fraction("1225"), 122);
  EXPECT_EQ(fraction("122500000000000000000000000000"), 122);
  EXPECT_EQ(fraction("122500000000000000000000000001"), 123);
  EXPECT_EQ(fraction("1224999999999999999999999999999"), 122);
  EXPECT_EQ(fraction("0005"), 0);
  EXPECT_EQ(fraction("0015"), 2);
  EXPECT_EQ(fraction("9994999"), 999);
  EXPECT_EQ(fraction("9995"), 1000);
  EXPECT_EQ(fraction("999999"), 1000);
  // Before 1970 too, the fraction counts forwards.
  EXPECT_EQ(milliseconds_from_iso8601("1969-12-31T23:59:59.9995"), 0);
  EXPECT_EQ(milliseconds_from_iso8601("1969-12-31T23:59:59.0005"), -1000);
  EXPECT_EQ(milliseconds_from_iso8601("1969-12-31T23:59:58.9985"), -1002);
}

TEST(Iso8601, OtherForms) {
  constexpr std::int64_t minute = 1747299060000;
  for (const char* text : {"2025-05-15T08:51", "2025-05-15T08:51Z", "2025-05-15 08:51 UTC", "2025-05-15T10:51+02",
                           "2025-05-15T08:51:00,000 GMT"}) {
    EXPECT_EQ(milliseconds_from_iso8601(text), minute) << text;
  }
  EXPECT_EQ(milliseconds_from_iso8601("2025-05-15T08:51:59,5Z"), minute + 59'500);
  for (const char* text : {"2025-05-15T08:51.5Z", "2025-05-15T08:51:", "2025-05-15T08:51:5", "2025-05-15T08:51:59 utc",
                           "2025-05-15T08:51:59  UTC", "2025-05-15T08:51+2", "2025-05-15T08:51+24"}) {
    EXPECT_EQ(milliseconds_from_iso8601(text), std::nullopt) << text;
  }
}

TEST(Iso8601, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "2025-05-15",

                           "2025-05-15T08:51:60Z",
                           "2025-05-15T24:00:00Z",
                           "2025-05-15T08:60:00Z",
                           "0000-01-01T00:00:00Z",
                           "2025-00-15T08:51:59Z",
                           "2025-13-15T08:51:59Z",
                           "2025-05-00T08:51:59Z",
                           "2025-05-32T08:51:59Z",
                           "2025-02-29T08:51:59Z",
                           "1900-02-29T00:00:00Z",
                           "2025-04-31T08:51:59Z",
                           "2025-05-15T08:51:59.",
                           "2025-05-15T08:51:59.Z",

                           "2025-05-15T08:51:59.5 Z",
                           "2025-05-15T08:51:59 Z",
                           "2025-05-15T08:51:59ZZ",
                           "2025-05-15T08:51:59+24:00",
                           "2025-05-15T08:51:59+23:60",
                           "2025-05-15T08:51:59+2:00",
                           "2025-05-15T08:51:59+02:0",
                           "2025-05-15T08:51:59+02:000",
                           "2025-05-15T08:51:59+020",
                           "2025-05-15T08:51:59+",
                           "2025-05-15_08:51:59Z",
                           "2025-05-15  08:51:59Z",
                           "20250515T085159Z",
                           "2025/05/15T08:51:59Z",
                           "2025-5-15T08:51:59Z",
                           "25-05-15T08:51:59Z",
                           "+2025-05-15T08:51:59Z",
                           " 2025-05-15T08:51:59Z",
                           "2025-05-15T08:51:59Z ",
                           "2O25-05-15T08:51:59Z",
                           "2025-W20-4T08:51:59Z",
                           "2025-05-15T08:51:59UTC",
                           "2025-05-15T-8:51:59Z"}) {
    EXPECT_EQ(milliseconds_from_iso8601(text), std::nullopt) << text;
  }
  EXPECT_EQ(milliseconds_from_iso8601(std::string_view("2025-05-15T08:51:59\0", 20)), std::nullopt);
}

std::string written(double value) {
  std::string text = "<";
  append_double(value, text);
  return text.substr(1);
}

TEST(AppendDouble, WritesWhatPythonsReprDoes) {
  struct Case {
    double value;
    const char* repr;
  };
  constexpr Case cases[] = {{0x1.999999999999ap-4, "0.1"},
                            {0x1.1c37937e08000p+53, "1e+16"},
                            {0x1.c6bf526340000p+49, "1000000000000000.0"},
                            {0x1.a36e2eb1c432dp-14, "0.0001"},
                            {0x1.4f8b588e368f1p-17, "1e-05"},
                            {0x1.1c37937e07fffp+53, "9999999999999998.0"},
                            {0x0.0000000000001p-1022, "5e-324"},
                            {0x1.fffffffffffffp+1023, "1.7976931348623157e+308"},
                            {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
                            {0x0.fffffffffffffp-1022, "2.225073858507201e-308"},
                            {0x0.0000000002710p-1022, "4.9407e-320"},
                            {0x1.9000000000000p+6, "100.0"},
                            {-0x0.0p+0, "-0.0"},
                            {0x0.0p+0, "0.0"},
                            {0x1.3333333333334p-2, "0.30000000000000004"},
                            {0x1.5555555555555p-2, "0.3333333333333333"},
                            {0x1.5555555555555p-1, "0.6666666666666666"},
                            {0x1.0000000000000p+53, "9007199254740992.0"},
                            {0x1.0000000000001p+53, "9007199254740994.0"},
                            {0x1.0000000000002p+52, "4503599627370498.0"},
                            {0x1.1c37937e08000p+52, "5000000000000000.0"},
                            {0x1.18b54f22aeb00p+50, "1234567890123456.0"},
                            {0x1.c6bf52633ffffp+49, "999999999999999.9"},
                            {0x1.5ee2a2eb5a5c4p+53, "1.2345678901234568e+16"},
                            {0x1.b69b4ba630f35p+56, "1.2345678901234568e+17"},
                            {0x1.b1ae4d6e2ef50p+69, "1e+21"},
                            {0x1.0f0cf064dd592p+73, "1e+22"},
                            {0x1.52d02c7e14af6p+76, "1e+23"},
                            {0x1.fe185ca57c517p+78, "6.02214076e+23"},
                            {0x1.249ad2594c37dp+332, "1e+100"},
                            {0x1.e240c9fbe76c9p+16, "123456.789"},
                            {-0x1.8000000000000p+0, "-1.5"},
                            {0x1.02e4b6ce5dc68p-13, "0.00012345"},
                            {0x1.a36d1bd105b06p-14, "9.9999e-05"},
                            {0x1.0624dd2f1a9fcp-10, "0.001"},
                            {0x1.1666666666666p+2, "4.35"},
                            {0x1.dc28f5c28f5c3p-1, "0.93"},
                            {0x1.dc28f5c28f5c2p-1, "0.9299999999999999"},
                            {0x1.ad7f29abcaf48p-24, "1e-07"},
                            {0x1.421f5f40d8376p-23, "1.5e-07"},
                            {0x1.b7cdfd9d7bdbbp-34, "1e-10"}};
  for (const Case& one : cases) {
    EXPECT_EQ(written(one.value), one.repr);
    EXPECT_EQ(written(-one.value), one.repr[0] == '-' ? one.repr + 1 : "-" + std::string(one.repr));
  }
}

TEST(AppendDouble, IsReadBackAsTheSameDouble) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    double value = std::bit_cast<double>(random());
    if (i % 2 == 0) value = std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 120) - 90);
    if (!std::isfinite(value)) continue;
    const std::string text = written(value);
    ASSERT_EQ(bits(to_double(text)), bits(value)) << text;
    // Python's shape: a point or an exponent, never both nor neither for a plain one.
    const double magnitude = std::fabs(value);
    const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
    ASSERT_EQ(text.find('e') == std::string::npos, plain) << text;
    ASSERT_TRUE(!plain || text.find('.') != std::string::npos) << text;
    // No fewer significant digits would do.
    std::string shorter(40, '\0');
    std::size_t digits = 0;
    for (const char c : text.substr(0, text.find('e'))) digits += c >= '0' && c <= '9' ? 1U : 0U;
    if (!plain && digits > 1) {
      const auto end = std::to_chars(shorter.data(), shorter.data() + shorter.size(), value,
                                     std::chars_format::scientific, static_cast<int>(digits) - 2);
      shorter.resize(static_cast<std::size_t>(end.ptr - shorter.data()));
      ASSERT_NE(to_double(shorter), value) << text;
    }
  }
}

TEST(Number, ReadInPlaceAsTheWholeParserDoes) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200'000; ++round) {
    std::string text = random() % 2 == 0 ? "-" : "";
    text += std::to_string(random() >> random() % 64);
    const bool fraction = random() % 2 == 0;
    if (fraction) text += "." + std::to_string(random() >> random() % 64);
    const bool exponent = random() % 8 == 0;
    if (exponent) text += (random() % 2 == 0 ? "e-" : "E+") + std::to_string(random() % 330);
    const testing::PaddedText in_line(text + ",");
    double value = 0;
    bool whole = false;
    const char* const end = read_number(in_line.data(), value, whole);
    ASSERT_EQ(end, in_line.data() + text.size()) << text;
    ASSERT_EQ(value, to_double(text)) << text;
    ASSERT_EQ(std::signbit(value), std::signbit(to_double(text))) << text;
    ASSERT_EQ(whole, !fraction && !exponent) << text;
  }
}

TEST(Number, WholeNumbersAreWhole) {
  EXPECT_EQ(whole_number("0"), 0U);
  EXPECT_EQ(whole_number("18446744073709551615"), 18446744073709551615U);
  for (const char* text : {"", "18446744073709551616", "-1", "+1", "1.0", " 1", "1 "}) {
    EXPECT_FALSE(whole_number(text)) << text;
  }
}

TEST(Number, RealNumbersAreWhole) {
  EXPECT_EQ(real_number("0.5"), 0.5);
  EXPECT_EQ(real_number("-1e3"), -1000);
  for (const char* text : {"", "1e", "0.5%", " 1", "1e999"}) EXPECT_FALSE(real_number(text)) << text;
}

}  // namespace
}  // namespace gristmill::json
