// Decompresses one file in several threads, where it has several members or frames: workers that have nothing more to
// read help the one that reads it.
//
// What looks like the beginning of a member cuts the stored bytes into sections. A helper takes a section as if it were
// whole members. Where it is not, which shows when it does not end with one, or where it is at fault, the reader
// decompresses it as a part of the stream: text and errors are those of reading from beginning to end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "source/inflate.h"

namespace gristmill::source {

struct AheadLimits {
  std::size_t sections = 0;              // begun and not handed out yet, of all files together; 0: no work ahead
  std::size_t shortest = 256U << 10;     // stored bytes of a section, before the next beginning ends it
  std::size_t longest = 4U << 20;        // stored bytes of a section; a longer one is left to the reader
  std::size_t longest_text = 16U << 20;  // bytes of what comes of it, likewise
};

// The limits by which all sections together keep within `budget` bytes.
AheadLimits ahead_limits(std::uint64_t budget, std::uint32_t workers);

// What the workers of one loop over files share.
class InflatePool {
 public:
  explicit InflatePool(const AheadLimits& limits) : limits_(limits) {}

  bool has_helpers();

  // A worker, for as long as it reads files or helps.
  class Worker {
   public:
    explicit Worker(InflatePool& pool);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    // It has no more to read: works for the others until none of them reads.
    void help();

   private:
    InflatePool& pool_;
    bool reads_ = true;
  };

 private:
  friend class AheadInflater;
  struct Section;

  void stop_reading();
  // Hands it to the helpers, if there are any and limits allow it.
  bool submit(const std::shared_ptr<Section>& section);
  // Takes it back, unless somebody has begun it; then waits until it is done. `works`: at others meanwhile.
  void finish(const std::shared_ptr<Section>& section, bool works);
  void work_at_next(std::unique_lock<std::mutex>& lock);

  const AheadLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Section>> waiting_;
  std::size_t sections_ = 0;
  std::uint32_t readers_ = 0;
  std::uint32_t helpers_ = 0;
};

// As make_inflater, and decompresses ahead as far as the pool has helpers. `file` and `pool` outlive it.
std::unique_ptr<Inflater> make_inflater_ahead(const InputFile& file, Compression compression,
                                              std::uint64_t longest_window, InflatePool& pool);

}  // namespace gristmill::source
