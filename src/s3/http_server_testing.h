// For tests: an HTTP/1.1 server on a free port of 127.0.0.1.
//
// Every connection has a thread and is kept until the client or the server ends. What the handler gives is sent as
// it is: also a body that is longer or shorter than is said, or a connection that breaks off.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gristmill::testing {

struct ServedRequest {
  std::string method;
  std::string target;                          // as it was sent: "/path?query"; to a proxy the whole URL
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::size_t connection = 0;  // 0 for the first one that was opened

  // Empty if it is not there.
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct ServedResponse {
  int status = 200;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides content-length
  std::optional<std::size_t> break_after =
      {};               // bytes of the body, then the connection is closed; 0: after the headers
  bool silent = false;  // the connection is closed without an answer
  std::optional<std::string> content_length = {};  // in place of the body's
};

class HttpServer {
 public:
  // Called in the connections' threads, several at once.
  using Handler = std::function<ServedResponse(const ServedRequest&)>;

  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {
    listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool ready = bind(listening_, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                       listen(listening_, 64) == 0 &&
                       getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (!ready) std::abort();
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }

  ~HttpServer() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
      for (const int connection : open_) shutdown(connection, SHUT_RDWR);
    }
    shutdown(listening_, SHUT_RDWR);
    accepting_.join();
    for (std::thread& thread : threads_) thread.join();
    close(listening_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + host(); }

  // All that came so far, in the order in which they were complete.
  std::vector<ServedRequest> requests() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }
  // Empty if none came.
  ServedRequest last_request() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return requests_.empty() ? ServedRequest{} : requests_.back();
  }
  std::size_t connections() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return connections_;
  }

 private:
  void accept_all() {
    for (;;) {
      const int connection = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard<std::mutex> lock(mutex_);
      if (connection < 0 && !ending_ && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (connection < 0) return;
      if (ending_) {
        close(connection);
        return;
      }
      const int at_once = 1;
      setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
      open_.push_back(connection);
      threads_.emplace_back([this, connection, number = connections_++] { serve(connection, number); });
    }
  }

  void serve(int connection, std::size_t number) {
    std::string received;
    ServedRequest request;
    while (read_request(connection, received, request)) {
      request.connection = number;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        requests_.push_back(request);
      }
      if (!send_response(connection, request, handler_(request))) break;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    open_.erase(std::find(open_.begin(), open_.end(), connection));
    close(connection);
  }

  static bool read_more(int connection, std::string& received) {
    char bytes[16384];
    const ssize_t size = recv(connection, bytes, sizeof bytes, 0);
    if (size > 0) received.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }

  static bool read_request(int connection, std::string& received, ServedRequest& request) {
    std::size_t end = 0;
    while ((end = received.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more(connection, received)) return false;
    }
    request = {};
    const std::string head = received.substr(0, end + 2);
    received.erase(0, end + 4);
    std::size_t at = head.find("\r\n");
    const std::string first = head.substr(0, at);
    request.method = first.substr(0, first.find(' '));
    request.target = first.substr(request.method.size() + 1, first.rfind(' ') - request.method.size() - 1);
    for (at += 2; at < head.size();) {
      const std::size_t line_end = head.find("\r\n", at);
      const std::string line = head.substr(at, line_end - at);
      at = line_end + 2;
      const std::size_t colon = line.find(':');
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const std::size_t value = line.find_first_not_of(' ', colon + 1);
      request.headers[name] = value == std::string::npos ? "" : line.substr(value);
    }
    const std::size_t size = std::strtoull(request.header("content-length").c_str(), nullptr, 10);
    while (received.size() < size) {
      if (!read_more(connection, received)) return false;
    }
    request.body = received.substr(0, size);
    received.erase(0, size);
    return true;
  }

  static bool send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }

  // False: the connection is to be closed.
  static bool send_response(int connection, const ServedRequest& request, const ServedResponse& response) {
    if (response.silent) return false;
    std::string text = "HTTP/1.1 " + std::to_string(response.status) + " Status\r\n";
    for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
    if (response.status != 204 && response.status != 304) {
      text += "content-length: " + response.content_length.value_or(std::to_string(response.body.size())) + "\r\n";
    }
    text += "\r\n";
    if (request.method != "HEAD") text += response.body.substr(0, response.break_after.value_or(std::string::npos));
    return send_all(connection, text) && !response.break_after;
  }

  const Handler handler_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  bool ending_ = false;
  std::vector<int> open_;
  std::size_t connections_ = 0;
  std::vector<ServedRequest> requests_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

// A port of 127.0.0.1 where nobody listens.
inline std::uint16_t silent_port() {
  // Bound and not listened on, so that nobody else gets it while the tests run.
  static const std::uint16_t port = [] {
    const int held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(held, reinterpret_cast<const sockaddr*>(&address), size) != 0) std::abort();
    if (getsockname(held, reinterpret_cast<sockaddr*>(&address), &size) != 0) std::abort();
    return ntohs(address.sin_port);
  }();
  return port;
}

}  // namespace gristmill::testing
