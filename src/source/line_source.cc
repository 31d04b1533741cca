// A block is read with the byte before it (is it a '\n'? then a line begins at the block's start) and
// with 16 KiB after it, which mostly hold the end of its last line: one read a block. Nothing is carried
// from block to block, so blocks may be cut anywhere. memchr finds the line ends: glibc's AVX2 version
// runs at the speed of memory. Tested in line_source_test.cc with blocks down to one byte.
#include "source/line_source.h"

#include <algorithm>
#include <cstring>

#include "json/json_text.h"
#include "source/inflate.h"
#include "source/line_assembler.h"
#include "source/value_assembler.h"
#include "storage/newlines.h"
#include "storage/system_error.h"

namespace gristmill::source {
namespace {

constexpr std::uint64_t tail = 16U << 10;

}  // namespace

InputRanges::InputRanges(const std::vector<InputFile>& files) : files_(files), first_(1, 0) {
  first_.reserve(files.size() + 1);
  for (const InputFile& file : files) {
    const std::size_t ranges = is_one_range(file) ? 1 : chunks_of(file.size);
    first_.push_back(first_.back() + (file.is_known ? 0 : ranges));
    if (!file.is_known) bytes_ += file.size;
  }
}

InputRange InputRanges::operator[](std::size_t index) const {
  const auto next = std::upper_bound(first_.begin(), first_.end(), index);
  const auto file = static_cast<std::size_t>(next - first_.begin()) - 1;
  const std::uint64_t size = files_[file].size;
  if (is_one_range(files_[file])) return {static_cast<std::uint32_t>(file), 0, size};
  const std::uint64_t begin = (index - first_[file]) * chunk_size;
  return {static_cast<std::uint32_t>(file), begin, std::min(begin + chunk_size, size)};
}

InputRanges make_input_ranges(const std::vector<InputFile>& files, std::vector<FileTally>& tallies) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].is_known) continue;
    tallies[i].hash_of_chunk.resize(chunks_of(files[i].size));
    if (!is_one_range(files[i])) tallies[i].lines_of_chunk.resize(chunks_of(files[i].size));
    tallies[i].contents = files[i].contents;
  }
  return InputRanges(files);
}

std::string tree_hash_of(const std::vector<storage::Hash128, ZeroedMemory<storage::Hash128>>& hash_of_chunk) {
  std::string chunks;
  for (const storage::Hash128& hash : hash_of_chunk) chunks.append(hash.hex());
  return storage::hash128(chunks).hex();
}

Result<std::string> tree_hash_of(Storage& storage, const InputFile& file, const std::function<bool()>& should_stop) {
  GM_ASSIGN(const std::unique_ptr<ReadableFile> open, storage.open_listed(file.path, info_of(file)));
  std::vector<storage::Hash128, ZeroedMemory<storage::Hash128>> hashes(chunks_of(file.size));
  std::string chunk(chunk_size, '\0');
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (should_stop && should_stop()) return Error::interrupted();
    const std::uint64_t begin = i * chunk_size;
    const std::uint64_t length = std::min(chunk_size, file.size - begin);
    GM_ASSIGN(const std::size_t got, open->read_at(begin, chunk.data(), length));
    if (got != length) return storage::changed_while_read(file.path);
    hashes[i] = storage::hash128(std::string_view(chunk).substr(0, length));
  }
  return tree_hash_of(hashes);
}

Error LineSource::changed() const { return storage::changed_while_read(files_[file_].path); }

Status LineSource::open(std::uint32_t file) {
  if (file == file_) return {};
  GM_ASSIGN(open_file_, storage_.open_listed(files_[file].path, info_of(files_[file])));
  file_ = file;
  file_size_ = files_[file].size;
  return open_file_->size() == file_size_ ? Status{} : Status(changed());
}

Status LineSource::read(const InputRange& range, const LineCallback& callback) {
  GM_RETURN_IF_ERROR(open(range.file));
  buffer_begin_ = buffer_end_ = 0;
  std::optional<Contents> contents = files_[range.file].contents;
  if (!contents) {
    GM_ASSIGN(contents, look());
    tallies_[range.file].contents = contents;
  }
  if (*contents == Contents{}) return read_chunk(range, callback);
  return contents->framing == Framing::lines ? read_whole<LineAssembler>(range, contents->compression, callback)
                                             : read_whole<ValueAssembler>(range, contents->compression, callback);
}

