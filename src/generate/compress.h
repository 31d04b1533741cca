// Compresses a block of lines by itself: blocks put one after the other are a valid file, and each can be
// made by another thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "source/input_files.h"

namespace gristmill::generate {

class Compressor {
 public:
  virtual ~Compressor() = default;
  // Replaces `stored` by a whole gzip member or Zstandard frame. One thread's.
  [[nodiscard]] virtual Status compress(std::string_view block, std::string& stored) = 0;
};

// REQUIRES: compression is not none.
std::unique_ptr<Compressor> make_compressor(source::Compression compression);

// "", ".gz" or ".zst".
std::string_view file_ending(source::Compression compression);

}  // namespace gristmill::generate
