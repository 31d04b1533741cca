#include "s3/http.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <tuple>

#include "s3/http_server_testing.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::s3 {
namespace {

using ::testing::HasSubstr;
using testing::HttpServer;
using testing::ServedRequest;
using testing::ServedResponse;

HttpRequest request_to(const std::string& url, const std::string& method = "GET") {
  HttpRequest request;
  request.method = method;
  request.url = url;
  return request;
}

ServedResponse with_body(const std::string& body) {
  ServedResponse response;
  response.body = body;
  return response;
}

HttpServer::Handler answering(const ServedResponse& response) {
  return [response](const ServedRequest&) { return response; };
}

// Open once and for all; what waits goes on.
class Gate {
 public:
  void open() { opened_.set_value(); }
  void wait() const { open_.wait(); }

 private:
  std::promise<void> opened_;
  std::shared_future<void> open_ = opened_.get_future().share();
};

TEST(Http, Gets) {
  ServedResponse response = with_body("the body");
  response.headers = {{"ETag", "\"abc\"  "}, {"X-Empty", ""}};
  HttpServer server(answering(response));
  HttpClient client(HttpOptions{});
  HttpRequest request = request_to(server.url() + "/a%20b/../c?x=1&y");
  request.headers = {"x-mine: 1", "x-empty;"};
  const HttpResponse answer = client.call(request);
  EXPECT_EQ(answer.failure, HttpFailure::none) << answer.why;
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "the body");
  EXPECT_EQ(answer.header("etag"), "\"abc\"");
  EXPECT_EQ(answer.header("x-empty"), "");
  EXPECT_EQ(answer.header("content-length"), "8");
  const ServedRequest came = server.requests().at(0);
  EXPECT_EQ(came.method, "GET");
  EXPECT_EQ(came.target, "/a%20b/../c?x=1&y");  // a key may hold "/../"
  EXPECT_EQ(came.header("host"), server.host());
  EXPECT_EQ(came.header("x-mine"), "1");
  EXPECT_TRUE(came.headers.contains("x-empty"));
}

TEST(Http, PutsAndPosts) {
  HttpServer server(answering({}));
  HttpClient client(HttpOptions{});
  const std::string large(3U << 20, 'x');
  for (const std::string method : {"PUT", "POST"}) {
    for (const std::string& body : {std::string(), std::string("a\0b", 3), large}) {
      HttpRequest request = request_to(server.url() + "/key", method);
      request.body = body;
      EXPECT_EQ(client.call(request).status, 200);
      const ServedRequest came = server.last_request();
      EXPECT_EQ(came.method, method);
      EXPECT_EQ(came.header("content-length"), std::to_string(body.size()));
      EXPECT_TRUE(came.body == body) << came.body.size();
      EXPECT_FALSE(came.headers.contains("expect"));
    }
  }
}

TEST(Http, AsksForHeadersOnlyAndDeletes) {
  ServedResponse response;
  response.content_length = "12345";
  HttpServer server([&](const ServedRequest& request) {
    if (request.method == "HEAD") return response;
    ServedResponse none;
    none.status = 204;
    return none;
  });
  HttpClient client(HttpOptions{});
  const HttpResponse head = client.call(request_to(server.url(), "HEAD"));
  EXPECT_EQ(head.status, 200) << head.why;
  EXPECT_EQ(head.header("content-length"), "12345");
  EXPECT_EQ(client.call(request_to(server.url(), "DELETE")).status, 204);
  EXPECT_EQ(client.call(request_to(server.url(), "GET")).status, 204);
  EXPECT_EQ(server.requests().at(1).method, "DELETE");
  EXPECT_EQ(server.requests().at(2).method, "GET");
  EXPECT_EQ(server.connections(), 1U);  // kept open
}

TEST(Http, DoesNotFollowRedirects) {
  ServedResponse response;
  response.status = 307;
  response.headers = {{"location", "/elsewhere"}};
  HttpServer server(answering(response));
  const HttpResponse answer = HttpClient(HttpOptions{}).call(request_to(server.url()));
  EXPECT_EQ(answer.status, 307);
  EXPECT_EQ(answer.header("location"), "/elsewhere");
  EXPECT_EQ(server.requests().size(), 1U);
}

