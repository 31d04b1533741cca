// With the libraries' usual levels, as the commands gzip and zstd would write it. Tested in
// generate_test.cc, by reading the files back.
#include "generate/compress.h"

#include <zlib.h>
#include <zstd.h>

#include "storage/exceptions.h"

namespace gristmill::generate {
namespace {

class GzipCompressor final : public Compressor {
 public:
  GzipCompressor()
      : ready_(deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, memory_level, Z_DEFAULT_STRATEGY) ==
               Z_OK) {}
  ~GzipCompressor() override { deflateEnd(&stream_); }

  Status compress(std::string_view block, std::string& stored) override {
    if (!ready_ || deflateReset(&stream_) != Z_OK) return storage::not_enough_memory("zlib cannot be started");
    stored.resize(deflateBound(&stream_, block.size()));
    // zlib does not change its input; its interface is older than const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream_.avail_in = static_cast<uInt>(block.size());
    stream_.next_out = reinterpret_cast<Bytef*>(stored.data());
    stream_.avail_out = static_cast<uInt>(stored.size());
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) return Error::internal("zlib did not finish a block");
    stored.resize(stored.size() - stream_.avail_out);
    return {};
  }

 private:
  static constexpr int window = 15 + 16;  // the largest; plus 16: with gzip's header
  static constexpr int memory_level = 8;  // zlib's default
  z_stream stream_{};
  bool ready_;
};

class ZstandardCompressor final : public Compressor {
 public:
  ZstandardCompressor() : context_(ZSTD_createCCtx()) {
    if (context_ != nullptr) ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstandardCompressor() override { ZSTD_freeCCtx(context_); }

  Status compress(std::string_view block, std::string& stored) override {
    if (context_ == nullptr) return storage::not_enough_memory("zstd cannot be started");
    stored.resize(ZSTD_compressBound(block.size()));
    const std::size_t size = ZSTD_compress2(context_, stored.data(), stored.size(), block.data(), block.size());
    if (ZSTD_isError(size) != 0) return Error::internal(std::string("zstd: ") + ZSTD_getErrorName(size));
    stored.resize(size);
    return {};
  }

 private:
  ZSTD_CCtx* context_;
};

}  // namespace

std::unique_ptr<Compressor> make_compressor(source::Compression compression) {
  if (compression == source::Compression::gzip) return std::make_unique<GzipCompressor>();
  return std::make_unique<ZstandardCompressor>();
}

std::string_view file_ending(source::Compression compression) {
  switch (compression) {
    case source::Compression::none: return "";
    case source::Compression::gzip: return ".gz";
    case source::Compression::zstandard: return ".zst";
  }
  return "";
}

}  // namespace gristmill::generate
