// Requests to S3: addressed, signed, sent, and sent again while that may help.
//
// What is tried again, after a pause that doubles (with chance in it, up to five seconds): answers 429 and 5xx,
// S3's own words for "slow down" and "time-out", connections that cannot be made, stall or break off. A read
// that broke off goes on where it stopped, of the same object (If-Match); bytes that are not the ones that were asked
// for are no answer. A bucket in another region is asked
// there, a clock that is wrong is corrected by the server's, keys that have expired are fetched anew.
//
// A request that changes what a lease guards expires with it: see fence.h.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/s3_options.h"
#include "s3/aws_config.h"
#include "s3/credentials.h"
#include "s3/fence.h"
#include "s3/http.h"
#include "s3/http_headers.h"
#include "s3/server_clock.h"

namespace gristmill::s3 {

enum class RequestKind : std::uint8_t { list, head, get, put, copy, multipart, remove };
inline constexpr std::size_t request_kinds = 7;
std::string_view name_of(RequestKind kind);

inline bool is_one_of(std::string_view text, std::initializer_list<std::string_view> texts) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

struct S3Request {
  RequestKind kind = RequestKind::get;
  std::string method = "GET";
  std::string bucket;
  std::string key;  // empty: the bucket itself
  std::vector<std::pair<std::string, std::string>> query = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
  std::string_view body = {};                                     // must stay until the answer has come
  char* into = nullptr;                                           // of a GET with a range: its bytes
  std::size_t into_size = 0;
  std::uint64_t offset = 0;   // of `into` in the object
  bool part_of_work = false;  // an interrupted run has no use for it, even if it is begun only then
  // `if-match` or `if-none-match`, for servers that know it there; where one says that it does not, it is left out.
  std::pair<std::string, std::string> condition = {};
  unsigned lifetime = 0;       // seconds after which the server is to refuse it; 0: what a fence asks for
  unsigned signed_ago = 0;     // seconds: signed as if it had been made so long ago
  std::string first_key = {};  // of a request on the bucket that changes objects: one of their keys

  std::string uri() const { return "s3://" + bucket + "/" + key; }
  bool changes() const { return method != "GET" && method != "HEAD"; }
};

// What came of a request after all tries.
struct S3Response {
  HttpResponse http;
  std::string code;     // of S3's error: NoSuchKey, AccessDenied; empty where it gave none
  std::string message;  // S3's words
  unsigned tries = 0;
  std::optional<Error> failure;  // could not even be sent: no credentials, a bad endpoint, interrupted

  bool ok() const { return !failure && http.failure == HttpFailure::none && http.status >= 200 && http.status < 300; }
  // That the object is missing; a 404 can mean a bucket, and in some servers an unknown key.
  bool not_found() const {
    return !failure && http.status == 404 &&
           (code.empty() || code == "NoSuchKey" || code == "NoSuchVersion" || code == "NotFound");
  }
  bool refused_condition() const { return !failure && (http.status == 412 || http.status == 409); }
};

struct RequestCounts {
  std::array<std::uint64_t, request_kinds> by_kind{};  // every try counts
  std::uint64_t tried_again = 0;
};

class S3Client {
 public:
  explicit S3Client(const S3Options& options);
  ~S3Client();

  // Calls `done` once, in a thread that it must not hold up.
  void start(S3Request request, std::function<void(S3Response)> done);
  // Requests that are begun while this holds are not broken off when the run is interrupted.
  void hold_interruptions(bool hold) { held_ = hold; }
  // Waits for the answer.
  S3Response call(S3Request request);
  bool is_interrupted() const { return options_.interrupted != nullptr && *options_.interrupted; }

  // What went wrong, for people. `action`: "read", "list", "write"; `permission`: the right that the request
  // needs, "s3:GetObject".
  // No secret is in it.
  Error error_of(const S3Response& answer, const S3Request& request, ErrorKind kind, std::string_view action,
                 std::string_view permission) const;