// ---- into a buffer

struct IntoBuffer {
  std::string buffer;
  HttpResponse answer;
};

IntoBuffer read_into(const HttpServer& server, std::size_t size) {
  IntoBuffer read{std::string(size, '.'), {}};
  HttpRequest request = request_to(server.url());
  request.into = read.buffer.data();
  request.into_size = size;
  read.answer = HttpClient(HttpOptions{}).call(request);
  return read;
}

TEST(Http, PutsABodyIntoABuffer) {
  for (const int status : {200, 206}) {
    ServedResponse response = with_body("12345");
    response.status = status;
    const HttpServer server(answering(response));
    const IntoBuffer read = read_into(server, 8);
    EXPECT_EQ(read.answer.status, status);
    EXPECT_EQ(read.answer.received, 5U);
    EXPECT_EQ(read.buffer, "12345...");
    EXPECT_EQ(read.answer.body, "");
    EXPECT_EQ(read_into(server, 5).buffer, "12345");
  }
}

TEST(Http, KeepsTheBodyOfAnErrorOutOfTheBuffer) {
  ServedResponse response = with_body("<Error/>");
  response.status = 404;
  const HttpServer server(answering(response));
  const IntoBuffer read = read_into(server, 100);
  EXPECT_EQ(read.answer.status, 404);
  EXPECT_EQ(read.answer.received, 0U);
  EXPECT_EQ(read.answer.body, "<Error/>");
  EXPECT_EQ(read.buffer, std::string(100, '.'));
}

TEST(Http, TakesATooLongBodyForAFailure) {
  const HttpServer server(answering(with_body("123456")));
  const IntoBuffer read = read_into(server, 5);
  EXPECT_NE(read.answer.failure, HttpFailure::none);
  EXPECT_EQ(read.answer.status, 0);
  EXPECT_LE(read.answer.received, 5U);
}

// ---- failures

TEST(Http, SaysHowMuchCameBeforeTheConnectionBroke) {
  ServedResponse response = with_body("1234567890");
  response.break_after = 4;
  const HttpServer server(answering(response));
  const IntoBuffer read = read_into(server, 10);
  EXPECT_EQ(read.answer.failure, HttpFailure::broken) << read.answer.why;
  EXPECT_EQ(read.answer.status, 0);
  EXPECT_EQ(read.answer.received, 4U);
  EXPECT_EQ(read.buffer, "1234......");
  EXPECT_NE(read.answer.why, "");
}

TEST(Http, TakesNoAnswerForABrokenConnection) {
  ServedResponse response;
  response.silent = true;
  HttpServer server(answering(response));
  const HttpResponse answer = HttpClient(HttpOptions{}).call(request_to(server.url()));
  EXPECT_EQ(answer.failure, HttpFailure::broken) << answer.why;
}

TEST(Http, SaysThatNobodyListens) {
  const std::string url = "http://127.0.0.1:" + std::to_string(testing::silent_port());
  const HttpResponse answer = HttpClient(HttpOptions{}).call(request_to(url));
  EXPECT_EQ(answer.failure, HttpFailure::connect) << answer.why;
  EXPECT_EQ(answer.status, 0);
}

TEST(Http, SaysThatAHostIsNotKnownOrAUrlIsNone) {
  HttpClient client(HttpOptions{});
  // No name server is asked: a label of a host's name has 63 letters at most.
  const HttpResponse unknown = client.call(request_to("http://" + std::string(64, 'a') + ".invalid/"));
  EXPECT_EQ(unknown.failure, HttpFailure::address) << unknown.why;
  for (const char* url : {"", "file:///etc/hostname", "http://"}) {
    EXPECT_EQ(client.call(request_to(url)).failure, HttpFailure::other) << url;
  }
}

