#include "json/base64.h"

#include <gtest/gtest.h>

#include <random>

namespace gristmill::json {
namespace {

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

TEST(Base64, VectorsOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, EveryDigitAndEveryByte) {
  EXPECT_EQ(
      base64(std::string_view("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71"
                              "\xd7\x9f\x82\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e"
                              "\xbb\xf3\xdf\xbf",
                              48)),
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  EXPECT_EQ(base64(std::string_view("\0", 1)), "AA==");
  EXPECT_EQ(base64("\xFF"), "/w==");
  EXPECT_EQ(base64("\xFF\xFF\xFF"), "////");
}

TEST(Base64, IsAppendedAndDecodesToTheSame) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::mt19937 random(3);
  for (std::size_t length = 0; length < 200; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) bytes.push_back(static_cast<char>(random() % 256));
    std::string text = "before:";
    append_base64(bytes, text);
    ASSERT_EQ(text.substr(0, 7), "before:");
    text.erase(0, 7);
    ASSERT_EQ(text.size(), (length + 2) / 3 * 4);
    std::string decoded;
    unsigned bits = 0;
    int known = 0;
    for (const char c : text.substr(0, text.find('='))) {
      bits = bits << 6 | static_cast<unsigned>(digits.find(c));
      known += 6;
      if (known >= 8) decoded.push_back(static_cast<char>(bits >> (known -= 8) & 255U));
    }
    ASSERT_EQ(decoded, bytes);
  }
}

}  // namespace
}  // namespace gristmill::json
