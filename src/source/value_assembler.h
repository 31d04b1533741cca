// Cuts JSON values out of a stream that arrives in pieces: a file whose framing is `values`.
//
// Values stand over any number of lines, with white space, commas or U+001E between them; an array at the top level is
// replaced by its elements. Nothing is judged here: what is no JSON is handed out as well, as far as the contract says
// that it reaches, and rejected by whoever parses it. Each byte is looked at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/bracket_scanner.h"
#include "source/line_source.h"
#include "source/token_scanner.h"

namespace gristmill::source {

class ValueAssembler {
 public:
  ValueAssembler(FileTally& tally, std::uint64_t line_limit, LongLineGate& gate, const LineCallback& callback)
      : tally_(tally), line_limit_(line_limit), gate_(gate), callback_(callback) {}

  [[nodiscard]] Status feed(std::string_view piece);
  [[nodiscard]] Status finish();  // the stream has ended

 private:
  // Where the next byte stands: between values, in one between brackets, in a string, in a token without quotes, or in
  // what is none of these and ends with its line.
  enum class State : std::uint8_t { between, brackets, string, token, garbage };

  [[nodiscard]] Status cut(bool last);
  // Each looks at bytes from position_ on, and says false where it needs more of them than there are.
  bool skip_start(bool last);
  [[nodiscard]] Status begin_value(bool last, bool& enough);
  [[nodiscard]] Status go_on_in_brackets();
  [[nodiscard]] Status go_on_in_string();
  [[nodiscard]] Status go_on_in_token();
  [[nodiscard]] Status go_on_in_garbage();

  void begin_at(std::size_t index);  // a value
  [[nodiscard]] Status emit();       // from value_offset_ to position_
  void drop_what_is_done();
  void count_lines_to(std::uint64_t offset);
  std::uint64_t offset_of(std::size_t index) const { return pending_offset_ + index; }

  FileTally& tally_;
  std::uint64_t line_limit_;
  LongLineGate& gate_;
  const LineCallback& callback_;
  LongLineGate::Hold alone_{gate_};  // held while a long value is pending

  std::vector<char> pending_;  // from pending_offset_ on; behind its size_ bytes, padding
  std::size_t size_ = 0;
  std::uint64_t pending_offset_ = 0;
  std::size_t position_ = 0;  // in pending_: what comes before was looked at
  State state_ = State::between;
  bool started_ = false;
  bool in_array_ = false;
  std::uint64_t value_offset_ = 0;   // where the value begins that we are in
  std::uint32_t line_in_chunk_ = 0;  // the number of its line there
  std::size_t mark_ = 0;             // bytes of a byte-order mark at its beginning
  json::BracketScanner brackets_{'{'};
  TokenScanner token_;
  bool escaped_ = false;   // in a string: the next byte
  bool skipping_ = false;  // the value is beyond the limit: head_ is what is kept of it
  std::string head_;

  std::uint64_t lines_counted_ = 0;  // up to this offset
  std::uint64_t covered_ = 0;        // bytes of values and of what stands between them
};

}  // namespace gristmill::source
