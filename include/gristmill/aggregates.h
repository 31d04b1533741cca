// The columns of the session rows: what the recipe's table `aggregates` says.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill {

// What a column is made of: a collection's line, a row of labels/, a row of predictions/.
enum class AggregateOf : std::uint8_t { collections, labels, predictions };
inline constexpr std::array<std::string_view, 3> aggregate_of_names = {"collections", "labels", "predictions"};

enum class AggregateFunction : std::uint8_t { count, mean, sum, min, max };
inline constexpr std::array<std::string_view, 5> aggregate_function_names = {"count", "mean", "sum", "min", "max"};

// What a function or a condition may name. `timestamp` is the metadata's, of labels the entry's own where it is a
// number.
enum class AggregateField : std::uint8_t {
  rows,  // of count: all that the filters let through
  collection_id,
  timestamp,
  score,
  confidence,
  model_name,
  platform,
  behaviour_type
};
inline constexpr std::array<std::string_view, 8> aggregate_field_names = {
    "rows", "collection_id", "timestamp", "score", "confidence", "model_name", "platform", "behaviour_type"};

struct NullCondition {
  AggregateField field = AggregateField::score;
  bool is_null = true;  // or is not

  bool operator==(const NullCondition&) const = default;
};

struct Aggregate {
  std::string name = {};
  AggregateOf of = AggregateOf::collections;
  AggregateFunction function = AggregateFunction::count;
  AggregateField field = AggregateField::rows;  // of count: rows, or collection_id for distinct ones
  std::optional<AggregateField> weight = {};    // of mean
  // Exact names; rows that have none of them do not count.
  std::optional<std::vector<std::string>> models = {};
  std::optional<std::vector<std::string>> behaviour_types = {};
  std::optional<std::vector<std::string>> platforms = {};
  std::optional<NullCondition> where = {};

  bool is_count() const { return function == AggregateFunction::count; }
  // A time in milliseconds since 1970 that occurred in the data: the least or the greatest.
  bool is_time() const {
    return field == AggregateField::timestamp &&
           (function == AggregateFunction::min || function == AggregateFunction::max);
  }
  bool operator==(const Aggregate&) const = default;
};

struct Recipe;

// The columns behind the two ids, in their order: the recipe's table, or the four usual ones for its models.
std::vector<Aggregate> session_columns(const Recipe& recipe);

}  // namespace gristmill
