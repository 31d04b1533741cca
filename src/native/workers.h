// Runs the same function in several threads and gathers their first error.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "gristmill/result.h"

namespace gristmill {

class Workers {
 public:
  // `interrupted` may be nullptr.
  Workers(std::uint32_t count, const std::atomic<bool>* interrupted) : count_(count), interrupted_(interrupted) {}

  std::uint32_t count() const { return count_; }
  // To be asked between pieces of work: another worker failed, or the run was interrupted.
  bool should_stop() const { return failed_ || is_interrupted(); }
  bool is_interrupted() const { return interrupted_ != nullptr && interrupted_->load(std::memory_order_relaxed); }

  // Calls work(0) ... work(count - 1), one in each thread, and waits for all of them.
  [[nodiscard]] Status run(const std::function<Status(std::uint32_t)>& work) {
    std::optional<Error> first;
    std::mutex mutex;
    const auto guarded = [&](std::uint32_t worker) {
      Status status = work(worker);
      if (status.ok()) return;
      failed_ = true;
      const std::lock_guard<std::mutex> lock(mutex);
      // "interrupted" from a worker that stopped because of another's error is not the reason.
      if (!first || first->kind == ErrorKind::interrupted) first = std::move(status.error());
    };
    {
      std::vector<std::jthread> threads;
      for (std::uint32_t i = 1; i < count_; ++i) threads.emplace_back(guarded, i);
      guarded(0);
    }
    if (is_interrupted()) return Error::interrupted();
    if (first) return std::move(*first);
    return {};
  }

 private:
  std::uint32_t count_;
  const std::atomic<bool>* interrupted_;
  std::atomic<bool> failed_{false};
};

}  // namespace gristmill
