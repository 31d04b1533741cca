// One context for all frames of a writer: making one costs as much as compressing a small frame. Tested in
// line_frames_test.cc and fact_file_test.cc.
#include "shuffle/frame_compression.h"

#include <zstd.h>

#include <new>

namespace gristmill::shuffle {
namespace {

constexpr int compression_level = 1;

}  // namespace

struct FrameCompressor::Context {
  Context() : zstd(ZSTD_createCCtx()) {
    if (zstd == nullptr) throw std::bad_alloc();
  }
  ~Context() { ZSTD_freeCCtx(zstd); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ZSTD_CCtx* zstd;
};

FrameCompressor::FrameCompressor() : context_(std::make_unique<Context>()) {}
FrameCompressor::~FrameCompressor() = default;

Status FrameCompressor::compress(std::string_view bytes, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compressCCtx(context_->zstd, out.data() + start, out.size() - start, bytes.data(),
                                             bytes.size(), compression_level);
  if (ZSTD_isError(size) != 0) {
    return Error::internal(std::string("cannot compress a frame: ") + ZSTD_getErrorName(size));
  }
  out.resize(start + size);
  return {};
}

bool decompress(std::string_view bytes, char* into, std::size_t size) {
  return ZSTD_decompress(into, size, bytes.data(), bytes.size()) == size;
}

}  // namespace gristmill::shuffle
