// Chunks grow with their bucket, from 4 KiB, so that many small buckets stay small. Spilling the
// fullest bucket keeps frames large; spilling all of them at once was simpler and wrote frames of a
// few hundred bytes when one profile held most of the data.
//
// Full chunks are parts of blocks that the system is asked to back by a huge page each. Lines are read again in another
// order than they came, so small pages cost twice: when they are first touched, and when they are looked up. A block is
// freed with the last of its chunks. Tested in bucket_set_test.cc.
#include "shuffle/bucket_set.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "json/json_text.h"
#include "storage/hash.h"

namespace gristmill::shuffle {
namespace {

constexpr std::uint32_t smallest_chunk = 4U << 10;
constexpr std::size_t huge_page = 2U << 20;
constexpr std::uint64_t least_for_blocks = 32 * huge_page;  // a quota of which one block more is little

Chunk make_chunk(std::uint64_t capacity) {
  Chunk chunk;
  chunk.bytes = std::make_unique_for_overwrite<char[]>(capacity + json::text_padding);
  chunk.capacity = static_cast<std::uint32_t>(capacity);
  return chunk;
}

// A huge page of memory and the padding behind it, which is never written.
std::shared_ptr<char[]> make_block() {
  char* const block = static_cast<char*>(std::aligned_alloc(huge_page, 2 * huge_page));
  if (block == nullptr) throw std::bad_alloc();
  madvise(block, huge_page, MADV_HUGEPAGE);  // where there are none, small pages do
  return {block, [](char* memory) { std::free(memory); }};
}

// The pages of a chunk that will not be used again, while others of its block may be.
void give_back(const Chunk& chunk) {
  constexpr std::uintptr_t page = 4U << 10;
  const auto begin = reinterpret_cast<std::uintptr_t>(chunk.bytes.get());
  const std::uintptr_t first = (begin + page - 1) & ~(page - 1);
  const std::uintptr_t end = (begin + chunk.capacity) & ~(page - 1);
  if (first < end) madvise(chunk.bytes.get() + (first - begin), end - first, MADV_DONTNEED);
}

}  // namespace

void BucketStatistics::add(const BucketStatistics& other) {
  bytes += other.bytes;
  line_bytes += other.line_bytes;
  spilled_bytes += other.spilled_bytes;
  lines += other.lines;
  lowest_hash = std::min(lowest_hash, other.lowest_hash);
  highest_hash = std::max(highest_hash, other.highest_hash);
}

BucketSet::BucketSet(Storage& storage, BucketOptions options)
    : storage_(storage), options_(std::move(options)), buckets_(std::size_t{1} << options_.bits) {}

Status BucketSet::add(const LineHeader& header, std::string_view payload) {
  Bucket& bucket = buckets_[header.profile_hash >> options_.shift & (buckets_.size() - 1)];
  const std::uint64_t size = routed_size(payload.size());
  if (bucket.chunks.empty() || bucket.chunks.back().capacity - bucket.chunks.back().used < size) {
    GM_RETURN_IF_ERROR(make_room(bucket, size));
  }
  Chunk& chunk = bucket.chunks.back();
  char* p = chunk.bytes.get() + chunk.used;
  std::memcpy(p, &header, sizeof header);
  if (!payload.empty()) std::memcpy(p + sizeof header, payload.data(), payload.size());
  p[sizeof header + payload.size()] = '\0';
  chunk.used += static_cast<std::uint32_t>(size);
  BucketStatistics& statistics = bucket.statistics;
  statistics.bytes += size;
  statistics.line_bytes += header.length + std::uint64_t{1};
  ++statistics.lines;
  statistics.lowest_hash = std::min(statistics.lowest_hash, header.profile_hash);
  statistics.highest_hash = std::max(statistics.highest_hash, header.profile_hash);
  return memory_ > options_.quota ? spill(bucket) : Status{};  // a line larger than the quota
}

Status BucketSet::make_room(Bucket& bucket, std::uint64_t size) {
  const std::uint64_t grown = std::clamp<std::uint64_t>(bucket.statistics.bytes, smallest_chunk, options_.chunk_size);
  const std::uint64_t capacity = std::max(grown, size);
  while (memory_ + capacity > options_.quota) {
    if (!free_chunks_.empty() && (capacity != options_.chunk_size || free_chunks_.size() > 1)) {
      memory_ -= free_chunks_.back().capacity;
      if (block_) give_back(free_chunks_.back());
      free_chunks_.pop_back();
      continue;
    }
    if (!free_chunks_.empty()) break;  // one of them is taken below
    const auto fullest = std::max_element(buckets_.begin(), buckets_.end(),
                                          [](const Bucket& a, const Bucket& b) { return a.memory < b.memory; });
    if (fullest->memory == 0) break;  // one line larger than the quota
    GM_RETURN_IF_ERROR(spill(*fullest));
  }
  if (capacity == options_.chunk_size && !free_chunks_.empty()) {
    bucket.chunks.push_back(std::move(free_chunks_.back()));
    free_chunks_.pop_back();
  } else {
    const bool has_block = capacity == options_.chunk_size && options_.quota >= least_for_blocks;
    bucket.chunks.push_back(has_block ? take_from_block() : make_chunk(capacity));
    memory_ += capacity;
  }
  bucket.memory += bucket.chunks.back().capacity;
  return {};
}

Chunk BucketSet::take_from_block() {
  if (!block_ || block_used_ + options_.chunk_size > huge_page) {
    block_ = make_block();
    block_used_ = 0;
  }
  Chunk chunk;
  chunk.bytes = {block_, block_.get() + block_used_};
  chunk.capacity = options_.chunk_size;
  block_used_ += options_.chunk_size;
  return chunk;
}

Status BucketSet::spill(Bucket& bucket) {
  if (!scratch_) {
    GM_ASSIGN(scratch_, storage_.scratch(options_.spill_folder));
  }
  for (Chunk& chunk : bucket.chunks) {
    const std::string_view bytes(chunk.bytes.get(), chunk.used);
    LineHeader first;
    std::memcpy(&first, bytes.data(), sizeof first);
    GM_RETURN_IF_ERROR(scratch_->write_at(scratch_end_, bytes));
    bucket.frames.push_back({scratch_end_, storage::hash64(bytes), chunk.used, first.place()});
    scratch_end_ += chunk.used;
    bucket.statistics.spilled_bytes += chunk.used;
    if (chunk.capacity == options_.chunk_size) {
      chunk.used = 0;
      free_chunks_.push_back(std::move(chunk));
    } else {
      memory_ -= chunk.capacity;
    }
  }
  bucket.chunks.clear();
  bucket.memory = 0;
  return {};
}

void BucketSet::release(std::size_t index) {
  Bucket& bucket = buckets_[index];
  bucket.chunks = std::vector<Chunk>();
  bucket.frames = std::vector<Frame>();
}

Status BucketCursor::load_frame(const Frame& frame, Chunk& into) {
  if (into.capacity < frame.size) into = make_chunk(frame.size);
  into.used = frame.size;
  GM_RETURN_IF_ERROR(set_.scratch_->read_at(frame.position, into.bytes.get(), frame.size));
  if (storage::hash64({into.bytes.get(), frame.size}) != frame.checksum) {
    return Error::internal("a frame of the spill file has another checksum than when it was written",
                           "check the disk that holds the spill folder, or name another with --spill-directory");
  }
  return {};
}

// Finds the place of the next line without loading a frame for it.
void BucketCursor::settle() {
  const std::size_t frames = bucket_.frames.size();
  for (;;) {
    if (segment_ >= frames + bucket_.chunks.size()) {
      done_ = true;
      return;
    }
    if (segment_ < frames && !loaded_) {
      place_ = bucket_.frames[segment_].first;
      return;
    }
    const Chunk& chunk = segment_ < frames ? frame_ : bucket_.chunks[segment_ - frames];
    if (position_ < chunk.used) {
      LineHeader header;
      std::memcpy(&header, chunk.bytes.get() + position_, sizeof header);
      place_ = header.place();
      return;
    }
    ++segment_;
    position_ = 0;
    loaded_ = false;
  }
}

Result<RoutedLine> BucketCursor::next() {
  const std::size_t frames = bucket_.frames.size();
  if (segment_ < frames && !loaded_) {
    GM_RETURN_IF_ERROR(load_frame(bucket_.frames[segment_], frame_));
    loaded_ = true;
  }
  const Chunk& chunk = segment_ < frames ? frame_ : bucket_.chunks[segment_ - frames];
  const auto* header = reinterpret_cast<const LineHeader*>(chunk.bytes.get() + position_);
  position_ += static_cast<std::uint32_t>(routed_size(header->payload_length()));
  settle();  // touches no frame: the line stays good until the next call
  return RoutedLine{header};
}

std::uint64_t BucketCursor::bytes_to_load() const {
  return segment_ < bucket_.frames.size() && !loaded_ ? bucket_.frames[segment_].size : 0;
}

void BucketCursor::drop_read_frame() {
  if (!loaded_ && frame_.capacity > (1U << 20)) frame_ = {};
}

Status BucketCursor::load_all(std::vector<const LineHeader*>& headers) {
  constexpr std::size_t distance = 1024;  // bytes ahead
  const auto gather = [&](const Chunk& chunk) {
    for (std::uint32_t position = 0; position < chunk.used;) {
      const auto* header = reinterpret_cast<const LineHeader*>(chunk.bytes.get() + position);
      headers.push_back(header);
      const auto size = static_cast<std::uint32_t>(routed_size(header->payload_length()));
      // Where the next line begins is told by this one: the processor cannot know what to fetch.
      prefetch_line(reinterpret_cast<const char*>(header) + distance, size);
      position += size;
    }
  };
  loaded_frames_.reserve(bucket_.frames.size());
  for (const Frame& frame : bucket_.frames) {
    GM_RETURN_IF_ERROR(load_frame(frame, loaded_frames_.emplace_back()));
    gather(loaded_frames_.back());
  }
  for (const Chunk& chunk : bucket_.chunks) gather(chunk);
  done_ = true;
  return {};
}

}  // namespace gristmill::shuffle
