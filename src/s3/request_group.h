// Requests that are under way at the same time, and waited for together.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "gristmill/result.h"
#include "s3/s3_client.h"

namespace gristmill::s3 {

// Waits until all of what was started has been answered; keeps the first error. Requests refer to it until then. Safe
// to use from several threads.
class RequestGroup {
 public:
  RequestGroup() = default;
  RequestGroup(const RequestGroup&) = delete;
  RequestGroup& operator=(const RequestGroup&) = delete;
  ~RequestGroup() { static_cast<void>(wait()); }

  // Sends it; what `done` says of its answer is its end.
  template <typename Done>
  void start(S3Client& client, const S3Request& request, Done done) {
    begin();
    try {
      client.start(request, [this, done = std::move(done)](const S3Response& answer) mutable { end(done(answer)); });
    } catch (...) {
      end({});
      throw;
    }
  }
  // The first error since the last call.
  [[nodiscard]] Status wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    ended_.wait(lock, [this] { return open_ == 0; });
    return std::exchange(first_, Status());
  }
  // The first error so far, which stays.
  [[nodiscard]] Status failed() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return first_;
  }

 private:
  void begin() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++open_;
  }
  void end(Status status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!status.ok() && first_.ok()) first_ = std::move(status);
    if (--open_ == 0) ended_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t open_ = 0;
  Status first_;
};

}  // namespace gristmill::s3
