// An answer's body goes straight to where the reader wants it; nothing that a server sends is kept beyond its limits.
// Tested in http_test.cc.
#include "s3/http_transfer.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "s3/http_headers.h"
#include "storage/exceptions.h"

namespace gristmill::s3 {
namespace {

// S3 sends about twenty lines; those of a proxy, and of interim answers, count too.
constexpr std::size_t most_header_lines = 500;
constexpr std::size_t longest_header_line = 16U << 10;  // bytes

std::string in_words(std::size_t bytes) {
  const bool whole = bytes >= 1U << 20 && bytes % (1U << 20) == 0;
  return whole ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes >> 10) + " KiB";
}

// libcurl is C: nothing may be thrown through it.
template <typename Take>
std::size_t taken(void* context, Take take) {
  auto& transfer = *static_cast<Transfer*>(context);
  return storage::without_exceptions([&] { return take(transfer); },
                                     [&]() -> std::size_t {
                                       transfer.unfit = "no memory left";  // short enough to need none
                                       return 0;
                                     });
}

std::size_t take_body_of(Transfer& transfer, const char* data, std::size_t size) {
  if (transfer.status == 0) curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &transfer.status);
  const bool wanted = transfer.status == 200 || transfer.status == 206;
  if (transfer.request.into == nullptr || !wanted) {
    const bool refusal = transfer.status < 200 || transfer.status >= 300;
    const std::size_t longest =
        refusal ? std::min(longest_refusal, transfer.request.longest_body) : transfer.request.longest_body;
    if (longest - transfer.response.body.size() < size) {
      transfer.unfit = "it is longer than " + in_words(longest);
      return 0;
    }
    transfer.response.body.append(data, size);
    return size;
  }
  if (transfer.request.into_size - transfer.response.received < size) {
    transfer.unfit = "it is longer than the " + std::to_string(transfer.request.into_size) + " bytes asked for";
    return 0;
  }
  std::memcpy(transfer.request.into + transfer.response.received, data, size);
  transfer.response.received += size;
  return size;
}

std::size_t take_header_of(Transfer& transfer, std::string_view line) {
  if (++transfer.lines > most_header_lines || line.size() > longest_header_line) {
    transfer.unfit = "it has more than " + std::to_string(most_header_lines) + " header lines, or one of more than " +
                     in_words(longest_header_line);
    return 0;
  }
  // A first line begins an answer anew: of a proxy's, or "100 Continue", nothing is kept.
  if (line.starts_with("HTTP/")) {
    transfer.response.headers.clear();
    transfer.status = 0;
    return line.size();
  }
  auto header = header_in(line);
  if (!header.ok()) {
    transfer.unfit = header.error().message;
    return 0;
  }
  if (*header) transfer.response.headers[std::move((*header)->first)] = std::move((*header)->second);
  return line.size();
}

std::size_t take_body(char* data, std::size_t one, std::size_t count, void* context) {
  return taken(context, [&](Transfer& transfer) { return take_body_of(transfer, data, one * count); });
}

std::size_t take_header(char* data, std::size_t one, std::size_t count, void* context) {
  return taken(context, [&](Transfer& transfer) { return take_header_of(transfer, {data, one * count}); });
}

// libcurl sends a request again by itself where a connection that it had kept open was closed before any answer, and
// tells nobody but those who listen to everything.
int count_sent_again(CURL*, curl_infotype type, char* data, std::size_t size, void* context) {
  if (type == CURLINFO_TEXT &&
      std::string_view(data, size).find("retrying a fresh connect") != std::string_view::npos) {
    ++static_cast<Transfer*>(context)->response.sent_again;
  }
  return 0;
}

}  // namespace

HttpFailure failure_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return HttpFailure::address;
    case CURLE_COULDNT_CONNECT: return HttpFailure::connect;
    case CURLE_OPERATION_TIMEDOUT: return HttpFailure::timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return HttpFailure::security;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UPLOAD_FAILED:
    case CURLE_PROXY: return HttpFailure::broken;
    case CURLE_ABORTED_BY_CALLBACK: return HttpFailure::given_up;
    default: return HttpFailure::other;
  }
}

void receive(Transfer& transfer) {
  CURL* handle = transfer.handle;
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, count_sent_again);
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, &transfer);
}

}  // namespace gristmill::s3
