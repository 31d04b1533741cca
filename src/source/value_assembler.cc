// A state for each kind of value, so that a piece may end anywhere. Tested in value_assembler_test.cc against a cutter
// that has the whole text before it.
#include "source/value_assembler.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "json/json_text.h"
#include "storage/newlines.h"

namespace gristmill::source {
namespace {

constexpr std::size_t longest_mark = json::byte_order_mark.size();

bool ends_token(char c) { return separates_values(c) || c == '{' || c == '}' || c == '[' || c == ']' || c == '"'; }

}  // namespace

Status ValueAssembler::feed(std::string_view piece) {
  if (piece.empty()) return {};
  tally_.bytes += piece.size();
  pending_.resize(size_);
  pending_.insert(pending_.end(), piece.begin(), piece.end());
  return cut(false);
}

Status ValueAssembler::cut(bool last) {
  size_ = pending_.size();
  pending_.resize(size_ + json::text_padding);
  bool enough = skip_start(last);
  while (enough && position_ < size_) {
    switch (state_) {
      case State::between: GM_RETURN_IF_ERROR(begin_value(last, enough)); break;
      case State::brackets: GM_RETURN_IF_ERROR(go_on_in_brackets()); break;
      case State::string: GM_RETURN_IF_ERROR(go_on_in_string()); break;
      case State::token: GM_RETURN_IF_ERROR(go_on_in_token()); break;
      case State::garbage: GM_RETURN_IF_ERROR(go_on_in_garbage()); break;
    }
  }
  drop_what_is_done();
  return {};
}

bool ValueAssembler::skip_start(bool last) {
  if (started_) return true;
  if (size_ < json::byte_order_mark.size() && !last) return false;
  started_ = true;
  if (std::string_view(pending_.data(), size_).starts_with(json::byte_order_mark)) {
    position_ = json::byte_order_mark.size();
    covered_ = json::byte_order_mark.size();
  }
  return true;
}

Status ValueAssembler::begin_value(bool last, bool& enough) {
  const std::size_t from = position_;
  while (position_ < size_ && separates_values(pending_[position_])) ++position_;
  covered_ += position_ - from;
  if (position_ == size_) return {};

  std::size_t mark = 0;  // length of a byte-order mark before the value
  if (pending_[position_] == json::byte_order_mark[0]) {
    if (size_ - position_ <= json::byte_order_mark.size() && !last) {
      enough = false;
      return {};
    }
    const std::string_view rest(pending_.data() + position_, size_ - position_);
    if (rest.starts_with(json::byte_order_mark)) mark = json::byte_order_mark.size();
  }
  const char first = pending_[position_ + mark];
  if ((first == '[' && !in_array_) || (first == ']' && in_array_ && mark == 0)) {
    in_array_ = first == '[';
    position_ += mark + 1;
    covered_ += mark + 1;
    return {};
  }
  begin_at(position_);
  mark_ = mark;
  position_ += mark;
  if (first == '{' || first == '[') {
    brackets_ = json::BracketScanner(first);
    ++position_;
    state_ = State::brackets;
  } else if (first == '"') {
    escaped_ = false;
    ++position_;
    state_ = State::string;
  } else if (first == ']' && mark == 0) {
    ++position_;
    return emit();
  } else {
    token_ = {};
    state_ = State::token;
  }
  return {};
}

void ValueAssembler::begin_at(std::size_t index) {
  value_offset_ = offset_of(index);
  count_lines_to(value_offset_);
  line_in_chunk_ = tally_.lines_of_chunk[static_cast<std::size_t>(value_offset_ / chunk_size)];
}

Status ValueAssembler::go_on_in_brackets() {
  const std::size_t end = brackets_.scan({pending_.data() + position_, size_ - position_});
  position_ = end == 0 ? size_ : position_ + end;
  return end == 0 ? Status() : emit();
}

Status ValueAssembler::go_on_in_string() {
  while (position_ < size_) {
    const char c = pending_[position_];
    if (c == '\n') {
      state_ = State::garbage;
      return {};
    }
    ++position_;
    if (c == '"' && !escaped_) return emit();
    escaped_ = c == '\\' && !escaped_;
  }
  return {};
}

Status ValueAssembler::go_on_in_token() {
  for (; position_ < size_; ++position_) {
    if (ends_token(pending_[position_])) {
      if (token_.is_token()) return emit();
      state_ = State::garbage;
      return {};
    }
    token_.add(pending_[position_]);
    if (!token_.can_be_token()) {
      state_ = State::garbage;
      return {};
    }
  }
  return {};
}

Status ValueAssembler::go_on_in_garbage() {
  const void* newline = std::memchr(pending_.data() + position_, '\n', size_ - position_);
  position_ =
      newline == nullptr ? size_ : static_cast<std::size_t>(static_cast<const char*>(newline) - pending_.data());
  return newline == nullptr ? Status() : emit();
}

Status ValueAssembler::emit() {
  const bool ends_with_line = state_ == State::garbage;
  state_ = State::between;
  // A mark stands before what is a value; what is none begins with it.
  const std::size_t mark = ends_with_line ? 0 : mark_;
  if ((value_offset_ + mark) / chunk_size != value_offset_ / chunk_size) line_in_chunk_ = 0;
  value_offset_ += mark;
  covered_ += mark;
  mark_ = 0;
  std::uint64_t length = offset_of(position_) - value_offset_;
  covered_ += length;
  if (ends_with_line && length > 0 && pending_[position_ - 1] == '\r') --length;

  SourceLine line;
  line.offset = value_offset_;
  line.line_in_chunk = line_in_chunk_;
  line.length = length;
  line.too_long = length > line_limit_;
  line.is_value = true;
  line.is_marked = mark != 0;
  ++tally_.lines;
  const std::size_t kept = line.too_long ? std::min<std::size_t>(length, long_line_head) : length;
  if (std::exchange(skipping_, false)) {
    head_.erase(0, mark);
    head_.resize(kept);
    head_.append(json::text_padding, '\0');
    line.text = std::string_view(head_).substr(0, kept);
    return callback_(line);
  }
  const LongLineGate::Hold alone(gate_, length);  // it may have come whole with the last piece
  char* const text = pending_.data() + (value_offset_ - pending_offset_);
  line.text = {text, kept};
  const char behind = std::exchange(text[kept], '\0');  // the next value may begin there
  GM_RETURN_IF_ERROR(callback_(line));
  text[kept] = behind;
  return {};
}

// A value that grows long holds the gate until it is handed out, and its memory goes with it. Of one beyond the limit a
// byte is left, which may be a '\r' before a line's end.
void ValueAssembler::drop_what_is_done() {
  const bool inside = state_ != State::between;
  if (inside && !skipping_ &&
      offset_of(position_) - value_offset_ > std::max<std::uint64_t>(line_limit_, long_line_head) + longest_mark + 1) {
    skipping_ = true;
    head_.assign(pending_.data() + (value_offset_ - pending_offset_), long_line_head + longest_mark);
  }
  std::size_t done = position_;
  if (skipping_) {
    done = position_ - 1;
  } else if (inside) {
    done = static_cast<std::size_t>(value_offset_ - pending_offset_);
  }
  count_lines_to(std::max(lines_counted_, offset_of(done)));
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
  pending_offset_ += done;
  position_ -= done;
  size_ -= done;
  alone_.take_if_long(size_);
  if (alone_.held() && size_ <= long_line) {
    pending_.shrink_to_fit();
    alone_.let_go();
  }
}

// Adds the newlines up to there to those of their chunks: a value's number is that of the line it begins on.
// REQUIRES: lines_counted_ <= offset, and pending_ holds what lies between.
void ValueAssembler::count_lines_to(std::uint64_t offset) {
  const auto chunk_of = [](std::uint64_t at) { return static_cast<std::size_t>(at / chunk_size); };
  if (tally_.lines_of_chunk.size() <= chunk_of(offset)) tally_.lines_of_chunk.resize(chunk_of(offset) + 1);
  while (lines_counted_ < offset) {
    const std::size_t chunk = chunk_of(lines_counted_);
    const std::uint64_t end = std::min(offset, (chunk + 1) * chunk_size);
    const std::string_view bytes(pending_.data() + (lines_counted_ - pending_offset_), end - lines_counted_);
    tally_.lines_of_chunk[chunk] += static_cast<std::uint32_t>(storage::count_newlines(bytes));
    lines_counted_ = end;
  }
}

Status ValueAssembler::finish() {
  pending_.resize(size_);
  GM_RETURN_IF_ERROR(cut(true));
  if (state_ != State::between) {
    const bool whole = state_ == State::brackets || (state_ == State::token && token_.is_token());
    if (!whole) state_ = State::garbage;
    GM_RETURN_IF_ERROR(emit());
  }
  if (in_array_) {  // the missing ']'
    begin_at(position_);
    GM_RETURN_IF_ERROR(emit());
  }
  tally_.covered += covered_;
  return {};
}

}  // namespace gristmill::source
