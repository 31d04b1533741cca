// One worker's buckets of raw lines, by the hash of their profile: in memory up to a quota, beyond it
// in one unlinked scratch file.
//
// A bucket is a chain of chunks. When the quota is exceeded, the bucket that holds most is written out,
// each of its chunks as one checksummed frame, and its memory is used again. Format of a frame: the
// chunk's lines (LineHeader, payload, NUL, padding to 8) as they lie in memory; its place, size,
// checksum and first Place are kept in memory (docs/internals/private-formats.md).
//
// Lines are added in input order, so every bucket of one set is in input order too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "shuffle/routed_line.h"

namespace gristmill::shuffle {

// Memory for lines; capacity excludes the readable padding behind it. Several may be parts of one block.
struct Chunk {
  std::shared_ptr<char[]> bytes;
  std::uint32_t capacity = 0;
  std::uint32_t used = 0;
};

struct Frame {
  std::uint64_t position = 0;  // in the scratch file
  std::uint64_t checksum = 0;  // XXH3-64
  std::uint32_t size = 0;
  Place first;
};

struct BucketStatistics {
  std::uint64_t bytes = 0;       // that its lines take here, in memory and spilled
  std::uint64_t line_bytes = 0;  // of its lines with an end each, wherever they are
  std::uint64_t spilled_bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t lowest_hash = ~std::uint64_t{0};
  std::uint64_t highest_hash = 0;
  void add(const BucketStatistics& other);
  bool one_hash() const { return lowest_hash == highest_hash; }
};

struct BucketOptions {
  std::uint32_t bits = 8;   // 2^bits buckets ...
  std::uint32_t shift = 0;  // ... by the bits of the hash from here up
  std::uint64_t quota = 0;  // bytes of memory
  std::uint32_t chunk_size = 64U << 10;
  std::string spill_folder;
};

class BucketSet final : public LineSink {
 public:
  BucketSet(Storage& storage, BucketOptions options);
  BucketSet(const BucketSet&) = delete;
  BucketSet& operator=(const BucketSet&) = delete;

  // Copies the line into its bucket.
  [[nodiscard]] Status add(const LineHeader& header, std::string_view payload) override;

  std::size_t size() const { return buckets_.size(); }
  const BucketStatistics& statistics(std::size_t bucket) const { return buckets_[bucket].statistics; }
  std::uint64_t spilled_bytes() const { return scratch_end_; }
  // Frees a bucket's memory. Several threads may read and release different buckets; nothing is added then.
  void release(std::size_t bucket);

 private:
  friend class BucketCursor;
  struct Bucket {
    std::vector<Chunk> chunks;
    std::vector<Frame> frames;
    std::uint64_t memory = 0;
    BucketStatistics statistics;
  };

  [[nodiscard]] Status make_room(Bucket& bucket, std::uint64_t size);
  [[nodiscard]] Status spill(Bucket& bucket);
  Chunk take_from_block();

  Storage& storage_;
  BucketOptions options_;
  std::vector<Bucket> buckets_;
  std::vector<Chunk> free_chunks_;  // of chunk_size
  std::uint64_t memory_ = 0;        // of chunks in buckets and free
  std::shared_ptr<char[]> block_;   // that full chunks are taken from
  std::size_t block_used_ = 0;      // bytes
  std::unique_ptr<ScratchFile> scratch_;
  std::uint64_t scratch_end_ = 0;
};

// Reads one bucket of one set in input order: first its frames, then what is in memory.
class BucketCursor {
 public:
  BucketCursor(BucketSet& set, std::size_t bucket) : set_(set), bucket_(set.buckets_[bucket]) { settle(); }

  bool done() const { return done_; }
  Place place() const { return place_; }  // of the next line; REQUIRES: !done()
  // The next line; good until the next call.
  [[nodiscard]] Result<RoutedLine> next();
  // Bytes that next() will load; 0 if its line is in memory. REQUIRES: !done()
  std::uint64_t bytes_to_load() const;
  // Frees the memory of a long line that was read and is needed no more.
  void drop_read_frame();
  // All lines at once: loads the frames, moves nothing. They stay good as long as this and the set do.
  // REQUIRES: next() was not called.
  [[nodiscard]] Status load_all(std::vector<const LineHeader*>& headers);

 private:
  [[nodiscard]] Status load_frame(const Frame& frame, Chunk& into);
  void settle();

  BucketSet& set_;
  BucketSet::Bucket& bucket_;
  std::size_t segment_ = 0;     // frames first, then chunks
  std::uint32_t position_ = 0;  // in the segment
  bool loaded_ = false;
  Chunk frame_;
  std::vector<Chunk> loaded_frames_;
  Place place_;
  bool done_ = false;
};

}  // namespace gristmill::shuffle
