// On the vectors that AWS publishes: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and the
// aws-sig-v4-test-suite.
#include "s3/signer.h"

#include <gtest/gtest.h>

namespace gristmill::s3 {
namespace {

const std::string empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

constexpr std::time_t may_2013 = 1369353600;     // 20130524T000000Z
constexpr std::time_t august_2015 = 1440938160;  // 20150830T123600Z

std::string header_in(const std::vector<std::string>& headers, const std::string& name) {
  for (const std::string& header : headers) {
    if (header.starts_with(name + ":")) return header.substr(name.size() + 2);
  }
  return "none";
}

std::string authorization(const RequestToSign& request, const AccessKeys& keys, std::string_view service,
                          std::time_t now) {
  return header_in(signed_headers(request, keys, "us-east-1", service, now), "authorization");
}

std::string s3_authorization(const RequestToSign& request) {
  return authorization(request, {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""}, "s3",
                       may_2013);
}

RequestToSign s3_request(const std::string& path) {
  RequestToSign request;
  request.method = "GET";
  request.host = "examplebucket.s3.amazonaws.com";
  request.path = path;
  request.payload_hash = empty_hash;
  return request;
}

TEST(S3Signer, SignsTheExampleOfAGetWithARange) {
  RequestToSign request = s3_request("/test.txt");
  request.headers = {{"range", "bytes=0-9"}};
  EXPECT_EQ(s3_authorization(request),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

// From sigv4-query-string-auth.html.
TEST(S3Signer, SignsTheExampleOfAQuery) {
  const QuerySignature signature =
      signed_query(s3_request("/test.txt"), {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""},
                   "us-east-1", "s3", may_2013, 86400);
  EXPECT_EQ(signature.query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  EXPECT_TRUE(signature.headers.empty());
}

TEST(S3Signer, SignsHeadersAndTokenOfAQuery) {
  RequestToSign request = s3_request("/test.txt");
  request.query = {{"partNumber", "2"}};
  request.headers = {{"if-none-match", "*"}};
  const QuerySignature signature =
      signed_query(request, {"AKIDEXAMPLE", "secret", "to/ken"}, "us-east-1", "s3", may_2013, 5);
  EXPECT_NE(signature.query.find("X-Amz-Security-Token=to%2Fken"), std::string::npos);
  EXPECT_NE(signature.query.find("X-Amz-SignedHeaders=host%3Bif-none-match"), std::string::npos);
  EXPECT_NE(signature.query.find("&partNumber=2"), std::string::npos);
  EXPECT_EQ(signature.headers, std::vector<std::string>{"if-none-match: *"});
}

TEST(S3Signer, SignsTheExampleOfAPut) {
  RequestToSign request = s3_request(uri_encoded("/test$file.text", true));
  request.method = "PUT";
  request.headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  request.payload_hash = sha256_hex("Welcome to Amazon S3.");
  EXPECT_EQ(s3_authorization(request),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
            "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(S3Signer, SignsTheExampleOfAQueryWithoutAValue) {
  RequestToSign request = s3_request("/");
  request.query = {{"lifecycle", ""}};
  EXPECT_EQ(s3_authorization(request),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(S3Signer, SignsTheExampleOfAListing) {
  RequestToSign request = s3_request("/");
  request.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(s3_authorization(request),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(S3Signer, SendsWhatItSigned) {
  RequestToSign request = s3_request("/");
  request.headers = {{"range", "bytes=0-9"}, {"x-amz-tagging", ""}};
  const auto headers = signed_headers(request, {"key", "secret", "token"}, "us-east-1", "s3", may_2013);
  EXPECT_EQ(header_in(headers, "range"), "bytes=0-9");
  EXPECT_EQ(header_in(headers, "x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(header_in(headers, "x-amz-content-sha256"), empty_hash);
  EXPECT_EQ(header_in(headers, "x-amz-security-token"), "token");
  EXPECT_EQ(headers[1], "x-amz-tagging;");  // libcurl drops "name:"
  EXPECT_NE(header_in(headers, "authorization").find("x-amz-security-token;x-amz-tagging"), std::string::npos);
}

// ---- the test suite

struct Vector {
  std::string name;
  RequestToSign request;
  std::string signature;
  std::string session_token = {};
};

// As it stands in the suite.
const std::string suite_token =
    "AQoDYXdzEPT//////////"
    "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/"
    "qkPpKPi/"
    "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+"
    "xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

std::vector<Vector> suite() {
  const std::string host = "example.amazonaws.com";
  return {
      {"get-vanilla",
       {"GET", host, "/", {}, {}, empty_hash},
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-query-order-key-case",
       {"GET", host, "/", {{"Param2", "value2"}, {"Param1", "value1"}}, {}, empty_hash},
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-utf8",
       {"GET", host, uri_encoded("/\xE1\x88\xB4", true), {}, {}, empty_hash},
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-header-value-trim",
       {"GET", host, "/", {}, {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}}, empty_hash},
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"post-vanilla",
       {"POST", host, "/", {}, {}, empty_hash},
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-x-www-form-urlencoded",
       {"POST", host, "/", {}, {{"content-type", "application/x-www-form-urlencoded"}}, sha256_hex("Param1=value1")},
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
      {"post-sts-header-before",
       {"POST", host, "/", {}, {}, empty_hash},
       "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
       suite_token},
  };
}

TEST(S3Signer, SignsTheTestSuite) {
  for (const Vector& vector : suite()) {
    const AccessKeys keys = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", vector.session_token};
    const std::string value = authorization(vector.request, keys, "service", august_2015);
    EXPECT_EQ(value.substr(value.rfind('=') + 1), vector.signature) << vector.name;
  }
}

TEST(S3Signer, EncodesAllButWhatIsUnreserved) {
  EXPECT_EQ(uri_encoded("azAZ09-_.~"), "azAZ09-_.~");
  EXPECT_EQ(uri_encoded("a b+c/d*=&%\n"), "a%20b%2Bc%2Fd%2A%3D%26%25%0A");
  EXPECT_EQ(uri_encoded("/a b/\xC3\xA4", true), "/a%20b/%C3%A4");
}

TEST(S3Signer, SortsTheQueryAsItIsEncoded) {
  EXPECT_EQ(canonical_query({}), "");
  EXPECT_EQ(canonical_query({{"b", "2"}, {"a", ""}, {"B", "x y"}, {"a", "1"}, {"a-", "0"}}), "B=x%20y&a=&a=1&a-=0&b=2");
}

}  // namespace
}  // namespace gristmill::s3