  // Where the credentials come from, endpoint and region, in a line for `explain`. Fetches the credentials.
  Result<std::string> describe(const std::string& bucket);

  // The account that the bucket must belong to; empty: none is told.
  std::string owner_of(const std::string& bucket) const;

  // From now on requests that change what lies below the fence's prefix keep to it. In place of an older one there.
  void guard(std::shared_ptr<Fence> fence);
  // The server's time, never ahead of it: seconds since 1970. As long as no answer has told it, this machine's.
  std::int64_t server_time() const;
  bool knows_server_time() const { return clock_.now().has_value(); }
  // Requests with a signature in their query are not understood there: from now on none is sent.
  void sign_by_headers() { queries_refused_ = true; }
  bool signs_queries() const;
  // The server has said that it knows no conditions on these.
  bool refuses_conditions(RequestKind kind) const { return conditions_refused_[static_cast<std::size_t>(kind)]; }

  // Whether this client has made objects below this staging folder (`.../_staging/<run id>/`).
  void remember_staging(const std::string& folder);
  bool has_staged(const std::string& folder) const;

  RequestCounts counts() const;
  const S3Options& options() const { return options_; }

 private:
  struct Pending;
  struct Endpoint {
    std::string scheme = "https";
    std::string host;  // with a port
    std::string path;  // without '/' at its end
    bool own = false;  // not AWS's
  };

  Status set_up();
  Error error_in_words(const S3Response& answer, const S3Request& request, ErrorKind kind, std::string_view action,
                       std::string_view permission) const;
  // Of the client's keys and of the proxies.
  std::vector<std::string> secrets() const;
  void warn(const std::string& text) const;
  // A limit of its own for each request: of its answer, and of the time that cleaning up may take.
  HttpRequest prepare_within_limits(Pending& pending);
  HttpRequest prepare(Pending& pending);
  void send(const std::shared_ptr<Pending>& pending, std::chrono::milliseconds delay);
  void answered(const std::shared_ptr<Pending>& pending, HttpResponse response);
  // Makes an answer a failure whose bytes are not those that were asked for.
  static void check_range(const Pending& pending, HttpResponse& response);
  // True: has been sent again.
  bool try_again(const std::shared_ptr<Pending>& pending, S3Response& answer);
  std::string region_of(const std::string& bucket) const;
  std::string host_of(const std::string& bucket, bool& in_path) const;
  std::string source_name() const;
  std::shared_ptr<Fence> fence_of(const S3Request& request) const;
  // Seconds after which the server is to refuse the request; 0: whatever the request itself says. Sets what keeps
  // it from being sent at all.
  unsigned lifetime_of(Pending& pending, std::int64_t now) const;
  // True: it was not sent since the lease had lapsed, and waits for the renewal.
  bool wait_for_renewal(const std::shared_ptr<Pending>& pending, S3Response& answer);
  // The same of one that S3 refused as too old.
  bool send_once_more(const std::shared_ptr<Pending>& pending, S3Response& answer, const std::string& what);

  S3Options options_;
  Status ready_;  // of set_up()
  Endpoint endpoint_;
  std::string default_region_;
  unsigned attempts_ = 8;
  std::atomic<bool> held_{false};
  std::array<std::atomic<bool>, request_kinds> conditions_refused_{};
  std::atomic<bool> late_told_{false};
  std::atomic<bool> skew_told_{false};
  std::atomic<bool> queries_refused_{false};
  ServerClock clock_;
  std::atomic<bool> hopeless_{false};  // cleaning up: nobody answers
  std::unique_ptr<CredentialSource> credentials_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::string> region_by_bucket_;
  std::set<std::string> staged_;
  std::vector<std::shared_ptr<Fence>> fences_;
  std::string source_;
  RequestCounts counts_;
  std::unique_ptr<HttpClient> http_;  // last: its thread uses the rest
};

}  // namespace gristmill::s3
