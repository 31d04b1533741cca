// A stream cut into lines, in pieces of any size: as a gzip or Zstandard file of any bytes, or as plain bytes
// that are compressed first (in two members), so that deep places are reached too. The lines are those that a
// plain cut of all the bytes gives, whatever the pieces; a faulty stream is the same fault for all of them.
#include <fuzzer/FuzzedDataProvider.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "require.h"
#include "source/inflate.h"
#include "source/line_assembler.h"

namespace gristmill::fuzz {
namespace {

constexpr std::size_t most_inflated = 1U << 20;       // bytes: a bomb ends here
constexpr std::uint64_t longest_window = 128U << 20;  // bytes, of a Zstandard frame

struct CutLine {
  std::uint64_t offset;
  std::uint64_t length;
  bool too_long;
  std::string text;
  bool operator==(const CutLine&) const = default;
};

struct Cut {
  std::vector<CutLine> lines;
  std::string bytes;  // decompressed
  bool good = false;
  bool bomb = false;
  std::uint64_t newlines = 0;
};

Cut cut_stream(std::string_view stored, source::Compression compression, std::uint64_t limit, std::size_t piece) {
  Cut cut;
  source::FileTally tally;
  source::LongLineGate gate;
  const source::LineCallback callback = [&](const source::SourceLine& line) -> Status {
    require(line.text.data()[line.text.size()] == '\0' || line.too_long, "a NUL follows a line");
    cut.lines.push_back({line.offset, line.length, line.too_long, std::string(line.text)});
    return {};
  };
  source::LineAssembler assembler(tally, limit, gate, callback);
  const auto take = [&](std::string_view bytes) -> Status {
    if (cut.bytes.size() + bytes.size() > most_inflated) {
      cut.bomb = true;
      return Error::input("enough");
    }
    cut.bytes.append(bytes);
    return assembler.feed(bytes);
  };
  source::InputFile file;
  file.path = "f";
  std::unique_ptr<source::Inflater> inflater;
  if (compression != source::Compression::none) inflater = source::make_inflater(file, compression, longest_window);
  const auto run = [&]() -> Status {
    for (std::size_t i = 0; i < stored.size(); i += piece) {
      const std::string part(stored.substr(i, piece));  // on its own, so that reading past it is seen
      GM_RETURN_IF_ERROR(inflater ? inflater->feed(part, take) : take(part));
    }
    if (inflater) GM_RETURN_IF_ERROR(inflater->finish(take));
    return assembler.finish();
  };
  const Status status = run();
  cut.good = status.ok();
  require(cut.good || (!status.error().message.empty() && status.error().kind == ErrorKind::input),
          "a broken stream is an input error");
  cut.newlines = tally.newlines;
  if (cut.good)
    require(tally.lines == cut.lines.size() && tally.bytes == cut.bytes.size(), "lines and bytes are counted");
  return cut;
}

std::vector<CutLine> cut_plainly(std::string_view bytes, std::uint64_t limit) {
  std::vector<CutLine> lines;
  std::size_t begin = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (begin < bytes.size()) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view line = bytes.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool too_long = line.size() > limit;
    lines.push_back(
        {begin, line.size(), too_long, std::string(too_long ? line.substr(0, source::long_line_head) : line)});
    begin = end + 1;
  }
  return lines;
}

std::string compressed(std::string_view bytes, source::Compression compression) {
  std::string out;
  if (compression == source::Compression::zstandard) {
    out.resize(ZSTD_compressBound(bytes.size()));
    out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
    return out;
  }
  z_stream stream{};
  require(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib has memory");
  out.resize(deflateBound(&stream, bytes.size()) + 32);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib has room");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  using namespace gristmill::fuzz;
  FuzzedDataProvider input(data, size);
  const auto compression = static_cast<source::Compression>(input.ConsumeIntegralInRange(0, 2));
  const bool compress_first = input.ConsumeBool();
  constexpr std::uint64_t limits[] = {0, 1, 10, 4095, 4096, 5000};
  const std::uint64_t limit = limits[input.ConsumeIntegralInRange<std::size_t>(0, std::size(limits) - 1)];
  const std::size_t piece = input.ConsumeIntegralInRange<std::size_t>(1, 64);
  const std::size_t repeats = input.ConsumeBool() ? input.ConsumeIntegralInRange<std::size_t>(1, 400) : 1;
  const std::size_t split = input.ConsumeIntegral<std::uint16_t>();
  const std::string rest = input.ConsumeRemainingBytesAsString();
  std::string bytes = rest;
  if (compression == source::Compression::none || compress_first) {
    for (std::size_t i = 1; i < repeats && bytes.size() < 20000; ++i) bytes += rest;
  }
  std::string stored = bytes;
  if (compression != source::Compression::none && compress_first) {
    const std::size_t middle = std::min(split, bytes.size());
    stored = compressed(std::string_view(bytes).substr(0, middle), compression) +
             compressed(std::string_view(bytes).substr(middle), compression);
  }
  const Cut small = cut_stream(stored, compression, limit, piece);
  const Cut whole = cut_stream(stored, compression, limit, std::max<std::size_t>(stored.size(), 1));
  if (small.bomb || whole.bomb) return 0;
  require(small.good == whole.good, "pieces do not decide whether a stream is good");
  if (!small.good) {
    require(compression != source::Compression::none && !compress_first, "what was compressed just now is good");
    return 0;
  }
  require(small.bytes == whole.bytes, "pieces do not change what comes out");
  if (compression == source::Compression::none || compress_first)
    require(small.bytes == bytes, "what went in comes out");
  require(small.lines == whole.lines && small.newlines == whole.newlines, "pieces do not change the lines");
  require(small.lines == cut_plainly(small.bytes, limit), "the lines are those of the bytes", small.bytes);
  require(small.newlines == small.lines.size(), "two ways of counting lines agree", small.bytes);
  return 0;
}