TEST(Http, EndsAStallAndARequestThatTakesTooLong) {
  Gate gate;
  HttpServer server([&](const ServedRequest&) {
    gate.wait();
    return ServedResponse{};
  });
  HttpOptions stalls;
  stalls.stall = std::chrono::milliseconds(1000);
  EXPECT_EQ(HttpClient(stalls).call(request_to(server.url())).failure, HttpFailure::timeout);
  HttpOptions whole;
  whole.whole = std::chrono::milliseconds(50);
  EXPECT_EQ(HttpClient(whole).call(request_to(server.url())).failure, HttpFailure::timeout);
  gate.open();
}

// ---- many requests

TEST(Http, SendsAfterADelayWhatIsPreparedThen) {
  HttpServer server(answering({}));
  HttpClient client(HttpOptions{});
  std::promise<int> late;
  std::atomic<bool> prepared{false};
  client.send(
      [&] {
        prepared = true;
        return request_to(server.url() + "/late");
      },
      [&](HttpResponse answer) { late.set_value(answer.status); }, std::chrono::milliseconds(300));
  EXPECT_EQ(client.call(request_to(server.url() + "/early")).status, 200);
  EXPECT_EQ(late.get_future().get(), 200);
  EXPECT_TRUE(prepared);
  EXPECT_EQ(server.requests().at(0).target, "/early");
  EXPECT_EQ(server.requests().at(1).target, "/late");
}

TEST(Http, HasNoMoreRequestsUnderWayThanConnections) {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  HttpServer server([&](const ServedRequest&) {
    const int mine = ++now;
    int seen = most;
    while (mine > seen && !most.compare_exchange_weak(seen, mine)) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --now;
    return ServedResponse{};
  });
  HttpOptions options;
  options.connections = 3;
  HttpClient client(options);
  constexpr int count = 30;
  std::atomic<int> answered{0};
  std::promise<void> all;
  for (int i = 0; i < count; ++i) {
    client.send([&] { return request_to(server.url()); },
                [&](const HttpResponse& answer) {
                  EXPECT_EQ(answer.status, 200) << answer.why;
                  if (++answered == count) all.set_value();
                });
  }
  all.get_future().wait();
  EXPECT_LE(most, 3);
  EXPECT_LE(server.connections(), 3U);
  EXPECT_EQ(server.requests().size(), static_cast<std::size_t>(count));
}

TEST(Http, HasRequestsUnderWaySideBySide) {
  // Each is answered once all have come.
  std::mutex mutex;
  std::condition_variable all_came;
  int came = 0;
  HttpServer server([&](const ServedRequest&) {
    std::unique_lock<std::mutex> lock(mutex);
    if (++came == 4) all_came.notify_all();
    all_came.wait(lock, [&] { return came == 4; });
    return ServedResponse{};
  });
  HttpClient client(HttpOptions{});
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] { EXPECT_EQ(client.call(request_to(server.url())).status, 200); });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST(Http, MaySendFromACallback) {
  HttpServer server(answering({}));
  std::promise<int> second;
  HttpClient client(HttpOptions{});
  client.send([&] { return request_to(server.url() + "/1"); },
              [&](const HttpResponse&) {
                client.send([&] { return request_to(server.url() + "/2"); },
                            [&](const HttpResponse& answer) { second.set_value(answer.status); });
              });
  EXPECT_EQ(second.get_future().get(), 200);
}

TEST(Http, BreaksOffAtItsEnd) {
  Gate gate;
  std::promise<void> came;
  HttpServer server([&](const ServedRequest&) {
    came.set_value();
    gate.wait();
    return ServedResponse{};
  });
  HttpOptions options;
  options.connections = 1;
  std::vector<HttpFailure> ends;
  const auto note = [&](const HttpResponse& answer) { ends.push_back(answer.failure); };
  const auto prepare = [&] { return request_to(server.url()); };
  {
    HttpClient client(options);
    client.send(prepare, note);
    came.get_future().wait();
    client.send(prepare, note);                         // waits for the connection
    client.send(prepare, note, std::chrono::hours(1));  // waits for its time
  }
  gate.open();
  EXPECT_EQ(ends, std::vector<HttpFailure>(3, HttpFailure::broken));
}

