// The fast path: takes lines of exactly the usual shape, and leaves every other to the complete parser. It never
// rejects, and what it takes it understands as the complete parser would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/data.h"
#include "record/entry_pattern.h"
#include "record/parse_rules.h"
#include "record/record.h"

namespace gristmill::record {

// One thread's. What it knows of lines are places in them: the last line must stay while they are asked for.
class FastPath {
 public:
  // Both must outlive this.
  FastPath(const ParseRules& rules, Record& record) : rules_(rules), record_(record) {}
  FastPath(const FastPath&) = delete;
  FastPath& operator=(const FastPath&) = delete;

  // True: the line is good and needs no repair; the record's ids and time are set, and its entries or its prediction
  // are known. REQUIRES: the record has no columns, and no repairs.
  bool parse(Dataset dataset, std::string_view line);

  // Finds the entries of a line that the complete parser made the record of; `behaviour`: its object, nullptr if there
  // is none. False: some are not of the usual shape.
  bool find_entries(std::string_view line, const char* behaviour);

  // REQUIRES: parse() of a collection or find_entries() was true last. Calls back in input order, once for `none` where
  // there is no entry; an Entry is good during its call. `early`: its timestamp is earlier than the record's.
  template <typename Callback>
  void for_each_entry(Callback&& callback) const;

  // REQUIRES: parse() of a prediction was true last.
  const Prediction& prediction() const { return prediction_; }

 private:
  struct EntrySpan {
    std::uint32_t begin;  // offset in the line
    std::uint32_t length : 30;
    std::uint32_t plain : 1;
    std::uint32_t early : 1;
  };
  struct EntryGroup {  // the entries of one platform and type
    std::string_view platform;
    std::string_view type;
    std::size_t end;  // of its entries in spans_
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

  template <std::size_t n>
  static const char* read_identifier(const char* p, const char (&name)[n], Identifier& id, unsigned& high);
  const char* read_behaviour(const char* p, unsigned& high);
  const char* read_entries(const char* p, unsigned& high);
  const char* read_key(const char* p, unsigned& high, std::size_t index, bool& spaced, bool& timestamp);
  void add_span(const char* begin, const char* end, bool plain, bool early);
  const char* read_prediction(const char* p, unsigned& high);
  bool is_taken(std::string_view name) const;
  bool learn_columns();
  bool found_rows_surely_fit(Dataset dataset) const;

  const ParseRules& rules_;
  Record& record_;
  std::string_view line_;
  std::vector<EntrySpan> spans_;
  std::vector<EntryGroup> groups_;
  std::vector<std::string> known_columns_;  // no field of shapes_ and patterns_ has one of these names
  FieldShape shapes_[most_shapes];
  EntryPattern patterns_[4];  // by the list's position in the line
  Prediction prediction_;
};

template <typename Callback>
void FastPath::for_each_entry(Callback&& callback) const {
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

}  // namespace gristmill::record
