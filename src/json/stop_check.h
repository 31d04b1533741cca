// Lets long work be given up partway: its loops tell what they do, and are told when to stop.
//
// One line may be gigabytes long, and so may the rows that come of it; a process that is interrupted answers within
// a second all the same. One thread's. Once it said stop it says so always.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace gristmill::json {

class StopCheck {
 public:
  StopCheck() = default;  // never says stop
  explicit StopCheck(std::function<bool()> should_stop) : should_stop_(std::move(should_stop)) {}

  // Is it time to stop, after this much more work? A unit is what a byte costs that is looked at. Asks the function
  // after every 1 MiB of it, some milliseconds, so that a loop may call this at each step.
  bool after(std::uint64_t work) {
    if (work < left_) [[likely]] {
      left_ -= work;
      return stopped_;
    }
    left_ = between;
    stopped_ = stopped_ || (should_stop_ && should_stop_());
    return stopped_;
  }
  bool stopped() const { return stopped_; }

 private:
  static constexpr std::uint64_t between = 1U << 20;
  std::function<bool()> should_stop_;
  std::uint64_t left_ = between;
  bool stopped_ = false;
};

// What a step of a walk costs beside the bytes that it copies.
inline constexpr std::uint64_t work_of_a_step = 64;

}  // namespace gristmill::json
