// The thread sleeps in curl_multi_poll and is woken for new requests. Handles are kept for reuse: each has
// buffers. A body is handed to libcurl where it lies (POSTFIELDS does not copy). What comes back is http_transfer.cc's.
// Tested in http_test.cc, against a small server of its own.
#include "s3/http.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <future>
#include <mutex>
#include <new>
#include <thread>

#include "s3/http_headers.h"
#include "s3/http_transfer.h"
#include "storage/exceptions.h"

namespace gristmill::s3 {
namespace {

using Clock = std::chrono::steady_clock;

// Where distributions keep the certificates that they trust, for a libcurl that was built for none of them; else null.
const char* trusted_certificates() {
  if (::curl_version_info(CURLVERSION_NOW)->cainfo != nullptr) return nullptr;
  const char* const places[] = {std::getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt",
                                "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
  for (const char* path : places) {
    if (path != nullptr && ::access(path, R_OK) == 0) return path;
  }
  return nullptr;
}

// A server may carry out what it has received even if nobody waits for the answer: so uploads that are given up are
// let end first, if they can.
constexpr std::chrono::seconds grace_of_upload{2};

const std::string* find(const std::map<std::string, std::string>& environment, const char* lower, const char* upper) {
  for (const char* name : {lower, upper}) {
    const auto found = environment.find(name);
    if (found != environment.end() && !found->second.empty()) return &found->second;
  }
  return nullptr;
}

}  // namespace

const std::string& HttpResponse::header(const std::string& name) const {
  static const std::string none;
  const auto found = headers.find(name);
  return found == headers.end() ? none : found->second;
}

bool is_temporary(const HttpResponse& response) { return response.status == 429 || response.status >= 500; }

std::string what_came(const HttpResponse& response) {
  switch (response.failure) {
    case HttpFailure::none: return "it answered " + std::to_string(response.status);
    case HttpFailure::address:
    case HttpFailure::connect:
    case HttpFailure::timeout: return "nobody answers (" + response.why + ")";
    case HttpFailure::unfit: return "its answer is none that can be (" + response.why + ")";
    case HttpFailure::security: return "the connection is not secure (" + response.why + ")";
    default: return "the connection failed (" + response.why + ")";
  }
}

class HttpClient::Loop {
 public:
  explicit Loop(HttpOptions options) : options_(std::move(options)) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(initialised);
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.connections));
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (CURL* handle : idle_) curl_easy_cleanup(handle);
    curl_multi_cleanup(multi_);
  }

  void add(std::unique_ptr<Transfer> transfer, std::chrono::milliseconds delay) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!ending_) {
        if (delay.count() > 0) {
          later_.emplace(Clock::now() + delay, std::move(transfer));
        } else {
          waiting_.push_back(std::move(transfer));
        }
      }
    }
    if (transfer != nullptr) return break_off(*transfer);
    curl_multi_wakeup(multi_);
  }

 private:
  void run() {
    for (;;) {
      if (!start_waiting()) break;
      int running = 0;
      curl_multi_perform(multi_, &running);
      bool ended = false;
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        end(message->easy_handle, message->data.result);
        ended = true;
      }
      ended |= end_given_up();
      ended |= end_too_slow();
      // What has ended makes room for what waits.
      if (!ended) curl_multi_poll(multi_, nullptr, 0, time_to_sleep(), nullptr);
    }
    while (!active_.empty()) {
      auto [handle, transfer] = std::move(*active_.begin());
      active_.erase(active_.begin());
      curl_multi_remove_handle(multi_, handle);
      release(*transfer);
      break_off(*transfer);
    }
    std::deque<std::unique_ptr<Transfer>> never_sent;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      never_sent = std::move(waiting_);
      for (auto& [when, transfer] : later_) never_sent.push_back(std::move(transfer));
      later_.clear();
    }
    for (const auto& transfer : never_sent) break_off(*transfer);
  }

  static void break_off(Transfer& transfer) { refuse(transfer, HttpFailure::broken, "broken off"); }

  int time_to_sleep() {
    const std::lock_guard<std::mutex> lock(mutex_);
    constexpr int longest = 200;  // HttpRequest::give_up wakes nobody
    if (later_.empty()) return longest;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(later_.begin()->first - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, longest));
  }

  // False at the end of the client.
  bool start_waiting() {
    for (;;) {
      std::unique_ptr<Transfer> transfer;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (ending_) return false;
        while (!later_.empty() && later_.begin()->first <= Clock::now()) {
          waiting_.push_back(std::move(later_.begin()->second));
          later_.erase(later_.begin());
        }
        if (waiting_.empty() || active_.size() >= options_.connections) return true;
        transfer = std::move(waiting_.front());
        waiting_.pop_front();
      }
      start(std::move(transfer));
    }
  }

  static bool is_given_up(const Transfer& transfer) { return transfer.give_up != nullptr && *transfer.give_up; }

  bool end_given_up() {
    std::vector<CURL*> handles;
    const Clock::time_point now = Clock::now();
    for (const auto& [handle, transfer] : active_) {
      if (!is_given_up(*transfer)) continue;
      const bool sends = !transfer->request.body.empty() && !transfer->request.harmless;
      if (!transfer->give_up_at) transfer->give_up_at = now + (sends ? grace_of_upload : Clock::duration(0));
      if (now >= *transfer->give_up_at) handles.push_back(handle);
    }
    for (CURL* handle : handles) end(handle, CURLE_ABORTED_BY_CALLBACK);
    std::vector<std::unique_ptr<Transfer>> never_sent;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (auto each = later_.begin(); each != later_.end();) {
        if (!is_given_up(*each->second)) {
          ++each;
          continue;
        }
        never_sent.push_back(std::move(each->second));
        each = later_.erase(each);
      }
      for (auto& each : waiting_) {
        if (is_given_up(*each)) never_sent.push_back(std::move(each));
      }
      std::erase(waiting_, nullptr);
    }
    for (const auto& transfer : never_sent) give_up(*transfer);
    return !handles.empty() || !never_sent.empty();
  }

  bool end_too_slow() {
    std::vector<CURL*> handles;
    const Clock::time_point now = Clock::now();
    for (const auto& [handle, transfer] : active_) {
      if (now - transfer->moved_at < std::max(options_.patience, transfer->request.patience)) continue;
      curl_off_t down = 0;
      curl_off_t up = 0;
      curl_easy_getinfo(handle, CURLINFO_SIZE_DOWNLOAD_T, &down);
      curl_easy_getinfo(handle, CURLINFO_SIZE_UPLOAD_T, &up);
      const auto moved = static_cast<std::uint64_t>(down) + static_cast<std::uint64_t>(up);
      if (moved - transfer->moved < options_.least_bytes) handles.push_back(handle);
      transfer->moved = moved;
      transfer->moved_at = now;
    }
    for (CURL* handle : handles) end(handle, CURLE_OPERATION_TIMEDOUT, HttpFailure::too_slow);
    return !handles.empty();
  }

  // Somebody waits for it, also where memory runs out.
  static void deliver(Transfer& transfer) {
    const auto tell_of_memory = [&] { storage::without_exceptions([&] { transfer.done(no_memory()); }, [] {}); };
    storage::without_exceptions([&] { transfer.done(std::move(transfer.response)); }, tell_of_memory);
  }

  static HttpResponse no_memory() {
    HttpResponse response;
    response.failure = HttpFailure::other;
    response.why = "no memory left";
    return response;
  }

  static void refuse(Transfer& transfer, HttpFailure failure, const std::string& why) {
    transfer.response.failure = failure;
    transfer.response.why = why;
    deliver(transfer);
  }

  static void give_up(Transfer& transfer) { refuse(transfer, HttpFailure::given_up, "given up"); }

  void start(std::unique_ptr<Transfer> transfer) {
    storage::without_exceptions([&] { begin(transfer); },
                                [&] {
                                  transfer->response = no_memory();
                                  deliver(*transfer);
                                });
  }

  void begin(std::unique_ptr<Transfer>& transfer) {
    if (is_given_up(*transfer)) return give_up(*transfer);
    transfer->request = transfer->prepare();
    const HttpRequest& request = transfer->request;
    // What a server said may be part of it: an upload's id, a token.
    const bool sound = std::all_of(request.headers.begin(), request.headers.end(),
                                   [](const std::string& header) { return is_header_text(header); });
    if (!sound) return refuse(*transfer, HttpFailure::other, "a header of the request holds control characters");
    transfer->moved_at = Clock::now();
    CURL* handle = nullptr;
    if (idle_.empty()) {
      handle = curl_easy_init();
      if (handle == nullptr) throw std::bad_alloc();
    } else {
      handle = idle_.back();
      idle_.pop_back();
      curl_easy_reset(handle);
    }
    transfer->handle = handle;
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs must not hold up the end
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer->words);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall.count() + 999) / 1000);
    const std::chrono::milliseconds whole = request.whole.count() > 0 ? request.whole : options_.whole;
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(whole.count()));
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, request.into != nullptr ? 256L << 10 : 16L << 10);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    if (!options_.ca_bundle.empty()) {
      curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_bundle.c_str());
    } else if (trusted_ != nullptr) {
      curl_easy_setopt(handle, CURLOPT_CAINFO, trusted_);
    }
    set_proxy(handle, request.url);
    for (const std::string& header : request.headers) {
      transfer->headers = curl_slist_append(transfer->headers, header.c_str());
    }
    // libcurl would wait up to a second for "100 Continue", and call a body what it is not.
    transfer->headers = curl_slist_append(transfer->headers, "Expect:");
    if (request.method == "HEAD") {
      curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (request.method == "PUT" || request.method == "POST") {
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
      if (request.body.empty()) curl_easy_setopt(handle, CURLOPT_POSTFIELDS, "");
      curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, request.body.size() > (64U << 10) ? 256L << 10 : 64L << 10);
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    } else if (request.method != "GET") {
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer->headers);
    receive(*transfer);
    active_.emplace(handle, std::move(transfer));
    curl_multi_add_handle(multi_, handle);
  }

  // From the environment that was handed over, which may hold variables of a .env file; so libcurl's own
  // reading of the process's environment is put off.
  void set_proxy(CURL* handle, std::string_view url) const {
    const auto& environment = options_.environment;
    const bool secure = url.starts_with("https:");
    const std::string* proxy = !options_.proxy ? nullptr
                               : secure        ? find(environment, "https_proxy", "HTTPS_PROXY")
                                               : find(environment, "http_proxy", "HTTP_PROXY");
    if (options_.proxy && proxy == nullptr) proxy = find(environment, "all_proxy", "ALL_PROXY");
    curl_easy_setopt(handle, CURLOPT_PROXY, proxy == nullptr ? "" : proxy->c_str());
    const std::string* without = find(environment, "no_proxy", "NO_PROXY");
    curl_easy_setopt(handle, CURLOPT_NOPROXY, without == nullptr ? "" : without->c_str());
  }

  // `failure`: what `code` means here, where it is not the usual.
  void end(CURL* handle, CURLcode code, HttpFailure failure = HttpFailure::none) {
    const auto found = active_.find(handle);
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    active_.erase(found);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi_, handle);
    HttpResponse& response = transfer->response;
    if (code == CURLE_OK) {
      response.status = static_cast<int>(status);
    } else if (!transfer->unfit.empty()) {
      response.failure = HttpFailure::unfit;
      response.why = std::move(transfer->unfit);
      response.body.clear();
    } else if (failure == HttpFailure::too_slow) {
      response.failure = failure;
      response.why = "hardly a byte came or went within " +
                     std::to_string(std::max(options_.patience, transfer->request.patience).count() / 1000) +
                     " seconds";
    } else {
      response.failure = failure_of(code);
      response.why = transfer->words[0] != '\0' ? transfer->words : curl_easy_strerror(code);
    }
    release(*transfer);
    deliver(*transfer);
  }

  void release(Transfer& transfer) {
    curl_slist_free_all(transfer.headers);
    transfer.headers = nullptr;
    idle_.push_back(transfer.handle);
  }

  HttpOptions options_;
  const char* const trusted_ = trusted_certificates();
  CURLM* multi_ = nullptr;
  std::map<CURL*, std::unique_ptr<Transfer>> active_;
  std::vector<CURL*> idle_;
  std::mutex mutex_;  // guards what follows
  bool ending_ = false;
  std::deque<std::unique_ptr<Transfer>> waiting_;
  std::multimap<Clock::time_point, std::unique_ptr<Transfer>> later_;
  std::thread thread_;
};

HttpClient::HttpClient(HttpOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
HttpClient::~HttpClient() = default;

void HttpClient::send(HttpPrepare prepare, HttpCallback done, std::chrono::milliseconds delay,
                      const std::atomic<bool>* give_up) {
  auto transfer = std::make_unique<Transfer>();
  transfer->prepare = std::move(prepare);
  transfer->done = std::move(done);
  transfer->give_up = give_up;
  loop_->add(std::move(transfer), delay);
}

HttpResponse HttpClient::call(const HttpRequest& request, const std::function<bool()>& given_up) {
  constexpr std::chrono::milliseconds between_looks{100};
  std::promise<HttpResponse> promise;
  std::future<HttpResponse> answer = promise.get_future();
  std::atomic<bool> give_up{false};
  send([&] { return request; }, [&](HttpResponse response) { promise.set_value(std::move(response)); }, {}, &give_up);
  while (given_up && answer.wait_for(between_looks) != std::future_status::ready) give_up = given_up();
  return answer.get();
}

}  // namespace gristmill::s3
