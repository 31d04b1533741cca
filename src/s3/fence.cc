// A request and the thread that renews the lease meet here: the one asks for a renewal, the other waits to be asked.
// Tested by tests/s3/test_fence.py.
#include "s3/fence.h"

#include <chrono>

namespace gristmill::s3 {

void Fence::ask_for_renewal() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    asked_ = true;
  }
  wake_.notify_all();
}

std::string Fence::trouble() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return trouble_.empty() ? trouble_ : ": " + trouble_;
}

void Fence::set_trouble(std::string why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  trouble_ = std::move(why);
}

bool Fence::wait_to_renew(double seconds, double least) {
  std::unique_lock<std::mutex> lock(mutex_);
  wake_.wait_for(lock, std::chrono::duration<double>(least), [this] { return stopped_; });
  wake_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return asked_ || stopped_; });
  asked_ = false;
  return !stopped_;
}

void Fence::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
}

}  // namespace gristmill::s3
