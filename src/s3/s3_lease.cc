// Taking is a put on the condition that there is none (If-None-Match); renewing and taking over are puts on the
// condition that it is still the one that was seen (If-Match). Times are the server's, from its answers' headers, so
// clocks do not matter. Where a server does not know conditions, it says so (501) or ignores them; what is there
// in the end decides, so the lease is read again after it was taken, and before anything is published.
// Tested in tests/s3/test_lease.py.
#include "s3/s3_lease.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <ctime>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include "s3/s3_objects.h"

namespace gristmill::s3 {
namespace {

using std::chrono::seconds;

constexpr seconds renewal{15};
constexpr long life = 60;  // seconds without renewal

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
  struct stat space {};
  ::stat("/proc/self/ns/pid", &space);
  return {first_line("/proc/sys/kernel/random/boot_id") + "/" + std::to_string(space.st_ino),
          std::to_string(::getpid()) + "/" + start_of(::getpid())};
}

std::string lease_text(const std::string& id) {
  const ProcessName own = own_name();
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return "gristmill lease\nid " + id + "\nmachine " + own.machine + "\nprocess " + own.process + "\nhost " +
         host + "\n";
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
  long age = 0;  // seconds since it was written, by the server's clock
};

class Lease final : public S3Lease {
 public:
  Lease(S3Client& client, ObjectName name) : client_(client), name_(std::move(name)) {
    std::random_device random;
    for (int i = 0; i < 4; ++i) id_ += std::to_string(random());
  }

  ~Lease() override { end_renewal(); }

  // False: somebody has it.
  Result<bool> take() {
    for (int attempt = 0; attempt < 5; ++attempt) {
      GM_ASSIGN(const bool made, put({{"if-none-match", "*"}}));
      if (made) return confirm();
      GM_ASSIGN(const std::optional<SeenLease> seen, look());
      if (!seen) continue;                      // given back meanwhile
      if (field_of(seen->text, "id") == id_) {  // ours: the answer to the first try was lost
        etag_ = seen->etag;
        return confirm();
      }
      if (lives(*seen)) return false;
      GM_ASSIGN(const bool taken, put({{"if-match", seen->etag}}));
      if (taken) return confirm();
    }
    return false;
  }

  void renew_from_now() {
    thread_ = std::thread([this] { renew(); });
  }

  Result<bool> still_held() override {
    GM_ASSIGN(const std::optional<SeenLease> seen, look());
    return seen && field_of(seen->text, "id") == id_;
  }

  bool give_back() override {
    end_renewal();
    const auto held = still_held();
    return held.ok() && *held;
  }

 private:
  void end_renewal() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  // Whoever was faster on a server that ignores conditions has been overwritten, or has overwritten us.
  Result<bool> confirm() { return still_held(); }

  // False: the condition did not hold.
  Result<bool> put(std::vector<std::pair<std::string, std::string>> condition) {
    const std::string text = lease_text(id_);
    S3Request request = request_for(RequestKind::put, "PUT", name_);
    request.body = text;
    request.headers = headers_of_new_object(client_.options().settings, name_.key, false);
    for (auto& header : condition) request.headers.push_back(std::move(header));
    S3Answer answer = client_.call(request);
    if (!answer.failure && answer.http.status == 501) {
      // Without conditions: then whoever sees another's lease gives way.
      GM_ASSIGN(const std::optional<SeenLease> seen, look());
      if (seen && field_of(seen->text, "id") != id_ && lives(*seen)) return false;
      request.headers.pop_back();
      answer = client_.call(request);
    }
    if (answer.refused_condition() || answer.not_found()) return false;
    if (!answer.ok())
      return client_.error_of(answer, request, ErrorKind::output, "take the lease", "s3:PutObject");
    etag_ = answer.http.header("etag");
    return true;
  }

  Result<std::optional<SeenLease>> look() {
    const S3Request request = request_for(RequestKind::get, "GET", name_);
    const S3Answer answer = client_.call(request);
    if (answer.not_found()) return std::optional<SeenLease>();
    if (!answer.ok())
      return client_.error_of(answer, request, ErrorKind::output, "read the lease", "s3:GetObject");
    SeenLease seen{answer.http.body, answer.http.header("etag"), 0};
    const auto now = http_date(answer.http.header("date"));
    const auto written = http_date(answer.http.header("last-modified"));
    if (now && written) seen.age = static_cast<long>(*now - *written);
    return std::optional<SeenLease>(std::move(seen));
  }

  bool lives(const SeenLease& seen) const {
    if (seen.age > life) return false;
    const std::string process = field_of(seen.text, "process");
    if (field_of(seen.text, "machine") == own_name().machine) {
      const std::size_t slash = process.find('/');
      const auto pid = static_cast<pid_t>(std::strtol(process.c_str(), nullptr, 10));
      return slash != std::string::npos && start_of(pid) == process.substr(slash + 1);
    }
    if (client_.options().warn) {
      client_.options().warn(
          "the lease '" + name_.uri() + "' is that of process " + process.substr(0, process.find('/')) +
          " on host '" + field_of(seen.text, "host") + "', renewed " + std::to_string(seen.age) +
          " s ago; if that run is dead, the lease is free " + std::to_string(life) + " s after that");
    }
    return true;
  }

  void renew() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!wake_.wait_for(lock, renewal, [this] { return ended_; })) {
      lock.unlock();
      // A failure shows when the lease is asked for before publishing.
      static_cast<void>(put({{"if-match", etag_}}));
      lock.lock();
    }
  }

  S3Client& client_;
  ObjectName name_;
  std::string id_;
  std::string etag_;  // of our last put; the renewing thread's once that runs
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
};

}  // namespace

Result<std::shared_ptr<S3Lease>> take_lease(S3Client& client, const std::string& path) {
  auto lease = std::make_shared<Lease>(client, parse_uri(path));
  GM_ASSIGN(const bool taken, lease->take());
  if (!taken) return std::shared_ptr<S3Lease>();
  lease->renew_from_now();
  return std::shared_ptr<S3Lease>(std::move(lease));
}

}  // namespace gristmill::s3
