// What is pending is the beginning of one line; once it is longer than the limit only its first bytes are kept. Tested
// against reading the same bytes from a plain file in line_source_test.cc.
#include "source/line_assembler.h"

#include <cstring>

#include "json/json_text.h"
#include "storage/newlines.h"

namespace gristmill::source {

SourceLine LineAssembler::line_at(std::uint64_t offset) {
  const auto chunk = static_cast<std::size_t>(offset / chunk_size);
  if (tally_.lines_of_chunk.size() <= chunk) tally_.lines_of_chunk.resize(chunk + 1);
  SourceLine line;
  line.offset = offset;
  line.line_in_chunk = tally_.lines_of_chunk[chunk]++;
  ++tally_.lines;
  return line;
}

Status LineAssembler::feed(std::string_view piece) {
  if (piece.empty()) return {};
  total_ += piece.size();
  last_byte_ = piece.back();
  tally_.newlines += storage::count_newlines(piece);
  if (skipping_) {
    const std::size_t newline = piece.find('\n');
    const std::string_view more = piece.substr(0, newline);
    skipped_ += more.size();
    if (head_.size() <= long_line_head) head_.append(more.substr(0, long_line_head + 1 - head_.size()));
    if (!more.empty()) last_skipped_ = more.back();
    if (newline == std::string_view::npos) return {};
    GM_RETURN_IF_ERROR(emit_long(last_skipped_));
    pending_offset_ += skipped_ + 1;
    skipping_ = false;
    piece.remove_prefix(newline + 1);
  }
  pending_.insert(pending_.end(), piece.begin(), piece.end());
  return cut_lines();
}

void LineAssembler::skip_byte_order_mark() {
  started_ = true;
  if (pending_.size() >= 3 && std::memcmp(pending_.data(), "\xEF\xBB\xBF", 3) == 0) {
    pending_.erase(pending_.begin(), pending_.begin() + 3);
    pending_offset_ = 3;
    mark_ = true;
  }
}

Status LineAssembler::cut_lines() {
  if (!started_) {
    if (pending_.size() < 3) return {};
    skip_byte_order_mark();
  }
  const std::size_t size = pending_.size();
  pending_.resize(size + json::text_padding);
  std::size_t begin = 0;
  for (;;) {
    const std::size_t from = std::max(begin, searched_);
    const void* newline = std::memchr(pending_.data() + from, '\n', size - from);
    if (newline == nullptr) break;
    const auto end = static_cast<std::size_t>(static_cast<const char*>(newline) - pending_.data());
    GM_RETURN_IF_ERROR(emit(begin, end));
    begin = end + 1;
  }
  pending_.resize(size);
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(begin));
  pending_offset_ += begin;
  searched_ = pending_.size();
  hold_gate();
  if (pending_.size() > line_limit_ + 1) {
    skipping_ = true;
    head_.assign(pending_.data(), std::min(long_line_head + 1, pending_.size()));
    skipped_ = pending_.size();
    last_skipped_ = pending_.back();
    pending_ = {};
    searched_ = 0;
    hold_gate();
  }
  return {};
}

// A line that grows long holds the gate until it is handed out, and its memory goes with it.
void LineAssembler::hold_gate() {
  alone_.take_if_long(pending_.size());
  if (alone_.held() && pending_.size() <= long_line) {
    pending_.shrink_to_fit();
    alone_.let_go();
  }
}

Status LineAssembler::emit(std::size_t begin, std::size_t end) {
  const LongLineGate::Hold alone(gate_, end - begin);  // it may have come whole with the last piece
  SourceLine line = line_at(pending_offset_ + begin);
  if (end > begin && pending_[end - 1] == '\r') --end;
  pending_[end] = '\0';
  line.length = end - begin;
  line.too_long = line.length > line_limit_;
  line.text = {pending_.data() + begin,
               line.too_long ? std::min<std::size_t>(line.length, long_line_head) : line.length};
  return callback_(line);
}

Status LineAssembler::emit_long(char last) {
  SourceLine line = line_at(pending_offset_);
  line.length = skipped_ - (last == '\r' ? 1 : 0);
  line.too_long = true;
  const std::size_t kept = std::min<std::size_t>(line.length, long_line_head);  // without a last '\r'
  head_.resize(kept);
  head_.append(json::text_padding, '\0');
  line.text = std::string_view(head_).substr(0, kept);
  return callback_(line);
}

Status LineAssembler::finish() {
  tally_.bytes = total_;
  if (total_ > 0 && last_byte_ != '\n') ++tally_.newlines;
  if (skipping_) return emit_long(last_skipped_);
  if (!started_) {
    skip_byte_order_mark();
    searched_ = 0;
    GM_RETURN_IF_ERROR(cut_lines());
    if (skipping_) return emit_long(last_skipped_);
  }
  if (mark_ && total_ == 3) tally_.newlines = 0;  // a byte-order mark alone
  if (pending_.empty()) return {};
  const std::size_t size = pending_.size();
  pending_.resize(size + json::text_padding);
  return emit(0, size);
}

}  // namespace gristmill::source