TEST(Http, SaysHowOftenADeadConnectionMadeItSendAgain) {
  std::atomic<int> came{0};
  HttpServer server([&](const ServedRequest&) {
    ServedResponse response;
    response.silent = ++came == 2;  // the connection was kept open, and dies at the second request
    return response;
  });
  HttpClient client(HttpOptions{});
  EXPECT_EQ(client.call(request_to(server.url())).sent_again, 0U);
  const HttpResponse second = client.call(request_to(server.url()));
  EXPECT_EQ(second.status, 200) << second.why;
  EXPECT_EQ(second.sent_again, 1U);
  EXPECT_EQ(client.call(request_to(server.url())).sent_again, 0U);
  EXPECT_EQ(server.requests().size(), 4U);
  EXPECT_EQ(server.connections(), 2U);
}

TEST(Http, GivesUpWhatItIsToldTo) {
  Gate gate;
  std::promise<void> came;
  HttpServer server([&](const ServedRequest& request) {
    if (request.target == "/held") {
      came.set_value();
      gate.wait();
    }
    return ServedResponse{};
  });
  std::atomic<bool> give_up{false};
  std::promise<HttpFailure> held;
  std::promise<HttpFailure> late;
  std::promise<HttpFailure> after;
  HttpClient client(HttpOptions{});
  const auto send = [&](const char* path, std::promise<HttpFailure>& ended, std::chrono::milliseconds delay) {
    client.send([&server, path] { return request_to(server.url() + path); },
                [&ended](const HttpResponse& answer) { ended.set_value(answer.failure); }, delay, &give_up);
  };
  send("/held", held, {});
  send("/late", late, std::chrono::hours(1));
  came.get_future().wait();
  give_up = true;
  EXPECT_EQ(held.get_future().get(), HttpFailure::given_up);
  EXPECT_EQ(late.get_future().get(), HttpFailure::given_up);
  send("/after", after, {});
  EXPECT_EQ(after.get_future().get(), HttpFailure::given_up);
  EXPECT_EQ(client.call(request_to(server.url() + "/other")).status, 200);
  gate.open();
  EXPECT_EQ(server.requests().size(), 2U);
}

// ---- proxy

HttpResponse get_by(const std::string& url, const std::map<std::string, std::string>& environment, bool proxy = true) {
  HttpOptions options;
  options.environment = environment;
  options.proxy = proxy;
  return HttpClient(options).call(request_to(url));
}

TEST(Http, GoesThroughTheProxyThatTheEnvironmentNames) {
  HttpServer proxy(answering(with_body("of the proxy")));
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    EXPECT_EQ(get_by("http://s3.invalid/key", {{name, proxy.url()}}).body, "of the proxy") << name;
    EXPECT_EQ(proxy.last_request().target, "http://s3.invalid/key");
    EXPECT_EQ(proxy.last_request().header("host"), "s3.invalid");
  }
}

TEST(Http, AsksTheProxyForAWayToASecureServer) {
  ServedResponse refused;
  refused.status = 403;
  HttpServer proxy(answering(refused));
  const HttpResponse answer = get_by("https://s3.invalid/key", {{"HTTPS_PROXY", proxy.url()}});
  EXPECT_NE(answer.failure, HttpFailure::none);
  EXPECT_EQ(proxy.requests().at(0).method, "CONNECT");
  EXPECT_EQ(proxy.requests().at(0).target, "s3.invalid:443");
}

TEST(Http, GoesWithoutAProxyWhereItIsToldTo) {
  HttpServer proxy(answering(with_body("of the proxy")));
  HttpServer server(answering(with_body("of the server")));
  const std::string name = proxy.url();
  EXPECT_EQ(get_by(server.url(), {{"HTTP_PROXY", name}, {"NO_PROXY", "127.0.0.1"}}).body, "of the server");
  EXPECT_EQ(get_by(server.url(), {{"HTTP_PROXY", name}, {"no_proxy", "a.example, 127.0.0.1"}}).body, "of the server");
  EXPECT_EQ(get_by(server.url(), {{"HTTP_PROXY", name}, {"NO_PROXY", "*"}}).body, "of the server");
  EXPECT_EQ(get_by(server.url(), {{"HTTP_PROXY", name}, {"NO_PROXY", "a.example"}}).body, "of the proxy");
  EXPECT_EQ(get_by(server.url(), {{"HTTPS_PROXY", name}}).body, "of the server");
  EXPECT_EQ(get_by(server.url(), {{"HTTP_PROXY", name}}, false).body, "of the server");
}

