// One line in, one checked and repaired Record out, or the reason why it is rejected.
//
// The complete parser (complete_parser.cc) decides; the fast path (fast_path.cc) takes lines of
// exactly the usual shape and leaves every other line to it. Both give the same answer, and neither
// hands out an entry or a prediction before the whole line is known to be good.
//
// A parser is one thread's; it keeps its buffers from line to line.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/recipe.h"
#include "json/json_text.h"
#include "json/stop_check.h"
#include "record/column_names.h"
#include "record/entry_pattern.h"
#include "record/field_names.h"
#include "record/record.h"

namespace gristmill::record {

// What a recipe says about parsing; shared by all parsers of a run.
struct ParseRules {
  explicit ParseRules(const Recipe& recipe)
      : names(recipe),
        carry(recipe.carry),
        depth_limit(recipe.depth_limit),
        rows_limit(recipe.rows_limit),
        strict(recipe.strict) {}
  FieldNames names;
  std::vector<std::string> carry;
  std::uint32_t depth_limit;
  std::uint64_t rows_limit;  // bytes
  bool strict;
  bool fast_path = true;  // off: every line goes to the complete parser
};

class LineParser {
 public:
  explicit LineParser(const ParseRules& rules);
  LineParser(const LineParser&) = delete;
  LineParser& operator=(const LineParser&) = delete;

  // Asked while long lines are gone through; true makes parse() and the walks below return early.
  void stop_when(std::function<bool()> should_stop) { stop_ = json::StopCheck(std::move(should_stop)); }
  // It was true: what was parsed last, or walked, is not to be used.
  bool stopped() const { return stop_.stopped(); }
  // For what is done with a line while it is walked.
  json::StopCheck& stop_check() { return stop_; }

  // Parses one line (no line end; `text_padding` readable bytes after it, the first one NUL; see
  // json_text.h). True: accepted, see record(); false: rejected, see rejection(). Views into the line
  // stay good as long as the line does and until the next call.
  bool parse(Dataset dataset, std::string_view line);

  // Frees what a long line took. Ends the life of the record.
  void free_memory();

  const Record& record() const { return record_; }
  const Rejection& rejection() const { return rejection_; }

  // REQUIRES: the last parse() accepted a line of that data set. Calls back in input order; an Entry or
  // Prediction is good during its call only. `early`: the entry's timestamp is earlier than the collection's.
  template <typename Callback>
  void for_each_entry(Callback&& callback);
  void for_each_prediction(const std::function<void(const Prediction&)>& callback);
  // The unescaped names (WTF-8) of the top-level fields that are not carried into rows, in their order.
  void for_each_field_not_carried(const std::function<void(std::string_view)>& callback);

 private:
  struct EntrySpan {
    std::uint32_t begin;  // offset in the line
    std::uint32_t length : 30;
    std::uint32_t plain : 1;
    std::uint32_t early : 1;
  };
  // The name of an entry's n-th field as it was last seen: entries of a list look alike.
  struct FieldShape {
    char text[16] = {};  // `"name":` and the space after it, if there is one
    unsigned mask = 0;   // of its bytes; 0: nothing is expected
    std::uint8_t length = 0;
    bool spaced = false;
    bool timestamp = false;
  };
  static constexpr std::size_t most_shapes = 8;
  struct EntryGroup {  // the entries of one platform and type
    std::string_view platform;
    std::string_view type;
    std::size_t end;  // of its entries in spans_
  };
  struct Slot {  // where a field that is read was found
    const char* value = nullptr;
    bool alias = false;
  };

