// ISA-L and libzstd do the work; what is added is that an empty rest, a second member and trailing
// garbage are told apart, and that a fault names file and offset. An empty file is an empty data file,
// whatever its ending. Tested in line_source_test.cc and tests/programs.
#include "source/inflate.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "storage/exceptions.h"

namespace gristmill::source {
namespace {

constexpr std::size_t window = 64U << 10;

class BasicInflater : public StreamInflater {
 public:
  explicit BasicInflater(const InputFile& file) : file_(file), window_(window) {}

  Status finish(const Take&) override {
    if (!inside_) return {};
    return fault(consumed_, "the file ends inside the stream: it is truncated");
  }
  bool is_between() const override { return !inside_ && !padding_; }
  void pass_over(std::size_t stored) override {
    consumed_ += stored;
    ended_ = true;
  }

 protected:
  Error no_memory() const { return storage::not_enough_memory("cannot decompress '" + file_.path + "'"); }
  Error fault(std::uint64_t at, std::string_view why,
              std::string advice = "get the file again from where it came") const {
    return Error::input(
               "cannot decompress '" + file_.path + "' at byte " + std::to_string(at) + ": " + std::string(why),
               std::move(advice))
        .in_file(file_.path);
  }

  // What stands behind a stream that has ended, from `at` on, and is not the beginning of another: nothing but zero
  // bytes may.
  Status check_rest(std::string_view rest, std::uint64_t at) {
    padding_ = true;
    const std::size_t other = rest.find_first_not_of('\0');
    if (other == std::string_view::npos) return {};
    return trailing(at + other, static_cast<unsigned char>(rest[other]));
  }

  Error trailing(std::uint64_t at, unsigned char first) const {
    char byte[8];
    std::snprintf(byte, sizeof byte, "0x%02X", first);
    return fault(at, std::string("the compressed stream has ended, but other data follows it (") + byte + ")",
                 "remove what follows the stream, or compress the file again");
  }

  const InputFile& file_;
  std::vector<char> window_;
  std::uint64_t consumed_ = 0;  // stored bytes before the current piece
  bool inside_ = false;         // inside a member or frame
  bool ended_ = false;          // behind one
  bool padding_ = false;        // behind the last, in zero bytes
};

class GzipInflater final : public BasicInflater {
 public:
  explicit GzipInflater(const InputFile& file) : BasicInflater(file), state_(std::make_unique<inflate_state>()) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }
  Status feed(std::string_view stored, const Take& out) override {
    // ISA-L does not change its input; its interface is older than const.
    state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(stored.data()));
    state_->avail_in = static_cast<std::uint32_t>(stored.size());
    bool more = false;  // the window was full: more output may be waiting
    while (state_->avail_in > 0 || more) {
      const std::size_t at = stored.size() - state_->avail_in;
      if (padding_ || (ended_ && !inside_ && stored[at] != first_of_magic)) {
        GM_RETURN_IF_ERROR(check_rest(stored.substr(at), consumed_ + at));
        break;
      }
      inside_ = true;
      state_->next_out = reinterpret_cast<std::uint8_t*>(window_.data());
      state_->avail_out = static_cast<std::uint32_t>(window_.size());
      const int result = isal_inflate(state_.get());
      if (result < ISAL_DECOMP_OK) {
        return fault(consumed_ + stored.size() - state_->avail_in,
                     std::string("corrupt gzip stream: ") + why_corrupt(result));
      }
      const std::size_t made = window_.size() - state_->avail_out;
      if (made == 0 && state_->avail_in == stored.size() - at && !more) {
        return fault(consumed_ + at, "corrupt gzip stream: it leads nowhere");
      }
      if (made > 0) GM_RETURN_IF_ERROR(out({window_.data(), made}));
      more = state_->avail_out == 0;
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        inside_ = more = false;
        ended_ = true;
        isal_inflate_reset(state_.get());
        state_->crc_flag = ISAL_GZIP;
      }
    }
    consumed_ += stored.size();
    return {};
  }

 private:
  static constexpr char first_of_magic = '\x1F';

  static const char* why_corrupt(int result) {
    switch (result) {
      case ISAL_INVALID_WRAPPER: return "its header is not one of gzip";
      case ISAL_UNSUPPORTED_METHOD: return "its header names another method than deflate";
      case ISAL_INCORRECT_CHECKSUM: return "its checksum or length is not that of its content";
      case ISAL_INVALID_BLOCK: return "a block of an unknown kind, or with codes that cannot be";
      case ISAL_INVALID_SYMBOL: return "a code that stands for nothing";
      case ISAL_INVALID_LOOKBACK: return "it refers to bytes before its beginning";
      default: return "it cannot be read";
    }
  }

  std::unique_ptr<inflate_state> state_;
};