// The process's own variables are not the ones handed over.
TEST(Http, ReadsNoVariableOfTheProcess) {
  HttpServer proxy(answering(with_body("of the proxy")));
  HttpServer server(answering(with_body("of the server")));
  ASSERT_EQ(setenv("http_proxy", proxy.url().c_str(), 1), 0);
  const std::string without = get_by(server.url(), {}).body;
  ASSERT_EQ(unsetenv("http_proxy"), 0);
  ASSERT_EQ(setenv("no_proxy", "127.0.0.1", 1), 0);
  const std::string with = get_by(server.url(), {{"http_proxy", proxy.url()}}).body;
  ASSERT_EQ(unsetenv("no_proxy"), 0);
  EXPECT_EQ(without, "of the server");
  EXPECT_EQ(with, "of the proxy");
}

// ---- TLS

// `openssl s_server` on a free port, with a certificate for 127.0.0.1 that it signed itself.
class TlsServer {
 public:
  TlsServer() {
    const std::string key = folder_ / "key.pem";
    ready_ = run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-addext",
                  "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key, "-out", certificate()});
    if (!ready_) return;
    int ends[2];
    ready_ = pipe2(ends, O_CLOEXEC) == 0;
    if (!ready_) return;
    child_ =
        start({"openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-key", key, "-cert", certificate()}, ends[1]);
    close(ends[1]);
    // "ACCEPT 127.0.0.1:43211"
    std::string said;
    char byte = 0;
    while (read(ends[0], &byte, 1) == 1) {
      if (byte == '\n' && said.find("ACCEPT") != std::string::npos) break;
      said = byte == '\n' ? "" : said + byte;
    }
    said_ = ends[0];
    const std::size_t colon = said.rfind(':');
    ready_ = child_ > 0 && said.find("ACCEPT") != std::string::npos && colon != std::string::npos;
    if (ready_) url_ = "https://127.0.0.1:" + said.substr(colon + 1) + "/";
  }
  ~TlsServer() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    if (said_ >= 0) close(said_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  bool ready() const { return ready_; }
  const std::string& url() const { return url_; }
  std::string certificate() const { return folder_ / "certificate.pem"; }

 private:
  static pid_t start(std::vector<std::string> arguments, int output) {
    std::vector<char*> texts;
    for (std::string& argument : arguments) texts.push_back(argument.data());
    texts.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (output < 0) posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    const int error = posix_spawnp(&child, texts[0], &actions, nullptr, texts.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? child : -1;
  }
  static bool run(const std::vector<std::string>& arguments) {
    const pid_t child = start(arguments, -1);
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  const testing::TemporaryFolder folder_;
  bool ready_ = false;
  pid_t child_ = -1;
  int said_ = -1;
  std::string url_;
};

TEST(Http, TrustsTheAuthoritiesItIsGivenAndNoOthers) {
  const TlsServer server;
  if (!server.ready()) GTEST_SKIP() << "needs the openssl command";
  HttpOptions options;
  options.ca_bundle = server.certificate();
  const HttpResponse trusted = HttpClient(options).call(request_to(server.url()));
  EXPECT_EQ(trusted.status, 200) << trusted.why;
  EXPECT_THAT(trusted.body, HasSubstr("Cipher"));
  const HttpResponse unknown = HttpClient(HttpOptions{}).call(request_to(server.url()));
  EXPECT_EQ(unknown.failure, HttpFailure::security) << unknown.why;
  options.ca_bundle = "/nowhere/ca.pem";
  const HttpResponse no_file = HttpClient(options).call(request_to(server.url()));
  EXPECT_EQ(no_file.failure, HttpFailure::security) << no_file.why;
}

TEST(Http, AnswersHaveALimit) {
  HttpServer server([](const ServedRequest& request) {
    ServedResponse response = with_body(std::string(request.target == "/fits" ? 1000 : 1001, 'x'));
    response.status = request.target == "/refusal" ? 404 : 200;
    return response;
  });
  HttpClient client(HttpOptions{});
  HttpRequest request = request_to(server.url() + "/fits");
  request.longest_body = 1000;
  EXPECT_EQ(client.call(request).body.size(), 1000U);
  for (const char* path : {"/long", "/refusal"}) {
    request.url = server.url() + path;
    const HttpResponse response = client.call(request);
    EXPECT_EQ(response.failure, HttpFailure::unfit);
    EXPECT_EQ(response.body, "");
    EXPECT_THAT(response.why, HasSubstr("longer than"));
  }
}

TEST(Http, RefusalsAreShort) {
  ServedResponse refusal = with_body(std::string(longest_refusal + 1, 'x'));
  refusal.status = 500;
  HttpServer server(answering(refusal));
  HttpClient client(HttpOptions{});
  EXPECT_EQ(client.call(request_to(server.url())).failure, HttpFailure::unfit);
}

TEST(Http, AnswersWithOtherBytesThanARangeHoldsAreUnfit) {
  HttpServer server(answering(with_body("more than that")));
  HttpClient client(HttpOptions{});
  char into[4];
  HttpRequest request = request_to(server.url());
  request.into = into;
  request.into_size = sizeof into;
  EXPECT_EQ(client.call(request).failure, HttpFailure::unfit);
}

TEST(Http, HeadersOfAnAnswerAreFewAndPrintable) {
  for (const auto& [name, value, count] :
       std::vector<std::tuple<std::string, std::string, int>>{{"x", "1", 2000},
                                                              {"x", std::string(20'000, 'y'), 1},
                                                              {"etag", "a\x1b[31m", 1},
                                                              {"etag", "a\rx-evil: 1", 1}}) {
    ServedResponse response;
    for (int i = 0; i < count; ++i) response.headers.emplace_back(name, value);
    HttpServer server(answering(response));
    HttpClient client(HttpOptions{});
    EXPECT_EQ(client.call(request_to(server.url())).failure, HttpFailure::unfit) << value.substr(0, 20);
  }
}

TEST(Http, NoHeaderOfARequestBeginsAnother) {
  HttpServer server(answering({}));
  HttpClient client(HttpOptions{});
  for (const char* header : {"x: a\r\nx-evil: 1", "x: a\nx-evil: 1", "x: a\x1b"}) {
    HttpRequest request = request_to(server.url());
    request.headers = {header};
    EXPECT_EQ(client.call(request).failure, HttpFailure::other);
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(Http, WhatHardlyMovesIsEnded) {
  Gate gate;
  HttpServer server([&gate](const ServedRequest&) {
    gate.wait();
    return ServedResponse{};
  });
  HttpOptions options;
  options.patience = std::chrono::milliseconds(300);
  HttpClient client(options);
  EXPECT_EQ(client.call(request_to(server.url())).failure, HttpFailure::too_slow);
  gate.open();
}

TEST(Http, WhatMovesEnoughIsNotEnded) {
  HttpServer server([](const ServedRequest&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    return with_body("slow");
  });
  HttpOptions options;
  options.patience = std::chrono::milliseconds(300);
  options.least_bytes = 0;
  HttpClient client(options);
  EXPECT_EQ(client.call(request_to(server.url())).body, "slow");
  options.least_bytes = 1000;
  HttpClient other(options);
  HttpRequest request = request_to(server.url());
  request.patience = std::chrono::seconds(60);
  EXPECT_EQ(other.call(request).body, "slow");
}

TEST(Http, CallsAreGivenUpAsTheyAreTold) {
  Gate gate;
  HttpServer server([&gate](const ServedRequest&) {
    gate.wait();
    return ServedResponse{};
  });
  HttpClient client(HttpOptions{});
  HttpRequest request = request_to(server.url(), "POST");
  request.body = "x";
  request.harmless = true;
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(client.call(request, [] { return true; }).failure, HttpFailure::given_up);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
  gate.open();
}

}  // namespace
}  // namespace gristmill::s3
