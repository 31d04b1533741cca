// Facts (shuffle/sorter.h) that are kept or on their way to another machine: a file of them, in the order of their
// keys.
//
// Format: frames of whole facts, as in a sorter's run, but with every value in its place, however long. What follows a
// frame's header is the number of bytes of its facts (32 bits) and these bytes, compressed. An index may stand behind
// the frames: one more frame, with a fact for each of them; its key is greater than all keys before the frame and not
// greater than those in it, its value the place where the frame begins (64 bits).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "shuffle/frame_compression.h"
#include "shuffle/sorter.h"

namespace gristmill::shuffle {

// Frames of facts that come in order.
class FactFrames {
 public:
  using Sink = std::function<Status(std::string_view)>;  // takes whole frames
  // `frame_size`: bytes before they are compressed.
  explicit FactFrames(Sink sink, std::size_t frame_size = 128U << 10);
  [[nodiscard]] Status add(std::string_view key, std::string_view value);
  [[nodiscard]] Status finish();
  // After finish(): hands the index to the sink, if there is any frame; returns its size in bytes.
  [[nodiscard]] Result<std::uint64_t> write_index();

 private:
  void append(std::string_view key, std::string_view value);
  [[nodiscard]] Status write_frame();

  Sink sink_;
  std::size_t frame_size_;
  std::string facts_;
  std::string frame_;
  std::uint64_t written_ = 0;  // bytes
  std::vector<FrameBeginning> beginnings_;
  std::string last_key_;  // of the last frame
  FrameCompressor compressor_;
};

// The facts of a frame, from what follows its header and fits its checksum; false: they are damaged.
bool unpack_facts(std::string_view body, std::vector<char>& facts);

// Writes all facts of a sorter to a new file, none if there are none; returns its size, 0 then.
Result<std::uint64_t> write_facts(Storage& storage, Sorter& sorter, const std::string& path);

// Adds the facts of a file of this size to a sorter. An internal error if it is damaged.
[[nodiscard]] Status read_facts(Storage& storage, const std::string& path, std::uint64_t size, Sorter& sorter);

}  // namespace gristmill::shuffle
