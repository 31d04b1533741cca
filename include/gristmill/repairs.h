// Every repair, as a row of one table: its name, where it is needed, an example, and what to do about it where the data
// is made. The rows stand in the order of the data contract's table; `strict` names the first.
//
// A VALUE row has the rule for values of a kind (src/record/value_repairs.cc has the rules; the parser applies them
// by this table). A STRUCTURE row is a step of the complete parser, which names it (src/record/complete_parser.cc).
// Reports, `generate`, completions and the tests that go through all repairs take theirs from here, so that to add one
// is a row, its rule, a test and its row in docs/guide/data-contract.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gristmill {

// STRUCTURE(name, lines that may need it, a line that needs it, advice)
// VALUE(name, values that may need it, its rule, such a value, advice)
// clang-format off: a row that is added leaves the others as they are
#define GRISTMILL_REPAIRS(STRUCTURE, VALUE) \
  STRUCTURE(alias, both, R"({"metadata":{"profileId":"p"}})", \
            "Write the canonical names (profile_id, session_id, ...), or list this spelling under aliases to say " \
            "that it is meant.") \
  STRUCTURE(metadata_at_top_level, both, R"({"profile_id":"p"})", \
            "Put the ids into an object metadata.") \
  STRUCTURE(metadata_from_string, both, R"({"metadata":"{\"profile_id\":\"p\"}"})", \
            "The object was encoded twice: hand it to the JSON encoder as an object, not as text.") \
  STRUCTURE(behaviour_from_string, collections, R"({"behaviour":"{\"web\":{\"swipes\":[]}}"})", \
            "The object was encoded twice: hand it to the JSON encoder as an object, not as text.") \
  STRUCTURE(prediction_from_string, predictions, R"({"prediction":"{\"score\":0.93}"})", \
            "The object was encoded twice: hand it to the JSON encoder as an object, not as text.") \
  VALUE(id_from_number, identifier, digits_as_text, "7", \
        "Write ids as strings: a number loses leading zeros and, beyond 2^53, digits.") \
  VALUE(id_trimmed, identifier, without_white_space, R"(" p\t")", \
        "Trim ids before they are written; check where the white space comes from.") \
  VALUE(timestamp_from_string, timestamp, number_in_string, R"("1747299119000")", \
        "Write timestamps as numbers, without quotes.") \
  VALUE(timestamp_from_iso8601, timestamp, milliseconds_of_date, R"("2025-05-15T08:51:59Z")", \
        "Write timestamps as milliseconds since 1970 UTC.") \
  VALUE(timestamp_from_seconds, timestamp, milliseconds_of_seconds, "1747299119", \
        "Write milliseconds; this writer counts in seconds.") \
  VALUE(score_from_string, score, number_in_string, R"("0.93")", \
        "Write scores as numbers, without quotes.") \
  VALUE(confidence_from_string, confidence, number_in_string, R"("0.8")", \
        "Write confidences as numbers, without quotes.") \
  STRUCTURE(byte_order_mark, both, "\xEF\xBB\xBF{}", \
            "Write UTF-8 without a byte-order mark; files that begin with one were put together here.") \
  VALUE(nan_to_null, number, null_for_nan, R"("NaN")", \
        "NaN is no JSON: in Python, json.dumps(..., allow_nan=False) finds it; write null for no value.") \
  STRUCTURE(entry_not_in_list, collections, R"({"behaviour":{"web":{"swipes":{"x":1}}}})", \
            "Write a list even for a single entry.") \
  STRUCTURE(platform_missing, collections, R"({"behaviour":{"swipes":[{"x":1}]}})", \
            "Put the platform between behaviour and the lists.") \
  STRUCTURE(prediction_list, predictions, R"({"prediction":[{"score":0.93}]})", \
            "Write a line for each prediction.")
// clang-format on

#define GRISTMILL_NAME_OF_STRUCTURE(name, lines, example, advice) name,
#define GRISTMILL_NAME_OF_VALUE(name, values, rule, example, advice) name,
enum class Repair : std::uint8_t { GRISTMILL_REPAIRS(GRISTMILL_NAME_OF_STRUCTURE, GRISTMILL_NAME_OF_VALUE) };
#undef GRISTMILL_NAME_OF_STRUCTURE
#undef GRISTMILL_NAME_OF_VALUE

// A value that a rule may repair. `number` is each of the last three.
enum class RepairedValue : std::uint8_t {
  none = 0,
  identifier = 1,
  timestamp = 2,  // the metadata's
  score = 4,
  confidence = 8,
  number = timestamp | score | confidence
};
constexpr bool is_one_of(RepairedValue kind, RepairedValue kinds) {
  return (static_cast<unsigned>(kind) & static_cast<unsigned>(kinds)) != 0;
}

struct RepairEntry {
  enum class Lines : std::uint8_t { both, collections, predictions };
  std::string_view name;
  Lines lines;               // the data sets whose lines may need it
  RepairedValue values;      // none: what is repaired is the line's structure
  std::string_view example;  // JSON: such a value; of a structure, a line
  std::string_view advice;   // a sentence for people: what to do at the source
};
constexpr RepairEntry::Lines lines_with(RepairedValue kinds) {
  return is_one_of(kinds, RepairedValue::identifier) || is_one_of(kinds, RepairedValue::timestamp)
             ? RepairEntry::Lines::both
             : RepairEntry::Lines::predictions;
}

#define GRISTMILL_ENTRY_OF_STRUCTURE(name, lines, example, advice) \
  RepairEntry{#name, RepairEntry::Lines::lines, RepairedValue::none, example, advice},
#define GRISTMILL_ENTRY_OF_VALUE(name, values, rule, example, advice) \
  RepairEntry{#name, lines_with(RepairedValue::values), RepairedValue::values, example, advice},
inline constexpr std::array repair_table = {GRISTMILL_REPAIRS(GRISTMILL_ENTRY_OF_STRUCTURE, GRISTMILL_ENTRY_OF_VALUE)};
#undef GRISTMILL_ENTRY_OF_STRUCTURE
#undef GRISTMILL_ENTRY_OF_VALUE

inline constexpr std::size_t repair_count = repair_table.size();
inline constexpr std::array<std::string_view, repair_count> repair_names = [] {
  std::array<std::string_view, repair_count> names;
  for (std::size_t i = 0; i < repair_count; ++i) names[i] = repair_table[i].name;
  return names;
}();
constexpr const RepairEntry& entry_of(Repair repair) { return repair_table[static_cast<std::size_t>(repair)]; }

}  // namespace gristmill
