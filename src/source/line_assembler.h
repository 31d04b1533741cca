// Cuts lines out of a stream that arrives in pieces: what inflating a file gives.
#pragma once

#include <string>
#include <vector>

#include "source/line_source.h"

namespace gristmill::source {

class LineAssembler {
 public:
  LineAssembler(FileTally& tally, std::uint64_t line_limit, LongLineGate& gate, const LineCallback& callback)
      : tally_(tally), line_limit_(line_limit), gate_(gate), callback_(callback) {}

  [[nodiscard]] Status feed(std::string_view piece);
  [[nodiscard]] Status finish();  // the stream has ended

 private:
  [[nodiscard]] Status cut_lines();
  [[nodiscard]] Status emit(std::size_t begin, std::size_t end);
  [[nodiscard]] Status emit_long(char last);
  void hold_gate();
  void skip_byte_order_mark();
  SourceLine line_at(std::uint64_t offset);

  FileTally& tally_;
  std::uint64_t line_limit_;
  LongLineGate& gate_;
  const LineCallback& callback_;
  LongLineGate::Hold alone_{gate_};  // held while a long line is pending
  std::vector<char> pending_;        // from pending_offset_ on, whole lines cut away
  std::uint64_t pending_offset_ = 0;
  std::size_t searched_ = 0;  // bytes of pending_ known to hold no '\n'
  bool started_ = false;
  bool mark_ = false;      // the stream begins with a byte-order mark
  bool skipping_ = false;  // inside a line beyond the limit: head_ and skipped_ tell of it
  std::string head_;
  std::uint64_t skipped_ = 0;  // its bytes so far
  char last_skipped_ = '\0';
  std::uint64_t total_ = 0;
  char last_byte_ = '\n';
};

}  // namespace gristmill::source
