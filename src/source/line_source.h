// Reads input files as lines: blocks of bytes in, whole lines with their place out. A JSON value takes the place of a
// line in a file whose framing is `values`.
//
// A plain file of lines is read in ranges of one chunk (1 MiB), so that several workers share a large file: a
// line belongs to the chunk that holds its first byte, and whoever has that chunk reads on to the
// line's end. Any other file is one range. Along the way each chunk's lines, newlines and stored
// bytes are counted and hashed, by other code than that which cuts lines: the accounting compares the
// two, and `inputs_id` is made of the hashes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "json/json_text.h"
#include "json/stop_check.h"
#include "source/first_bytes.h"
#include "source/inflate_ahead.h"
#include "source/input_files.h"
#include "source/long_line_gate.h"
#include "source/zeroed_memory.h"
#include "storage/hash.h"

namespace gristmill::source {

inline constexpr std::uint64_t chunk_size = 1U << 20;  // of line numbers and of the tree hash, bytes
// Of so many bytes; the last may be short.
constexpr std::size_t chunks_of(std::uint64_t bytes) { return (bytes + chunk_size - 1) / chunk_size; }
inline constexpr std::size_t long_line_head = 4U << 10;  // bytes kept of a line beyond the limit

struct SourceLine {
  std::uint64_t offset = 0;         // of its first byte in the decompressed file
  std::uint32_t line_in_chunk = 0;  // lines that begin before it in the same chunk of the decompressed file
  std::string_view text;            // without line end, `text_padding` readable bytes after it, the first NUL;
                                    // of a line beyond the limit the first long_line_head bytes
  std::uint64_t length = 0;         // of the whole line
  bool too_long = false;
  bool is_value = false;   // of a file whose framing is `values`
  bool is_marked = false;  // of such a file: a byte-order mark stands directly before it
  bool is_stored = false;  // it stands in the stored file as it is here, at this offset
};

// A mark before the first line of a file is skipped before the line is cut; one before any other is left for the
// parser.
inline json::MarkBefore mark_before(const SourceLine& line) {
  if (line.is_value) return line.is_marked ? json::MarkBefore::yes : json::MarkBefore::no;
  const bool begins_file = line.offset <= json::byte_order_mark.size() && line.line_in_chunk == 0;
  return begins_file ? json::MarkBefore::no : json::MarkBefore::possible;
}

// Nothing but spaces and tabs, behind a byte-order mark too. No value is.
inline bool is_blank(const SourceLine& line) {
  if (line.is_value || line.too_long) return false;
  std::string_view text = line.text;
  if (mark_before(line) == json::MarkBefore::possible && text.starts_with(json::byte_order_mark)) {
    text.remove_prefix(json::byte_order_mark.size());
  }
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

// A callback's line is good during the call.
using LineCallback = std::function<Status(const SourceLine&)>;

// What was seen of one file. Filled by several workers, each its own chunks.
struct FileTally {
  std::optional<Contents> contents;  // what was found; nothing was if nothing was read
  std::vector<std::uint32_t, ZeroedMemory<std::uint32_t>> lines_of_chunk;       // by chunk of the decompressed file
  std::vector<storage::Hash128, ZeroedMemory<storage::Hash128>> hash_of_chunk;  // by chunk of the stored file
  std::atomic<std::uint64_t> newlines{0};  // '\n' bytes, and 1 for a last line without
  std::atomic<std::uint64_t> lines{0};     // lines handed out
  std::atomic<std::uint64_t> bytes{0};     // decompressed
  std::atomic<std::uint64_t> covered{0};   // bytes in values and between them, where the framing is `values`
};

// Part of a file for one worker. InputRanges are made in input order and must be read in an order that keeps
// each worker's lines in input order.
struct InputRange {
  std::uint32_t file = 0;
  std::uint64_t begin = 0;  // stored bytes
  std::uint64_t end = 0;
};

// All ranges of some files, made when they are asked for: of a file of terabytes there are millions, and a server may
// say that it has one. The files must stay.
class InputRanges {
 public:
  explicit InputRanges(const std::vector<InputFile>& files);
  std::size_t size() const { return first_.back(); }
  InputRange operator[](std::size_t index) const;  // REQUIRES: index < size()
  std::uint64_t bytes() const { return bytes_; }

 private:
  const std::vector<InputFile>& files_;
  std::vector<std::size_t> first_;  // by file, and behind the last
  std::uint64_t bytes_ = 0;
};

// Makes room in the tallies for what the reading of these files fills in.
InputRanges make_input_ranges(const std::vector<InputFile>& files, std::vector<FileTally>& tallies);

struct SourceOptions {
  std::uint64_t line_limit = 64U << 20;
  std::uint64_t block_size = chunk_size;  // bytes read at once; tests go down to 1
  LookOptions look = {};
  AheadLimits ahead = {};
};

// The hash of a stored file: of the hexadecimal hashes of its chunks, 32 digits.
std::string tree_hash_of(const std::vector<storage::Hash128, ZeroedMemory<storage::Hash128>>& hash_of_chunk);
// The same of a file that is read for it.
[[nodiscard]] Result<std::string> tree_hash_of(Storage& storage, const InputFile& file,
                                               const std::function<bool()>& should_stop);

class LineSource {
 public:
  // `gate` is held while a long line is read and handed out.
  LineSource(Storage& storage, const std::vector<InputFile>& files, std::vector<FileTally>& tallies,
             SourceOptions options, LongLineGate& gate)
      : storage_(storage), files_(files), tallies_(tallies), options_(options), gate_(gate) {}

  // Asked while bytes go by that make no line; true makes read() return early with an error. Optional.
  void stop_when(std::function<bool()> should_stop) { stop_ = json::StopCheck(std::move(should_stop)); }
  // Others of the pool help with compressed files. Optional.
  void inflate_with(InflatePool& pool) { pool_ = &pool; }

  [[nodiscard]] Status read(const InputRange& range, const LineCallback& callback);

 private:
  [[nodiscard]] Status open(std::uint32_t file);
  [[nodiscard]] Status read_chunk(const InputRange& range, const LineCallback& callback);
  [[nodiscard]] Status read_block(std::uint64_t begin, std::uint64_t end, const LineCallback& callback);
  std::unique_ptr<Inflater> inflater_of(Compression compression) const;
  // All of a file, its bytes one after the other.
  template <typename Assembler>
  [[nodiscard]] Status read_whole(const InputRange& range, Compression compression, const LineCallback& callback);
  // What the file that is open holds; the bytes that tell it stay in the buffer.
  Result<Contents> look();
  // Makes the buffer hold the file's bytes [buffer_begin_, end), as far as the file has them.
  [[nodiscard]] Status extend(std::uint64_t end);
  [[nodiscard]] Status emit(std::uint64_t begin, std::uint64_t end, const LineCallback& callback);
  [[nodiscard]] Status emit_long(std::uint64_t begin, const LineCallback& callback);
  Error changed() const;

  Storage& storage_;
  const std::vector<InputFile>& files_;
  std::vector<FileTally>& tallies_;
  SourceOptions options_;
  LongLineGate& gate_;
  json::StopCheck stop_;
  InflatePool* pool_ = nullptr;

  std::uint32_t file_ = ~std::uint32_t{0};
  std::unique_ptr<ReadableFile> open_file_;
  std::uint64_t file_size_ = 0;
  std::vector<char> buffer_;
  std::uint64_t buffer_begin_ = 0;  // file offset of buffer_[0]
  std::uint64_t buffer_end_ = 0;    // file offset behind what was read
  storage::StreamHash hash_;
  std::uint32_t lines_in_chunk_ = 0;
  std::uint64_t newlines_ = 0;
};

}  // namespace gristmill::source
