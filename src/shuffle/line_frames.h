// Lines on their way to another machine: routed to partitions by the hash of their profile, and packed, many to a
// frame.
//
// Format of a frame's bytes: size of the lines in 4 bytes, XXH3-64 of them in 8, the lines compressed by Zstandard.
// A line: profile hash, offset, file, length, line in unit, kind, each as in LineHeader and apart from those of the
// other lines, since like compresses well beside like; after them all payloads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "shuffle/frame_compression.h"
#include "shuffle/routed_line.h"

namespace gristmill::shuffle {

// Multiplied rather than taken from the low bits, which choose the bucket within a partition.
inline std::uint32_t partition_of(std::uint64_t profile_hash, std::uint32_t partitions) {
  return static_cast<std::uint32_t>((profile_hash >> 32) * partitions >> 32);
}

struct LineFrame {
  std::uint32_t partition = 0;
  Place first;  // of its lines; frames of one partition do not overlap
  std::string bytes;
};

class LineFrames final : public LineSink {
 public:
  // `memory` in bytes, for lines that wait for their frame to be full.
  LineFrames(std::uint32_t partitions, std::uint64_t memory);
  ~LineFrames() override;

  [[nodiscard]] Status add(const LineHeader& header, std::string_view payload) override;
  // Ends all frames.
  [[nodiscard]] Status flush();
  // The frames that have been ended since the last call; those of one partition are in order.
  std::vector<LineFrame> take();

 private:
  struct Partition {
    std::vector<LineHeader> headers;
    std::string payloads;
    std::uint64_t size() const { return headers.size() * sizeof(LineHeader) + payloads.size(); }
  };
  [[nodiscard]] Status end_frame(std::uint32_t partition);

  std::vector<Partition> partitions_;
  std::uint64_t memory_;
  std::uint64_t held_ = 0;
  std::string packed_;
  std::unique_ptr<FrameCompressor> compressor_;
  std::vector<LineFrame> ended_;
};

// Adds the lines of a frame to `sink`, in order. An internal error if it is damaged.
[[nodiscard]] Status unpack_frame(std::string_view bytes, LineSink& sink);

}  // namespace gristmill::shuffle