// Nearly always the file is a single block, which is then read already.
Result<Contents> LineSource::look() {
  std::optional<Contents> contents;
  for (std::uint64_t length = options_.block_size; !contents; length *= 2) {
    GM_RETURN_IF_ERROR(extend(length));
    buffer_.resize(std::max<std::size_t>(buffer_.size(), buffer_end_ + json::text_padding));
    buffer_[buffer_end_] = '\0';
    GM_ASSIGN(contents,
              look_at(files_[file_], {buffer_.data(), buffer_end_}, buffer_end_ == file_size_, options_.look));
  }
  return *contents;
}

Status LineSource::read_chunk(const InputRange& range, const LineCallback& callback) {
  FileTally& tally = tallies_[range.file];
  hash_.reset();
  lines_in_chunk_ = 0;
  newlines_ = 0;
  for (std::uint64_t begin = range.begin; begin < range.end; begin += options_.block_size) {
    GM_RETURN_IF_ERROR(read_block(begin, std::min(begin + options_.block_size, range.end), callback));
  }
  const auto chunk = static_cast<std::size_t>(range.begin / chunk_size);
  tally.lines_of_chunk[chunk] = lines_in_chunk_;
  tally.hash_of_chunk[chunk] = hash_.digest();
  tally.lines += lines_in_chunk_;
  tally.newlines += newlines_;
  tally.bytes += range.end - range.begin;
  open_file_->release(range.begin, range.end);
  return {};
}

Status LineSource::extend(std::uint64_t end) {
  end = std::min(end, file_size_);
  if (end <= buffer_end_) return {};
  const std::uint64_t needed = end - buffer_begin_ + json::text_padding;
  if (buffer_.size() < needed) buffer_.resize(needed);
  const std::uint64_t length = end - buffer_end_;
  GM_ASSIGN(const std::size_t got,
            open_file_->read_at(buffer_end_, buffer_.data() + (buffer_end_ - buffer_begin_), length));
  if (got != length) return changed();
  buffer_end_ = end;
  return {};
}

Status LineSource::read_block(std::uint64_t begin, std::uint64_t end, const LineCallback& callback) {
  // The first block holds the byte-order mark, or the bytes of one must be seen again.
  const bool at_start = begin <= 3;
  if (begin != 0) buffer_begin_ = buffer_end_ = at_start ? 0 : begin - 1;
  GM_RETURN_IF_ERROR(extend(end + tail));
  const auto at = [&](std::uint64_t offset) { return buffer_.data() + (offset - buffer_begin_); };
  const std::string_view block(at(begin), end - begin);
  hash_.update(block);
  newlines_ += storage::count_newlines(block);
  const bool mark = at_start && buffer_end_ >= 3 && std::memcmp(at(0), "\xEF\xBB\xBF", 3) == 0;
  if (end == file_size_ && *at(end - 1) != '\n' && !(mark && end == 3)) ++newlines_;

  std::uint64_t line = begin;  // where the next line begins
  if (mark && begin < 3) {
    line = 3;
  } else if (begin != 0 && !(mark && begin == 3) && *at(begin - 1) != '\n') {
    const std::size_t newline = block.find('\n');
    if (newline == std::string_view::npos) return {};
    line = begin + newline + 1;
  }
  while (line < end) {
    std::uint64_t searched = line;
    LongLineGate::Hold alone(gate_);
    for (;;) {
      const void* newline = std::memchr(at(searched), '\n', buffer_end_ - searched);
      if (newline != nullptr) {
        searched = buffer_begin_ + static_cast<std::uint64_t>(static_cast<const char*>(newline) - buffer_.data());
        break;
      }
      searched = buffer_end_;
      if (searched == file_size_) break;
      if (searched - line > options_.line_limit + 1) return emit_long(line, callback);
      // Twice as much each time, but never beyond what decides that the line is too long.
      alone.take_if_long(searched - line);
      const std::uint64_t more = std::max(tail, searched - line);
      GM_RETURN_IF_ERROR(extend(std::min(searched + more, line + options_.line_limit + 2)));
    }
    GM_RETURN_IF_ERROR(emit(line, searched, callback));
    line = searched + 1;
    // A long line is its block's last: its memory goes before the gate does.
    if (alone.held()) {
      buffer_ = {};
      return {};
    }
  }
  return {};
}

