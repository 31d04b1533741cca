// HTTP requests side by side: one thread drives all connections of a client by libcurl's multi interface.
//
// A client keeps its connections open and has at most `connections` requests under way; further ones wait
// in order. All calls may be made from several threads. Nothing that a server sends makes an answer endless, in
// bytes or in time, and no header of a request holds a control character.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill::s3 {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                       // encoded
  std::vector<std::string> headers;      // "name: value"
  std::string_view body;                 // must stay until the answer has come
  char* into = nullptr;                  // where the body of an answer 200 or 206 goes, `into_size` bytes; without it
  std::size_t into_size = 0;             // to HttpResponse::body. One that is longer is a failure.
  std::size_t longest_body = 1U << 20;   // of HttpResponse::body; of a refusal at most `longest_refusal`
  std::chrono::milliseconds patience{};  // in place of HttpOptions::patience, if it is longer
  bool harmless = false;                 // may be broken off at once though it has a body
  std::chrono::milliseconds whole{};     // in place of HttpOptions::whole; 0: as that says
};
inline constexpr std::size_t longest_refusal = 64U << 10;  // bytes of an answer that is none of 2xx

enum class HttpFailure : std::uint8_t {
  none,      // there is an answer, whatever its status
  address,   // the host's name is not known
  connect,   // nobody listens, or no answer to a first packet
  security,  // the certificate, or TLS altogether
  timeout,   // nothing was received or sent for `stall`
  too_slow,  // less than `least_bytes` moved within `patience`
  broken,    // the connection broke off
  given_up,  // as send() was told
  unfit,     // no answer that can be, or one that is too long
  other,     // a request that cannot be sent
};

struct HttpResponse {
  int status = 0;                              // 0 where `failure`
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::size_t received = 0;  // bytes in `into`; of a failure what came before it, where the status was 200 or 206
  HttpFailure failure = HttpFailure::none;
  std::string why;          // of a failure, in libcurl's words or ours
  unsigned sent_again = 0;  // times that libcurl itself sent it again, as a connection kept open proved to be dead

  // Empty if it is not there. `name` in lower case.
  const std::string& header(const std::string& name) const;
};

// 429 and 5xx.
bool is_temporary(const HttpResponse& response);
// For a message: "it answered 503" or "nobody answers (Connection refused)".
std::string what_came(const HttpResponse& response);

struct HttpOptions {
  unsigned connections = 32;
  std::string ca_bundle;  // file of certificates; empty: the system's
  bool proxy = true;      // HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, in capitals or not, from `environment`
  std::map<std::string, std::string> environment = {};
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds stall{20000};
  std::chrono::milliseconds whole{0};  // of a request from first to last; 0: no limit
  // A server that sends a byte now and then keeps a request from stalling: so as many bytes as these must move
  // within each `patience`. A line of 1 KiB/s does that.
  std::chrono::milliseconds patience{60000};
  std::uint64_t least_bytes = 60U << 10;
};

// Called in the client's thread, which it must not hold up.
using HttpCallback = std::function<void(HttpResponse)>;
// Makes a request when it is about to be sent, in the client's thread.
using HttpPrepare = std::function<HttpRequest()>;

class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  // Breaks off what is under way; its callbacks are called with HttpFailure::broken.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends after `delay`; calls `done` once. Once `give_up`, if there is one, is true, the request is broken off or
  // not sent at all; one with a body is given two seconds to end.
  void send(HttpPrepare prepare, HttpCallback done, std::chrono::milliseconds delay = {},
            const std::atomic<bool>* give_up = nullptr);
  // Sends now and waits, as long as `given_up`, which is asked ten times a second, is false.
  // REQUIRES: not in the client's thread.
  HttpResponse call(const HttpRequest& request, const std::function<bool()>& given_up = {});

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace gristmill::s3
