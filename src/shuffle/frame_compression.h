// The compression of frames: by zstd, at its fastest level.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"

namespace gristmill::shuffle {

class FrameCompressor {
 public:
  FrameCompressor();
  ~FrameCompressor();
  FrameCompressor(const FrameCompressor&) = delete;
  FrameCompressor& operator=(const FrameCompressor&) = delete;
  // Appends the compressed bytes to `out`.
  [[nodiscard]] Status compress(std::string_view bytes, std::string& out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Whether these are `size` bytes, compressed; they are written to `into`.
bool decompress(std::string_view bytes, char* into, std::size_t size);

}  // namespace gristmill::shuffle
