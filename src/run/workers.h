// Runs the same function in several threads and gathers their first error. What it throws, where memory runs out for
// one, is an error too.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "gristmill/result.h"
#include "storage/exceptions.h"

namespace gristmill::scheduling {

class Workers {
 public:
  // `interrupted` may be nullptr.
  Workers(std::uint32_t count, const std::atomic<bool>* interrupted) : count_(count), interrupted_(interrupted) {}

  std::uint32_t count() const { return count_; }
  // To be asked between pieces of work: another worker failed, or the run was interrupted.
  bool should_stop() const { return failed_ || is_interrupted(); }
  bool is_interrupted() const { return interrupted_ != nullptr && interrupted_->load(std::memory_order_relaxed); }

  // Calls work(0) ... work(count - 1), one in each thread, and waits for all of them. An error where the system gives
  // fewer threads.
  [[nodiscard]] Status run(const std::function<Status(std::uint32_t)>& work) {
    std::optional<Error> first;
    std::exception_ptr thrown;
    std::mutex mutex;
    const auto note = [&](Status status) {
      if (status.ok()) return;
      failed_ = true;
      const std::lock_guard<std::mutex> lock(mutex);
      // "interrupted" from a worker that stopped because of another's error is not the reason.
      if (!first || first->kind == ErrorKind::interrupted) first = std::move(status.error());
    };
    // Made an error only once the others have given back what they held: an error takes memory too.
    const auto note_exception = [&] {
      failed_ = true;
      const std::lock_guard<std::mutex> lock(mutex);
      if (!thrown) thrown = std::current_exception();
    };
    const auto guarded = [&](std::uint32_t worker) {
      storage::without_exceptions([&] { note(work(worker)); }, note_exception);
    };
    {
      std::vector<std::jthread> threads;
      const auto start = [&] {
        for (std::uint32_t i = 1; i < count_; ++i) threads.emplace_back(guarded, i);
        return true;
      };
      const auto not_started = [&] {
        note_exception();
        return false;
      };
      if (storage::without_exceptions(start, not_started)) guarded(0);
    }
    if (is_interrupted()) return Error::interrupted();
    if (first && first->kind != ErrorKind::interrupted) return std::move(*first);
    if (thrown) return storage::without_exceptions([&]() -> Status { std::rethrow_exception(thrown); });
    if (first) return std::move(*first);
    return {};
  }

 private:
  std::uint32_t count_;
  const std::atomic<bool>* interrupted_;
  std::atomic<bool> failed_{false};
};

}  // namespace gristmill::scheduling
