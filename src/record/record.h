// One line, checked and repaired: what the complete parser (or the fast path for it) makes of it.
//
// A Record's views point into the line, or into texts that its parser keeps until the next line.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gristmill/data.h"

namespace gristmill::record {

class RepairSet {
 public:
  void add(Repair repair) { bits_ |= 1U << static_cast<unsigned>(repair); }
  bool has(Repair repair) const { return (bits_ >> static_cast<unsigned>(repair) & 1U) != 0; }
  bool empty() const { return bits_ == 0; }
  std::uint32_t bits() const { return bits_; }
  Repair first() const { return static_cast<Repair>(__builtin_ctz(bits_)); }  // REQUIRES: !empty()

 private:
  static_assert(repair_count <= 32);
  std::uint32_t bits_ = 0;
};

struct Rejection {
  Reason reason = Reason::invalid_json;
  std::string message;  // for people: what is wrong and where
};

// An id. `spelling` is the text between the quotes, verbatim and trimmed; `text` is it unescaped.
struct Identifier {
  std::string_view spelling;
  std::string_view text;
  bool null = true;                              // written as null
  bool missing() const { return text.empty(); }  // absent, null or blank
};

class ColumnNames;

// A collection's entries whose timestamp is in another unit than the collection's, by that unit.
struct EntryUnits {
  std::uint64_t seconds = 0;
  std::uint64_t microseconds = 0;
  std::uint64_t nanoseconds = 0;

  bool none() const { return (seconds | microseconds | nanoseconds) == 0; }
  // `entry`: a timestamp; `time`: the collection's, in milliseconds. Near in a unit is: half to twice as much.
  void add(double entry, double time) {
    const auto is_near = [&](double scaled) { return entry >= scaled * 0.5 && entry <= scaled * 2; };
    seconds += is_near(time / 1000) ? 1 : 0;
    microseconds += is_near(time * 1000) ? 1 : 0;
    nanoseconds += is_near(time * 1000000) ? 1 : 0;
  }
};

struct Record {
  Identifier profile;
  Identifier session;
  Identifier collection;
  std::string_view timestamp = "null";  // JSON
  std::optional<double> time;           // the timestamp's value: milliseconds since 1970
  std::string_view columns;             // extra metadata and carried fields: `,"name":value` each, final and compact
  const ColumnNames* column_names = nullptr;  // theirs; nullptr: there are none
  RepairSet repairs;
  std::span<const char> carried_here;  // by name in the recipe's `carry`: 1 if the line has such a field; or empty
  EntryUnits entry_units;              // known once all entries were walked
  std::string_view dotted_key;   // JSON: the first name of a field not carried that begins with `metadata.` or the like
  std::uint8_t ids_beside = 0;   // bit i: an id stands beside a metadata object; 0 to 2: profile, session, collection
  bool payload_missing = false;  // it has no field behaviour (of a prediction: prediction), not even a null one
  bool other_payload = false;    // it has the other data set's
  bool fields_not_carried = false;  // the line has such fields (see LineParser::for_each_field_not_carried)

  // Does the line belong to a session of a profile? Sessions are told apart by both.
  bool in_session() const { return !profile.missing() && !session.missing(); }
};

// One prediction of a line. Views as in Record.
struct Prediction {
  std::string_view model_name = "null";  // JSON, verbatim
  std::string_view model;                // unescaped; empty if missing
  bool model_blank = true;               // null or blank
  std::string_view score = "null";       // JSON
  std::string_view confidence = "null";
  std::optional<double> score_value;
  std::optional<double> confidence_value;
  bool more_fields = false;
  std::string_view columns;  // the other fields, if there are more: `,"name":value` each, final and compact
};

// One entry of a collection's behaviour: what becomes a row.
struct Entry {
  std::string_view platform = "null";  // JSON, verbatim
  std::string_view type = "null";
  bool type_blank = true;
  bool none = false;       // the collection has no entry at all: no fields
  std::string_view value;  // the entry, verbatim
  bool plain = false;      // an object without white space, NaN or a field to rename: splice as it stands
  bool spaced = false;     // the same, but with white space
};

}  // namespace gristmill::record
