// What stands before each frame of a scratch file of facts. Frames are read on the machine that wrote them, or on one
// of the same kind, so that the header is written as it lies in memory.
#pragma once

#include <cstdint>

namespace gristmill::shuffle {

struct FrameHeader {
  std::uint64_t checksum;  // XXH3-64 of what follows
  std::uint64_t size;      // bytes that follow
};

}  // namespace gristmill::shuffle
