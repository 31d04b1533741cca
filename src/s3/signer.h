// AWS Signature Version 4: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gristmill/s3_options.h"

namespace gristmill::s3 {

// Percent-encodes every byte that RFC 3986 does not leave unreserved, with capital hexadecimal digits; '/'
// stays where `path`.
std::string uri_encoded(std::string_view text, bool path = false);

struct RequestToSign {
  std::string method;
  std::string host;  // as in the Host header, with a port that is not the usual one
  std::string path;  // encoded, begins with '/'
  std::vector<std::pair<std::string, std::string>> query;    // neither encoded nor sorted
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case; all of them are signed
  std::string payload_hash;                                  // hexadecimal SHA-256, or UNSIGNED-PAYLOAD
};

// The query as it stands in the canonical request and in the URL: encoded and sorted, without '?'.
std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& query);

// The headers to send with the request ("name: value"): those given, x-amz-date, x-amz-content-sha256 where
// the service is s3, x-amz-security-token where there is a token, and Authorization.
std::vector<std::string> signed_headers(const RequestToSign& request, const AccessKeys& keys, std::string_view region,
                                        std::string_view service, std::time_t now);

// A request that the server refuses once it is older than so many seconds, by its own clock.
struct QuerySignature {
  std::string query;                 // of the URL, encoded, without '?': the request's and the signature
  std::vector<std::string> headers;  // those given, "name: value"
};
// docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html; the payload hash is UNSIGNED-PAYLOAD, whatever
// the request says. REQUIRES: `lifetime` is 1 to 604800 seconds.
QuerySignature signed_query(const RequestToSign& request, const AccessKeys& keys, std::string_view region,
                            std::string_view service, std::time_t now, unsigned lifetime);

std::string sha256_hex(std::string_view bytes);

}  // namespace gristmill::s3