Status LineSource::emit(std::uint64_t begin, std::uint64_t end, const LineCallback& callback) {
  if (buffer_.size() < end - buffer_begin_ + json::text_padding)
    buffer_.resize(end - buffer_begin_ + json::text_padding);
  char* const text = buffer_.data() + (begin - buffer_begin_);
  std::uint64_t length = end - begin;
  if (length > 0 && text[length - 1] == '\r') --length;
  text[length] = '\0';
  SourceLine line;
  line.offset = begin;
  line.line_in_chunk = lines_in_chunk_++;
  line.length = length;
  line.too_long = length > options_.line_limit;
  line.text = {text, line.too_long ? std::min<std::uint64_t>(length, long_line_head) : length};
  line.is_stored = true;
  return callback(line);
}

// A line that is longer than the limit and not all in the buffer: its end is looked for without keeping
// what comes before. It is the last that begins in its block.
Status LineSource::emit_long(std::uint64_t begin, const LineCallback& callback) {
  const char* text = buffer_.data() + (begin - buffer_begin_);
  std::string head(text, std::min<std::uint64_t>(long_line_head, buffer_end_ - begin));
  std::uint64_t position = buffer_end_;
  char last = text[buffer_end_ - begin - 1];
  std::vector<char> piece(256U << 10);
  bool ended = false;
  while (!ended && position < file_size_) {
    GM_ASSIGN(const std::size_t got, open_file_->read_at(position, piece.data(), piece.size()));
    if (got == 0) return changed();
    if (stop_.after(got)) return Error::interrupted();
    const void* newline = std::memchr(piece.data(), '\n', got);
    const std::size_t length =
        newline == nullptr ? got : static_cast<std::size_t>(static_cast<const char*>(newline) - piece.data());
    if (length > 0) last = piece[length - 1];
    position += length;
    ended = newline != nullptr;
  }
  SourceLine line;
  line.offset = begin;
  line.line_in_chunk = lines_in_chunk_++;
  line.length = position - begin - (last == '\r' ? 1 : 0);
  line.too_long = true;
  const std::size_t kept = head.size();
  head.append(json::text_padding, '\0');
  line.text = std::string_view(head).substr(0, kept);
  return callback(line);
}

std::unique_ptr<Inflater> LineSource::inflater_of(Compression compression) const {
  const std::uint64_t window = options_.look.longest_window;
  if (pool_ != nullptr) return make_inflater_ahead(files_[file_], compression, window, *pool_);
  return make_inflater(files_[file_], compression, window);
}

template <typename Assembler>
Status LineSource::read_whole(const InputRange& range, Compression compression, const LineCallback& callback) {
  FileTally& tally = tallies_[range.file];
  const bool plain = compression == Compression::none;
  const LineCallback stored = [&](const SourceLine& line) {
    SourceLine told = line;
    told.is_stored = plain;
    return callback(told);
  };
  Assembler lines(tally, options_.line_limit, gate_, stored);
  const auto use = [&](std::string_view piece) -> Status {
    if (stop_.after(piece.size())) return Error::interrupted();
    return lines.feed(piece);
  };
  const std::unique_ptr<Inflater> inflater = plain ? nullptr : inflater_of(compression);
  hash_.reset();
  for (std::uint64_t begin = 0; begin < file_size_;) {
    const std::uint64_t chunk_end = std::min((begin / chunk_size + 1) * chunk_size, file_size_);
    const std::uint64_t end = std::min(begin + options_.block_size, chunk_end);
    if (end > buffer_end_) buffer_begin_ = buffer_end_ = begin;
    GM_RETURN_IF_ERROR(extend(end));
    const std::string_view bytes(buffer_.data() + (begin - buffer_begin_), end - begin);
    hash_.update(bytes);
    GM_RETURN_IF_ERROR(plain ? use(bytes) : inflater->feed(bytes, use));
    if (end == chunk_end) {
      tally.hash_of_chunk[static_cast<std::size_t>(begin / chunk_size)] = hash_.digest();
      hash_.reset();
    }
    open_file_->release(begin, end);
    begin = end;
  }
  if (!plain) GM_RETURN_IF_ERROR(inflater->finish(use));
  return lines.finish();
}

}  // namespace gristmill::source
