// Decompresses a gzip or Zstandard file as a stream, concatenated members too.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "gristmill/result.h"
#include "source/input_files.h"

namespace gristmill::source {

class Inflater {
 public:
  using Take = std::function<Status(std::string_view)>;

  virtual ~Inflater() = default;
  // Decompresses `stored`, the next bytes of the file, and calls `out` with what comes of it, in pieces.
  // An error says what is wrong and at which stored byte of the file.
  [[nodiscard]] virtual Status feed(std::string_view stored, const Take& out) = 0;
  // The file has ended: hands out what is left; an error if it ended inside a stream.
  [[nodiscard]] virtual Status finish(const Take& out) = 0;
};

// One that tells where it is.
class StreamInflater : public Inflater {
 public:
  // At the file's beginning, or directly behind a member or frame?
  virtual bool is_between() const = 0;
  // So many stored bytes come next that are whole members, and were decompressed elsewhere. REQUIRES: is_between().
  virtual void pass_over(std::size_t stored) = 0;
};

// REQUIRES: compression is not none; `file`, for errors, outlives the inflater. `longest_window`: most bytes that a
// Zstandard frame may refer back to, 2 GiB at most; the 128 MiB that every decompressor allows are allowed in any case.
std::unique_ptr<StreamInflater> make_inflater(const InputFile& file, Compression compression,
                                              std::uint64_t longest_window);

}  // namespace gristmill::source