  bool parse_fast(Dataset dataset, std::string_view line);
  const char* fast_identifier(const char* p, std::string_view name, Identifier& id);
  const char* fast_behaviour(const char* p, unsigned& high);
  bool find_entries();
  bool learn_columns();
  bool is_taken(std::string_view name) const;
  const char* fast_entries(const char* p, unsigned& high);
  const char* fast_key(const char* p, unsigned& high, std::size_t index, bool& spaced, bool& timestamp);
  void add_span(const char* begin, const char* end, bool plain, bool early);
  const char* fast_prediction(const char* p, unsigned& high);
  bool parse_complete(Dataset dataset, std::string_view line);
  bool reject(Reason reason, std::string message);
  bool read_top_level(const char* object);
  bool read_metadata(const char* value);
  bool read_metadata_object(const char* object);
  void write_extra_columns(const char* object);
  void write_carried_columns();
  void find_carried_values();
  void end_columns();
  bool read_identifier(Field field, const Slot& slot, Identifier& id);
  bool check_length(Field field, std::string_view id);
  bool read_timestamp(const Slot& slot);
  bool read_timestamp_number(std::string_view number);
  bool read_behaviour(const char* value);
  bool check_behaviour(const char* object);
  bool read_payload_prediction(const char* value);
  bool check_prediction_element(const char* value);
  bool read_prediction_object(const char* object, Prediction& prediction);
  bool read_number(Field field, const char* value, std::string_view& token, std::optional<double>& number);
  void write_prediction_columns(const char* object, Prediction& prediction);
  void walk_behaviour(const std::function<void(const Entry&)>& callback);
  void walk_entries(const std::function<void(const Entry&, bool early)>& callback);
  // Do the line's rows take no more than rules_.rows_limit bytes? The first two may say no where they do, and are
  // cheaper: by the line's length, and by what the fast path found.
  bool rows_surely_fit(std::uint64_t payload) const;
  bool fast_rows_surely_fit() const;
  bool rows_fit();
  std::uint64_t shared_size() const;
  bool labels_fit();
  bool predictions_fit();
  bool is_early(const char* entry) const;
  // The object that a string encodes, or nullptr (fault set to the check's, or `invalid`).
  const char* decode_object(std::string_view token, json::JsonFault& fault);
  std::string_view keep(std::string text);
  bool is_read_at_top_level(Field field) const;

  const ParseRules& rules_;
  Dataset dataset_ = Dataset::collections;
  std::string_view line_;
  Record record_;
  Rejection rejection_;

  // What the complete parser found.
  bool fast_ = false;
  bool entries_found_ = false;  // by the fast path's walk: spans_ and groups_ tell of them
  const char* top_level_ = nullptr;
  Slot metadata_;
  Slot payload_;      // behaviour or prediction
  Slot identity_[4];  // profile_id, session_id, collection_id, timestamp
  bool ids_at_top_level_ = false;
  const char* payload_object_ = nullptr;  // a behaviour's or a single prediction's object
  const char* payload_list_ = nullptr;    // a prediction list
  std::deque<std::string> texts_;         // what a record's views point to beside the line
  std::string columns_;                   // with a '}' behind them
  ColumnNames names_of_columns_;
  std::string prediction_columns_;
  ColumnNamer entry_namer_{label_columns, "entry_"};
  ColumnNamer prediction_namer_{prediction_columns, "prediction_"};
  json::StopCheck stop_;

  // The names that the recipe carries, and where the line has them: the values of a name one after the other.
  std::string carried_text_;
  NameTable carried_names_;
  std::vector<std::string> carried_tokens_;  // by position in the recipe
  std::size_t carried_times_ = 0;            // how often at most the recipe has one of them
  std::vector<std::size_t> carried_begins_;  // by place in carried_names_, and one more: in carried_values_
  std::vector<const char*> carried_values_;

  // What the fast path found.
  std::vector<EntrySpan> spans_;
  std::vector<EntryGroup> groups_;
  std::vector<std::string> known_columns_;  // no field of shapes_ and patterns_ has one of these names
  FieldShape shapes_[most_shapes];
  EntryPattern patterns_[4];  // by the list's position in the line
  Prediction fast_prediction_;
};

template <typename Callback>
void LineParser::for_each_entry(Callback&& callback) {
  if (!entries_found_) {
    walk_entries(callback);
    return;
  }
  Entry entry;
  if (spans_.empty()) {
    entry.none = true;
    callback(entry, false);
    return;
  }
  std::size_t i = 0;
  for (const EntryGroup& group : groups_) {
    if (i == group.end) continue;
    entry.platform = group.platform;
    entry.type = group.type;
    entry.type_blank = false;
    for (; i < group.end; ++i) {
      const EntrySpan& span = spans_[i];
      entry.value = {line_.data() + span.begin, span.length};
      entry.plain = span.plain != 0;
      entry.spaced = span.plain == 0;
      callback(entry, span.early != 0);
    }
  }
}

// An unescaped text that is null or only white space counts as missing (ASCII space, \t \n \v \f \r).
std::string_view trimmed(std::string_view text);

}  // namespace gristmill::record