class ZstandardInflater final : public BasicInflater {
 public:
  ZstandardInflater(const InputFile& file, std::uint64_t longest_window)
      : BasicInflater(file), stream_(ZSTD_createDStream()) {
    const int log =
        std::clamp(static_cast<int>(std::bit_width(longest_window)) - 1, usual_window_log, largest_window_log);
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, log);
  }
  ~ZstandardInflater() override { ZSTD_freeDStream(stream_); }
  Status feed(std::string_view stored, const Take& out) override {
    if (stream_ == nullptr) return no_memory();
    ZSTD_inBuffer in{stored.data(), 0, 0};
    bool full = false;
    while (in.pos < stored.size() || full) {
      if (padding_ || (ended_ && !inside_ && !full && !begins_frame(stored[in.pos]))) {
        GM_RETURN_IF_ERROR(check_rest(stored.substr(in.pos), consumed_ + in.pos));
        break;
      }
      // A frame's beginning byte by byte: given a whole frame at once, the library goes another way, which finds
      // other frames faulty.
      const bool at_header = header_.size() < longest_header;
      in.size = at_header ? std::min(in.pos + 1, stored.size()) : stored.size();
      if (at_header && in.pos < in.size) header_.push_back(stored[in.pos]);
      ZSTD_outBuffer made{window_.data(), window_.size(), 0};
      const std::size_t result = ZSTD_decompressStream(stream_, &made, &in);
      if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) return no_memory();
      if (ZSTD_isError(result) != 0) {
        return frame_fault(result, consumed_ + in.pos, in.pos < stored.size() ? stored[in.pos] : '\0');
      }
      made_ += made.pos;
      if (made.pos > 0) GM_RETURN_IF_ERROR(out({window_.data(), made.pos}));
      inside_ = result != 0;
      full = inside_ && made.pos == made.size;
      if (!inside_) GM_RETURN_IF_ERROR(end_frame(consumed_ + in.pos));
    }
    consumed_ += stored.size();
    return {};
  }

 private:
  static constexpr std::size_t longest_header = 18;  // ZSTD_FRAMEHEADERSIZE_MAX, RFC 8878

  static constexpr int usual_window_log = 27;    // 128 MiB
  static constexpr int largest_window_log = 31;  // 2 GiB

  static bool begins_frame(char first) {
    return first == '\x28' || (static_cast<unsigned char>(first) & 0xF0U) == 0x50;  // RFC 8878: data, or to be skipped
  }

  Error frame_fault(std::size_t result, std::uint64_t at, char first) const {
    switch (ZSTD_getErrorCode(result)) {
      case ZSTD_error_frameParameter_windowTooLarge:
        return fault(at, "the Zstandard frame needs a window that is larger than the memory budget allows",
                     "give more memory (up to 2GiB for the window), or compress the file anew without --long");
      case ZSTD_error_dictionary_wrong:
        return fault(at, "the Zstandard frame was compressed with a dictionary",
                     "decompress it with its dictionary (zstd -D), or compress it anew without one");
      case ZSTD_error_prefix_unknown:
        if (ended_) return trailing(at, static_cast<unsigned char>(first));
        [[fallthrough]];
      default: return fault(at, std::string("corrupt Zstandard stream: ") + ZSTD_getErrorName(result));
    }
  }

  // The library overlooks a frame that ends early by an empty block.
  Status end_frame(std::uint64_t place) {
    ended_ = true;
    const unsigned long long told = ZSTD_getFrameContentSize(header_.data(), header_.size());
    const bool known = told != ZSTD_CONTENTSIZE_UNKNOWN && told != ZSTD_CONTENTSIZE_ERROR;
    const bool complete = !known || told == made_;
    header_.clear();
    made_ = 0;
    return complete ? Status() : fault(place, "corrupt Zstandard stream: a frame is not as long as it says");
  }

  ZSTD_DStream* stream_;
  std::string header_;      // the frame's first bytes
  std::uint64_t made_ = 0;  // bytes of the frame
};

}  // namespace

std::unique_ptr<StreamInflater> make_inflater(const InputFile& file, Compression compression,
                                              std::uint64_t longest_window) {
  if (compression == Compression::gzip) return std::make_unique<GzipInflater>(file);
  return std::make_unique<ZstandardInflater>(file, longest_window);
}

}  // namespace gristmill::source
