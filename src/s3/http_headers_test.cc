#include "s3/http_headers.h"

#include <gtest/gtest.h>

namespace gristmill::s3 {
namespace {

TEST(HttpHeaders, LinesAreNamesAndValues) {
  const auto header = header_in("ETag: \t\"x\" \r\n");
  ASSERT_TRUE(header.ok() && *header);
  EXPECT_EQ((*header)->first, "etag");
  EXPECT_EQ((*header)->second, "\"x\"");
  EXPECT_FALSE(*header_in("\r\n"));
  for (const char* line : {"etag: a\rx-evil: b\r\n", "etag: \x1b]0;x\x07", "x\x7f: 1"}) {
    EXPECT_FALSE(header_in(line).ok()) << line;
  }
  EXPECT_FALSE(header_in(std::string_view("a: \0b", 5)).ok());
}

TEST(HttpHeaders, NumbersAreDigitsAlone) {
  EXPECT_EQ(number_in("0", 9), 0U);
  EXPECT_EQ(number_in("18446744073709551615", ~std::uint64_t{0}), ~std::uint64_t{0});
  for (const char* text : {"", "-5", "+5", " 5", "5 ", "1e3", "0x1", "18446744073709551616", "10"}) {
    EXPECT_EQ(number_in(text, 9), std::nullopt) << text;
  }
}

TEST(HttpHeaders, RangesAreOfOneObject) {
  const auto range = content_range("bytes 5-9/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5U);
  EXPECT_EQ(range->last, 9U);
  EXPECT_EQ(range->whole, 100U);
  EXPECT_TRUE(content_range("bytes 0-0/*"));
  for (const char* text : {"", "bytes", "bytes 5-9", "bytes 9-5/100", "bytes 5-100/100", "bytes */100",
                           "bytes -5-9/100", "octets 5-9/100", "bytes 5-99999999999999999999/*"}) {
    EXPECT_FALSE(content_range(text)) << text;
  }
}

TEST(HttpHeaders, DatesAreWhole) {
  EXPECT_EQ(http_date("Thu, 01 Jan 1970 00:00:10 GMT"), 10);
  EXPECT_EQ(http_date("Thu, 01 Jan 1970 00:00:10 GMT, and more"), std::nullopt);
  EXPECT_EQ(http_date(""), std::nullopt);
}

}  // namespace
}  // namespace gristmill::s3
