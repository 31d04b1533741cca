// Taking is a put on the condition that there is none (If-None-Match); renewing and taking over are puts on the
// condition that it is still the one that was seen (If-Match). Times are the server's, from its answers' headers, so
// clocks do not matter. Where a server does not know conditions, it says so (501) or ignores them; what is there
// in the end decides, so the lease is read again after it was taken, and before anything is published.
//
// A run that was paused may wake up in the middle of a publication that another one has finished long ago. So its
// requests end with its lease (fence.h), a sixth of the lease's life before anybody may take it over: that is for
// clocks of several servers, and for requests that the server has begun with. A lease that ran out is renewed
// like any other, if nobody has taken it: the condition tells.
// Tasks of a cluster that help to publish join the lease: they read when it was renewed, and their requests end as the
// holder's do. One that is shared so is never taken over before it has run out, even if its holder's process is gone.
// Tested in tests/s3/test_lease.py, tests/s3/test_fence.py, and by tests/spark.
#include "s3/s3_lease.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <memory>
#include <random>
#include <thread>

#include "s3/s3_lookup.h"
#include "s3/s3_objects.h"
#include "storage/exceptions.h"

namespace gristmill::s3 {
namespace {

using std::chrono::seconds;

// An older version's, which does not say how long it lasts.
constexpr std::int64_t usual_life = 60;

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Of a process, for as long as it lives, among all processes of all machines: boot, container, number, start.
struct ProcessName {
  std::string machine;
  std::string process;
};

// Empty if there is no such process.
std::string start_of(pid_t pid) {
  const std::string stat = first_line(("/proc/" + std::to_string(pid) + "/stat").c_str());
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  std::size_t at = name_end + 1;
  for (int field = 0; field < 19 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

ProcessName own_name() {
  struct stat space{};
  ::stat("/proc/self/ns/pid", &space);
  return {first_line("/proc/sys/kernel/random/boot_id") + "/" + std::to_string(space.st_ino),
          std::to_string(::getpid()) + "/" + start_of(::getpid())};
}

std::string lease_text(const std::string& id, std::int64_t life, bool is_shared) {
  const ProcessName own = own_name();
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return "gristmill lease\nid " + id + "\nmachine " + own.machine + "\nprocess " + own.process + "\nhost " + host +
         "\nlife " + std::to_string(life) + "\n" + (is_shared ? "shared yes\n" : "");
}

std::string field_of(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + " ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

struct SeenLease {
  std::string text;
  std::string etag;
  std::int64_t age = 0;  // seconds since it was written, by the server's clock
  std::optional<std::int64_t> written;

  bool is_of(const std::string& id) const { return field_of(text, "id") == id; }
  // Processes of other machines keep to it too: they may live when its holder is gone.
  bool is_shared() const { return field_of(text, "shared") == "yes"; }
  std::int64_t life() const {
    const std::int64_t told = std::strtoll(field_of(text, "life").c_str(), nullptr, 10);
    return told >= 1 && told <= 86400 ? told : usual_life;
  }
};

void warn_of(const S3Client& client, const std::string& text) {
  if (client.options().warn) client.options().warn(text);
}

// When requests must have ended, of a lease that was written at `time` or later.
std::int64_t end_of_requests(std::int64_t time, std::int64_t life) {
  return time + life - std::max<std::int64_t>(1, life / 6);
}

Result<std::optional<SeenLease>> look_at_lease(S3Client& client, const ObjectName& name) {
  const S3Request request = request_for(RequestKind::get, "GET", name);
  const S3Response answer = client.call(request);
  if (answer.not_found()) return std::optional<SeenLease>();
  if (!answer.failure && answer.http.status == 403) {
    GM_ASSIGN(const auto found, find_object(client, name));
    if (!found) return std::optional<SeenLease>();
  }
  if (!answer.ok()) return client.error_of(answer, request, ErrorKind::output, "read the lease", "s3:GetObject");
  SeenLease seen{answer.http.body, answer.http.header("etag"), 0, {}};
  const auto now = http_date(answer.http.header("date"));
  const auto written = http_date(answer.http.header("last-modified"));
  if (written) seen.written = static_cast<std::int64_t>(*written);
  if (now && written) seen.age = static_cast<std::int64_t>(*now - *written);
  return std::optional<SeenLease>(std::move(seen));
}

// Some servers do not take session tokens in a query, or no signatures there at all.
Status try_queries(S3Client& client, const ObjectName& name, unsigned lifetime) {
  if (!client.signs_queries()) return {};
  S3Request request = request_for(RequestKind::get, "GET", name);
  request.lifetime = lifetime;
  const S3Response answer = client.call(request);
  const bool denied = !answer.failure && (answer.http.status == 400 || answer.http.status == 403);
  if (!denied || !look_at_lease(client, name).ok()) return {};
  client.sign_by_headers();
  warn_of(client, "the server of '" + name.uri() + "' takes no signatures in queries (" +
                      (answer.code.empty() ? std::to_string(answer.http.status) : answer.code) +
                      "): requests of a run that was paused do not expire there");
  return {};
}

// The output that `<root>/_staging/lock` is the lock of: the beginning of its keys.
std::string prefix_of_output(const std::string& lock) {
  constexpr std::string_view end = "_staging/lock";
  return lock.substr(0, lock.size() - end.size());
}

enum class Holder : std::uint8_t { lives, gone_here, run_out };

class Lease final : public S3Lease {
 public:
  Lease(S3Client& client, ObjectName name)
      : client_(client),
        name_(std::move(name)),
        life_(client.options().settings.lease),
        fence_(std::make_shared<Fence>(name_.bucket, prefix_of_output(name_.key), life_)) {
    std::random_device random;
    for (int i = 0; i < 4; ++i) id_ += std::to_string(random());
  }

  ~Lease() override { end_renewal(); }

  // False: somebody has it.
  Result<bool> take() {
    if (!client_.knows_server_time()) GM_RETURN_IF_ERROR(look());
    GM_RETURN_IF_ERROR(try_queries(client_, name_, own_lifetime()));
    for (int attempt = 0; attempt < 5; ++attempt) {
      const std::int64_t before = client_.server_time();
      GM_ASSIGN(const bool made, put({{"if-none-match", "*"}}));
      if (made) return confirm(before);
      GM_ASSIGN(const std::optional<SeenLease> seen, look());
      if (!seen) continue;     // given back meanwhile
      if (seen->is_of(id_)) {  // ours: the answer to the first try was lost
        etag_ = seen->etag;
        return confirm(before);
      }
      const Holder holder = holder_of(*seen);
      if (holder == Holder::lives) return false;
      if (holder == Holder::gone_here) GM_RETURN_IF_ERROR(wait_for_last_requests(*seen));
      const std::int64_t before_taking = client_.server_time();
      GM_ASSIGN(const bool taken, put({{"if-match", seen->etag}}));
      if (taken) return confirm(before_taking);
    }
    return false;
  }

  void renew_from_now() {
    client_.guard(fence_);
    // Where memory runs out for a moment, the next round may go well.
    thread_ = std::thread([this] {
      while (!storage::without_exceptions([this] { return renew(); }).ok()) {
      }
    });
  }

  Result<bool> still_held() override {
    GM_ASSIGN(const std::optional<SeenLease> seen, look());
    const bool held = seen && seen->is_of(id_);
    if (!held) fence_->lose();
    return held;
  }

  Status give_back() override {
    end_renewal();
    if (fence_->is_lost()) return {};
    GM_ASSIGN(const std::optional<SeenLease> seen, look());
    if (!seen || !seen->is_of(id_)) return {};
    S3Request request = request_for(RequestKind::remove, "DELETE", name_);
    request.condition = {"if-match", seen->etag};
    const std::int64_t left = fence_->end() - client_.server_time();
    if (left < 1) return {};  // it runs out by itself
    request.lifetime = static_cast<unsigned>(std::min<std::int64_t>(own_lifetime(), left));
    const S3Response answer = client_.call(request);
    // One that comes too late for the server, or for the condition, is another run's lease.
    if (answer.ok() || answer.not_found() || answer.refused_condition()) return {};
    return client_.error_of(answer, request, ErrorKind::output, "give back the lease", "s3:DeleteObject");
  }

  Result<std::string> describe() override;
  std::string share() override {
    constexpr int most_looks = 500;
    is_shared_ = true;
    fence_->ask_for_renewal();
    for (int look = 0; look < most_looks && !is_told_shared_ && !fence_->is_lost(); ++look)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return is_told_shared_ ? id_ : std::string();
  }

 private:
  void end_renewal() {
    fence_->stop();
    if (thread_.joinable()) thread_.join();
  }

  unsigned own_lifetime() const { return static_cast<unsigned>(request_lifetime(life_)); }
  std::int64_t end_after(std::int64_t time) const { return end_of_requests(time, life_); }

  // Whoever was faster on a server that ignores conditions has been overwritten, or has overwritten us.
  Result<bool> confirm(std::int64_t before) {
    GM_ASSIGN(const bool held, still_held());
    if (!held) return false;
    fence_->move_end(end_after(before));
    return held;
  }

  // False: the condition did not hold.
  Result<bool> put(std::vector<std::pair<std::string, std::string>> condition) {
    const bool is_shared = is_shared_;
    const std::string text = lease_text(id_, life_, is_shared);
    S3Request request = request_for(RequestKind::put, "PUT", name_);
    request.body = text;
    request.headers = headers_of_new_object(client_.options().settings, name_.key);
    request.lifetime = own_lifetime();
    for (auto& header : condition) request.headers.push_back(std::move(header));
    S3Response answer = client_.call(request);
    if (!answer.failure && answer.http.status == 501) {
      // Without conditions: then whoever sees another's lease gives way.
      GM_ASSIGN(const std::optional<SeenLease> seen, look());
      if (seen && !seen->is_of(id_) && holder_of(*seen) == Holder::lives) return false;
      request.headers.pop_back();
      answer = client_.call(request);
    }
    if (answer.refused_condition() || answer.not_found()) return false;
    if (!answer.ok()) return client_.error_of(answer, request, ErrorKind::output, "take the lease", "s3:PutObject");
    etag_ = answer.http.header("etag");
    is_told_shared_ = is_shared;
    return true;
  }

  Result<std::optional<SeenLease>> look() { return look_at_lease(client_, name_); }

  Holder holder_of(const SeenLease& seen) const {
    if (seen.age > seen.life()) return Holder::run_out;
    const std::string process = field_of(seen.text, "process");
    if (field_of(seen.text, "machine") == own_name().machine) {
      const std::size_t slash = process.find('/');
      const auto pid = static_cast<pid_t>(std::strtol(process.c_str(), nullptr, 10));
      const bool lives = slash != std::string::npos && start_of(pid) == process.substr(slash + 1);
      return lives ? Holder::lives : Holder::gone_here;
    }
    warn("the lease '" + name_.uri() + "' is that of process " + process.substr(0, process.find('/')) + " on host '" +
         field_of(seen.text, "host") + "', renewed " + std::to_string(seen.age) +
         " s ago; if that run is dead, the lease is free " + std::to_string(seen.life()) + " s after that");
    return Holder::lives;
  }

  // What a process has sent before its end may still be on its way.
  Status wait_for_last_requests(const SeenLease& seen) const {
    const std::int64_t left = seen.life() - seen.age;
    const std::int64_t wait = (seen.is_shared() ? left : std::min(request_lifetime(seen.life()), left)) + 1;
    warn("the run that has the lease '" + name_.uri() + "' is dead; taking it over in " + std::to_string(wait) +
         " s, when nothing that it sent can arrive any more");
    const auto until = std::chrono::steady_clock::now() + seconds(wait);
    while (std::chrono::steady_clock::now() < until) {
      const std::atomic<bool>* const interrupted = client_.options().interrupted;
      if (interrupted != nullptr && *interrupted) return Error::interrupted();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return {};
  }

  void warn(const std::string& text) const { warn_of(client_, text); }

  // Until stop() or until the lease is lost.
  Status renew() {
    constexpr double soon = 0.2;  // seconds
    double pause = static_cast<double>(life_) / 4;
    double least = 0;
    while (fence_->wait_to_renew(pause, least) && !fence_->is_lost()) {
      pause = least = soon;
      const std::int64_t before = client_.server_time();
      // On a server that ignores conditions the put itself would not tell.
      if (before >= fence_->end()) {
        const auto held = still_held();
        if (!held.ok()) fence_->set_trouble(held.error().message);
        if (!held.ok() || !*held) continue;
      }
      const auto renewed = put({{"if-match", etag_}});
      fence_->set_trouble(renewed.ok() ? "" : renewed.error().message);
      if (!renewed.ok()) continue;
      if (*renewed) {
        fence_->move_end(end_after(before));
        pause = static_cast<double>(life_) / 4;
        least = 0;
        continue;
      }
      // The answer to an earlier try may have been lost: then it is ours all the same.
      const auto seen = look();
      if (!seen.ok()) continue;
      if (*seen && (*seen)->is_of(id_)) {
        etag_ = (*seen)->etag;
      } else {
        fence_->lose();
      }
    }
    return {};
  }

  S3Client& client_;
  ObjectName name_;
  const std::int64_t life_;  // seconds without renewal
  std::shared_ptr<Fence> fence_;
  std::string id_;
  std::string etag_;  // of our last put; the renewing thread's once that runs
  std::atomic<bool> is_shared_{false};
  std::atomic<bool> is_told_shared_{false};  // by the lease that lies there
  std::thread thread_;
};

class JoinedLease final : public S3Lease {
 public:
  JoinedLease(S3Client& client, ObjectName name, std::string id)
      : client_(client), name_(std::move(name)), id_(std::move(id)) {}

  ~JoinedLease() override { end(); }

  [[nodiscard]] Status join() {
    GM_ASSIGN(const std::optional<SeenLease> seen, look_at_lease(client_, name_));
    if (!seen || !seen->is_of(id_)) {
      return Error::output("the lease '" + name_.uri() + "' is not the driver's any more",
                           "another run took the output over: see what is published with 'gristmill verify'")
          .in_file(name_.uri());
    }
    fence_ = std::make_shared<Fence>(name_.bucket, prefix_of_output(name_.key), seen->life());
    GM_RETURN_IF_ERROR(try_queries(client_, name_, static_cast<unsigned>(request_lifetime(seen->life()))));
    adopt_end(*seen);
    client_.guard(fence_);
    thread_ = std::thread([this] {
      while (!storage::without_exceptions([this] { return follow(); }).ok()) {
      }
    });
    return {};
  }

  Result<bool> still_held() override {
    GM_ASSIGN(const std::optional<SeenLease> seen, look_at_lease(client_, name_));
    const bool held = seen && seen->is_of(id_);
    if (!held) fence_->lose();
    return held;
  }
  Status give_back() override {
    end();
    return {};
  }
  Result<std::string> describe() override { return std::string(); }
  std::string share() override { return {}; }

 private:
  void end() {
    if (fence_ != nullptr) fence_->stop();
    if (thread_.joinable()) thread_.join();
  }

  void adopt_end(const SeenLease& seen) {
    fence_->move_end(end_of_requests(seen.written.value_or(client_.server_time() - seen.age), seen.life()));
  }

  // Until stop() or until the lease is another's.
  Status follow() {
    constexpr double soon = 0.2;  // seconds
    const double pause = static_cast<double>(fence_->life()) / 8;
    double least = 0;
    while (fence_->wait_to_renew(least > 0 ? least : pause, least) && !fence_->is_lost()) {
      least = soon;
      const auto seen = look_at_lease(client_, name_);
      fence_->set_trouble(seen.ok() ? "" : seen.error().message);
      if (!seen.ok()) continue;
      if (*seen && (*seen)->is_of(id_)) {
        adopt_end(**seen);
        if (client_.server_time() < fence_->end()) least = 0;
      } else {
        fence_->lose();
      }
    }
    return {};
  }

  S3Client& client_;
  const ObjectName name_;
  const std::string id_;
  std::shared_ptr<Fence> fence_;
  std::thread thread_;
};

Result<std::string> Lease::describe() {
  const auto refused = [](const S3Response& answer) { return !answer.failure && answer.refused_condition(); };
  const ObjectName probe{name_.bucket, prefix_of_output(name_.key) + "_staging/probe-" + id_};
  const auto put_probe = [&](bool conditional) {
    S3Request request = request_for(RequestKind::put, "PUT", probe);
    request.headers = headers_of_new_object(client_.options().settings, probe.key);
    if (conditional) request.condition = {"if-none-match", "*"};
    set_checked_body(request, "gristmill probe\n");
    return std::pair(client_.call(request), request);
  };
  S3Request old = request_for(RequestKind::get, "GET", name_);
  old.lifetime = 1;
  old.signed_ago = 3600;
  const S3Response late = client_.call(old);
  const bool expires = client_.signs_queries() && !late.failure && (late.http.status == 403 || late.http.status == 400);

  const auto remove_probe = [&](void*) {
    static_cast<void>(delete_objects(client_, probe.bucket, {{probe.key, std::nullopt}}));
  };
  const std::unique_ptr<void, decltype(remove_probe)> removal(this, remove_probe);
  if (const auto [made, request] = put_probe(false); !made.ok())
    return client_.error_of(made, request, ErrorKind::output, "write", "s3:PutObject");
  std::string honoured;
  const auto note = [&](bool honours, std::string_view what) {
    if (honours) honoured.append(honoured.empty() ? "" : ", ").append(what);
  };
  note(refused(put_probe(true).first), "PUT");
  GM_ASSIGN(const std::vector<Copy> copies, copy_objects(client_, {{name_, probe, 0, ""}}));
  note(!copies.empty(), "COPY");
  const std::vector<Removal> wrong = {{probe.key, "\"00000000000000000000000000000000\""}};
  GM_ASSIGN(const std::vector<std::string> one, delete_objects(client_, probe.bucket, wrong));
  note(!one.empty(), "DELETE");
  if (one.empty()) static_cast<void>(put_probe(false));
  GM_ASSIGN(const std::vector<std::string> many,
            delete_objects(client_, probe.bucket, {wrong.front(), {probe.key + "-absent", std::nullopt}}));
  note(!many.empty(), "DELETE of many");
  return (expires
              ? "kept out: S3 refuses what a run sends after its lease of " + std::to_string(life_) + " s has run out"
              : std::string("not kept out: this server carries out requests however old they are")) +
         "; it keeps to conditions on: " + (honoured.empty() ? "none" : honoured);
}

}  // namespace

Result<std::shared_ptr<S3Lease>> take_lease(S3Client& client, const std::string& path) {
  auto lease = std::make_shared<Lease>(client, parse_uri(path));
  GM_ASSIGN(const bool taken, lease->take());
  if (!taken) return std::shared_ptr<S3Lease>();
  lease->renew_from_now();
  return std::shared_ptr<S3Lease>(std::move(lease));
}

Result<std::shared_ptr<S3Lease>> join_lease(S3Client& client, const std::string& path, const std::string& id) {
  auto lease = std::make_shared<JoinedLease>(client, parse_uri(path), id);
  GM_RETURN_IF_ERROR(lease->join());
  return std::shared_ptr<S3Lease>(std::move(lease));
}

}  // namespace gristmill::s3
