// One long line at a time: what keeps memory bounded where lines are not.
//
// A line may be as long as limits.line (64 MiB, if the recipe does not say otherwise), and takes its length several
// times over while it is read, decoded and turned into rows. One for each worker would be more than a memory budget
// has room for. So there is one gate for all workers of a process, and whoever has a line of more than `long_line`
// bytes in memory holds it: there is one such line in memory at any time, and the others wait before theirs grows
// beyond that.
//
// - It is taken before the line's memory is (before a buffer grows beyond `long_line`, before a bucket's line is
//   loaded), and let go after that memory is freed: what grew with a long line is freed with it.
// - It is recursive, because stages nest: the source holds it for the line that it hands out, and who gets the line
//   takes it again, not knowing where it comes from. The same code also gets lines from buckets, which nobody holds it
//   for.
// - Nothing that is done while it is held waits for another worker's line, so nothing locks up.
#pragma once

#include <cstdint>
#include <mutex>

namespace gristmill::source {

inline constexpr std::uint64_t long_line = 1U << 20;  // bytes; a line that is longer takes the gate

class LongLineGate {
 public:
  // One thread's right to have a long line in memory. Lets go at its end.
  class Hold {
   public:
    // Does not hold it yet. `gate` must outlive this.
    explicit Hold(LongLineGate& gate) : lock_(gate.mutex_, std::defer_lock) {}
    // Holds it if a line of so many bytes is long.
    Hold(LongLineGate& gate, std::uint64_t length) : Hold(gate) { take_if_long(length); }

    // Waits for the gate if a line of so many bytes is long and this does not hold it yet.
    void take_if_long(std::uint64_t length) {
      if (length > long_line && !held()) lock_.lock();
    }
    bool held() const { return lock_.owns_lock(); }
    void let_go() { lock_.unlock(); }  // REQUIRES: held()

   private:
    std::unique_lock<std::recursive_mutex> lock_;
  };

  LongLineGate() = default;
  LongLineGate(const LongLineGate&) = delete;
  LongLineGate& operator=(const LongLineGate&) = delete;

  // Could this thread take it at once? For tests: the answer is of that moment.
  bool is_free() { return std::unique_lock(mutex_, std::try_to_lock).owns_lock(); }

 private:
  std::recursive_mutex mutex_;
};

}  // namespace gristmill::source
