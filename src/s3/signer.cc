// Our own, as libcurl 7.88 signs neither a query nor an encoded path as S3 wants it. Proven on AWS's published
// vectors in signer_test.cc.
#include "s3/signer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace gristmill::s3 {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string hex(const Digest& digest) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 15U]);
  }
  return text;
}

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest hmac(std::string_view key, std::string_view text) {
  Digest digest{};
  unsigned length = digest.size();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &length);
  return digest;
}

std::string time_text(const char* format, std::time_t now) {
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

// Without blanks at its ends, and one for several within.
std::string single_spaced(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c != ' ' || (!text.empty() && text.back() != ' ')) text.push_back(c);
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The names of sorted headers, with ';' between.
std::string names_of(const Pairs& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names.append(names.empty() ? "" : ";").append(name);
  return names;
}

std::string scope_of(const std::string& time, std::string_view region, std::string_view service) {
  return time.substr(0, 8) + "/" + std::string(region) + "/" + std::string(service) + "/aws4_request";
}

// `headers` are sorted, with host. `time` is that of x-amz-date.
std::string signature_of(const RequestToSign& request, const Pairs& query, const Pairs& headers,
                         const std::string& payload_hash, const AccessKeys& keys, const std::string& time,
                         std::string_view region, std::string_view service) {
  std::string canonical = request.method + "\n" + request.path + "\n" + canonical_query(query) + "\n";
  for (const auto& [name, value] : headers) {
    canonical.append(name).append(":").append(single_spaced(value)).append("\n");
  }
  canonical.append("\n").append(names_of(headers)).append("\n").append(payload_hash);
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + time + "\n" + scope_of(time, region, service) + "\n" + sha256_hex(canonical);
  Digest key = hmac("AWS4" + keys.secret_key, time.substr(0, 8));
  for (const std::string_view part : {region, service, std::string_view("aws4_request")})
    key = hmac(bytes_of(key), part);
  return hex(hmac(bytes_of(key), to_sign));
}

std::vector<std::string> lines_of(const Pairs& headers) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : headers) {
    lines.push_back(name + ": " + value);
    if (value.empty()) lines.back() = name + ";";  // how libcurl is told to send it all the same
  }
  return lines;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return hex(digest);
}

std::string uri_encoded(std::string_view text, bool path) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~' || (path && c == '/');
    if (plain) {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded.push_back(digits[byte >> 4U]);
      encoded.push_back(digits[byte & 15U]);
    }
  }
  return encoded;
}

std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(uri_encoded(name), uri_encoded(value));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text.push_back('&');
    text.append(name).append("=").append(value);
  }
  return text;
}

std::vector<std::string> signed_headers(const RequestToSign& request, const AccessKeys& keys, std::string_view region,
                                        std::string_view service, std::time_t now) {
  const std::string time = time_text("%Y%m%dT%H%M%SZ", now);
  Pairs headers = request.headers;
  headers.emplace_back("x-amz-date", time);
  if (service == "s3") headers.emplace_back("x-amz-content-sha256", request.payload_hash);
  if (!keys.session_token.empty()) headers.emplace_back("x-amz-security-token", keys.session_token);
  std::vector<std::string> lines = lines_of(headers);
  headers.emplace_back("host", request.host);
  std::sort(headers.begin(), headers.end());
  lines.push_back("authorization: AWS4-HMAC-SHA256 Credential=" + keys.access_key + "/" +
                  scope_of(time, region, service) + ", SignedHeaders=" + names_of(headers) + ", Signature=" +
                  signature_of(request, request.query, headers, request.payload_hash, keys, time, region, service));
  return lines;
}

QuerySignature signed_query(const RequestToSign& request, const AccessKeys& keys, std::string_view region,
                            std::string_view service, std::time_t now, unsigned lifetime) {
  const std::string time = time_text("%Y%m%dT%H%M%SZ", now);
  Pairs headers = request.headers;
  headers.emplace_back("host", request.host);
  std::sort(headers.begin(), headers.end());
  Pairs query = request.query;
  query.insert(query.end(), {{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                             {"X-Amz-Credential", keys.access_key + "/" + scope_of(time, region, service)},
                             {"X-Amz-Date", time},
                             {"X-Amz-Expires", std::to_string(lifetime)},
                             {"X-Amz-SignedHeaders", names_of(headers)}});
  if (!keys.session_token.empty()) query.emplace_back("X-Amz-Security-Token", keys.session_token);
  const std::string signature = signature_of(request, query, headers, "UNSIGNED-PAYLOAD", keys, time, region, service);
  return {canonical_query(query) + "&X-Amz-Signature=" + signature, lines_of(request.headers)};
}

}  // namespace gristmill::s3
