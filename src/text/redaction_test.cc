#include "text/redaction.h"

#include <gtest/gtest.h>

namespace gristmill::text {
namespace {

TEST(ForeignWords, HoldNoSecretInAnySpelling) {
  const std::vector<std::string> secrets = {"ab/CD+ef==", "abc", ""};
  for (const char* text :
       {"ab/CD+ef==", "ab%2FCD%2Bef%3D%3D", "ab%2fcd%2bef%3d%3d", "ab\\/CD+ef==", "ab&#x2F;CD&#x2B;ef&#x3d;&#x3D;"}) {
    EXPECT_EQ(without_secrets(std::string("is ") + text + ", " + text + "!", secrets), "is ***, ***!") << text;
  }
  EXPECT_EQ(without_secrets("abc is too short to be looked for", secrets), "abc is too short to be looked for");
}

TEST(ForeignWords, HoldNoSecretByItsPlace) {
  for (const auto& [text, shown] : std::vector<std::pair<std::string, std::string>>{
           {"http://me:pass@host/x", "http://***@host/x"},
           {"'socks5h://me:p@ss/w@host' and more@that", "'socks5h://***@host' and more@that"},
           {"https://host/x", "https://host/x"},
           {"s3://bucket/me@here", "s3://bucket/me@here"},
           {"?X-Amz-Signature=12ab&x=1", "?X-Amz-Signature=***&x=1"},
           {"x-amz-security-token%3DAQo%2F&x", "x-amz-security-token%3D***&x"},
           {"AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=host, Signature=12ab",
            "AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=host, Signature=***"},
           {"Authorization: Bearer abc\nHost: x", "Authorization: ***\nHost: x"},
           {R"({"authorization" : "AWS4 abc", "x": 1})", R"({"authorization" : "***", "x": 1})"},
           {R"({"SecretAccessKey": "abc"})", R"({"SecretAccessKey": "***"})"},
           {"SignatureDoesNotMatch: the signature we made", "SignatureDoesNotMatch: the signature we made"}}) {
    EXPECT_EQ(without_secrets(text), shown);
    EXPECT_EQ(without_secrets(shown), shown);
  }
}

TEST(ForeignWords, AreOneLineAndNotTooLong) {
  EXPECT_EQ(first_line_redacted("\n  it is secret, secret\nand more", {"secret", ""}), "it is ***, ***");
  EXPECT_EQ(first_line_redacted(" \n", {}), "");
  EXPECT_EQ(first_line_redacted(std::string(1000, 'x'), {}).size(), 303U);
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "ä";
  EXPECT_EQ(first_line_redacted("x" + wide, {}), "x" + wide.substr(0, 298) + "...");
  // Half of a secret is one too.
  EXPECT_EQ(first_line_redacted(std::string(298, 'x') + "secret", {"secret"}), std::string(298, 'x') + "**...");
}

}  // namespace
}  // namespace gristmill::text
