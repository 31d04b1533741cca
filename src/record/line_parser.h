// One line in, one checked and repaired Record out, or the reason why it is rejected.
//
// The complete parser (complete_parser.h) decides; the fast path (fast_path.h) takes lines of exactly the usual shape
// and leaves every other line to it. Both give the same answer, and neither hands out an entry or a prediction before
// the whole line is known to be good.
//
// A parser is one thread's; it keeps its buffers from line to line.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "gristmill/data.h"
#include "json/json_text.h"
#include "json/stop_check.h"
#include "record/complete_parser.h"
#include "record/fast_path.h"
#include "record/names_seen.h"
#include "record/parse_rules.h"
#include "record/record.h"
#include "record/unwrapper.h"

namespace gristmill::record {

class LineParser {
 public:
  // `rules` must outlive this.
  explicit LineParser(const ParseRules& rules)
      : rules_(rules),
        unwrapper_(rules.unwrap, rules.depth_limit, stop_),
        fast_path_(rules, record_),
        complete_parser_(rules, stop_, record_) {}
  LineParser(const LineParser&) = delete;
  LineParser& operator=(const LineParser&) = delete;

  // Asked while long lines are gone through; true makes parse() and the walks below return early.
  void stop_when(std::function<bool()> should_stop) { stop_ = json::StopCheck(std::move(should_stop)); }
  // It was true: what was parsed last, or walked, is not to be used.
  bool stopped() const { return stop_.stopped(); }
  // For what is done with a line while it is walked.
  json::StopCheck& stop_check() { return stop_; }

  // Parses one line (no line end; `text_padding` readable bytes after it, the first one NUL; see
  // json/json_text.h). True: accepted, see record(); false: rejected, see rejection(). Views into the line
  // stay good as long as the line does and until the next call. `mark`: whether a byte-order mark may
  // be its beginning, or stood before it; both need a repair.
  bool parse(Dataset dataset, std::string_view line, json::MarkBefore mark = json::MarkBefore::possible);

  // Is the record of a line of that data set only a part of it?
  bool unwraps(Dataset dataset) const { return unwrapper_.is_needed(dataset); }

  // The record's text, without a byte-order mark; where none could be taken out of the line, the line's. Good as
  // long as the record is.
  std::string_view record_text() const { return record_text_; }

  // Frees what a long line took. Ends the life of the record.
  void free_memory();

  const Record& record() const { return record_; }
  // REQUIRES: the last parse() rejected its line. Whether record().profile is what the line tells all the same.
  bool profile_is_read() const { return unwrapped_ && complete_parser_.profile_is_read(); }
  const Rejection& rejection() const { return unwrapped_ ? complete_parser_.rejection() : unwrapper_.rejection(); }

  // REQUIRES: the last parse() accepted a line of that data set. Calls back in input order; an Entry or
  // Prediction is good during its call only. `early`: the entry's timestamp is earlier than the collection's.
  template <typename Callback>
  void for_each_entry(Callback&& callback) {
    if (fast_path_has_entries_) {
      fast_path_.for_each_entry(callback);
    } else {
      complete_parser_.for_each_entry(callback);
    }
  }
  void for_each_prediction(const std::function<void(const Prediction&)>& callback);
  // The unescaped names (WTF-8) of the top-level fields that are not carried into rows, each once, in their order.
  void for_each_field_not_carried(const std::function<void(std::string_view)>& callback);

 private:
  const ParseRules& rules_;
  json::StopCheck stop_;
  Record record_;  // which the two fill in
  Unwrapper unwrapper_;
  FastPath fast_path_;
  CompleteParser complete_parser_;
  NamesSeen names_seen_;
  std::string_view record_text_;
  bool is_wrapped_ = false;
  bool unwrapped_ = true;  // if it is wrapped
  bool fast_path_took_it_ = false;
  bool fast_path_has_entries_ = false;  // also of a line that the complete parser accepted
};

}  // namespace gristmill::record
