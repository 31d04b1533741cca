// Requests that are under way at the same time, and waited for together.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "gristmill/result.h"

namespace gristmill::s3 {

// Waits until all of what was started has been answered; keeps the first error. Requests refer to it until then.
class Together {
 public:
  void begin() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++open_;
  }
  void end(Status status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!status.ok() && first_.ok()) first_ = std::move(status);
    if (--open_ == 0) ended_.notify_all();
  }
  Status wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    ended_.wait(lock, [this] { return open_ == 0; });
    return first_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t open_ = 0;
  Status first_;
};

}  // namespace gristmill::s3
