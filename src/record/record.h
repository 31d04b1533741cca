// One line, checked and repaired: what the complete parser (or the fast path for it) makes of it.
//
// A Record's views point into the line, or into texts that its parser keeps until the next line.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gristmill {

enum class Dataset : std::uint8_t { collections, predictions };
inline constexpr std::size_t dataset_count = 2;
inline constexpr std::array<std::string_view, dataset_count> dataset_names = {"collections", "predictions"};
inline std::string_view name_of(Dataset dataset) { return dataset_names[static_cast<std::size_t>(dataset)]; }

// In the order of the data contract's table: `strict` names the first.
enum class Repair : std::uint8_t {
  alias, metadata_at_top_level, metadata_from_string, behaviour_from_string, prediction_from_string, id_from_number,
  id_trimmed, timestamp_from_string, timestamp_from_iso8601, timestamp_from_seconds, score_from_string,
  confidence_from_string, nan_to_null, entry_not_in_list, platform_missing, prediction_list
};
inline constexpr std::size_t repair_count = 16;
inline constexpr std::array<std::string_view, repair_count> repair_names = {
    "alias", "metadata_at_top_level", "metadata_from_string", "behaviour_from_string", "prediction_from_string",
    "id_from_number", "id_trimmed", "timestamp_from_string", "timestamp_from_iso8601", "timestamp_from_seconds",
    "score_from_string", "confidence_from_string", "nan_to_null", "entry_not_in_list", "platform_missing",
    "prediction_list"};

class RepairSet {
 public:
  void add(Repair repair) { bits_ |= 1U << static_cast<unsigned>(repair); }
  bool has(Repair repair) const { return (bits_ >> static_cast<unsigned>(repair) & 1U) != 0; }
  bool empty() const { return bits_ == 0; }
  std::uint32_t bits() const { return bits_; }
  Repair first() const { return static_cast<Repair>(__builtin_ctz(bits_)); }  // REQUIRES: !empty()

 private:
  std::uint32_t bits_ = 0;
};

// Why a line is rejected. The repairs' names follow the rejections' own: in `strict` they are reasons too.
enum class Reason : std::uint8_t {
  invalid_json, invalid_utf8, not_an_object, metadata_not_object, behaviour_not_object, prediction_not_object,
  id_not_scalar, timestamp_invalid, score_not_number, confidence_not_number, model_name_not_string, duplicate_key,
  line_too_long, too_deep, id_too_long, partition_name_too_long, rows_too_large, first_repair
};
inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::first_repair) + repair_count;
inline constexpr std::array<std::string_view, static_cast<std::size_t>(Reason::first_repair)> rejection_names = {
    "invalid_json", "invalid_utf8", "not_an_object", "metadata_not_object", "behaviour_not_object",
    "prediction_not_object", "id_not_scalar", "timestamp_invalid", "score_not_number", "confidence_not_number",
    "model_name_not_string", "duplicate_key", "line_too_long", "too_deep", "id_too_long", "partition_name_too_long",
    "rows_too_large"};
inline Reason reason_of(Repair repair) {
  return static_cast<Reason>(static_cast<unsigned>(Reason::first_repair) + static_cast<unsigned>(repair));
}
inline std::string_view name_of(Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  return index < rejection_names.size() ? rejection_names[index] : repair_names[index - rejection_names.size()];
}

struct Rejection {
  Reason reason = Reason::invalid_json;
  std::string message;  // for people: what is wrong and where
};

inline constexpr std::size_t id_limit = 64U << 10;  // bytes of an id's text

// An id. `spelling` is the text between the quotes, verbatim and trimmed; `text` is it unescaped.
struct Identifier {
  std::string_view spelling;
  std::string_view text;
  bool null = true;  // written as null
  bool missing() const { return text.empty(); }  // absent, null or blank
};

class ColumnNames;

struct Record {
  Identifier profile;
  Identifier session;
  Identifier collection;
  std::string_view timestamp = "null";  // JSON
  std::optional<double> time;           // the timestamp's value: milliseconds since 1970
  std::string_view columns;             // extra metadata and carried fields: `,"name":value` each, final and compact
  const ColumnNames* column_names = nullptr;  // theirs; nullptr: there are none
  RepairSet repairs;
  bool fields_not_carried = false;  // the line has such fields (see LineParser::for_each_field_not_carried)
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
  bool none = false;        // the collection has no entry at all: no fields
  std::string_view value;   // the entry, verbatim
  bool plain = false;       // an object without white space, NaN or a field to rename: splice as it stands
  bool spaced = false;      // the same, but with white space
};

}  // namespace gristmill
