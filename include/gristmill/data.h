// Names for the parts and faults of a line: the two data sets, where a line stands and why one is rejected; what is
// repaired in one is in gristmill/repairs.h. The names are those of recipes, reports and quarantine.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gristmill/repairs.h"

namespace gristmill {

enum class Dataset : std::uint8_t { collections, predictions };
inline constexpr std::size_t dataset_count = 2;
inline constexpr std::array<std::string_view, dataset_count> dataset_names = {"collections", "predictions"};
inline constexpr std::array<Dataset, dataset_count> all_datasets = {Dataset::collections, Dataset::predictions};
inline std::string_view name_of(Dataset dataset) { return dataset_names[static_cast<std::size_t>(dataset)]; }

// Why a line is rejected. The repairs' names follow the rejections' own: in `strict` they are reasons too.
enum class Reason : std::uint8_t {
  invalid_json,
  invalid_utf8,
  not_an_object,
  not_wrapped,
  metadata_not_object,
  behaviour_not_object,
  prediction_not_object,
  id_not_scalar,
  timestamp_invalid,
  score_not_number,
  confidence_not_number,
  model_name_not_string,
  duplicate_key,
  line_too_long,
  too_deep,
  id_too_long,
  partition_name_too_long,
  rows_too_large,
  first_repair
};
inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::first_repair) + repair_count;
inline constexpr std::array<std::string_view, static_cast<std::size_t>(Reason::first_repair)> rejection_names = {
    "invalid_json",
    "invalid_utf8",
    "not_an_object",
    "not_wrapped",
    "metadata_not_object",
    "behaviour_not_object",
    "prediction_not_object",
    "id_not_scalar",
    "timestamp_invalid",
    "score_not_number",
    "confidence_not_number",
    "model_name_not_string",
    "duplicate_key",
    "line_too_long",
    "too_deep",
    "id_too_long",
    "partition_name_too_long",
    "rows_too_large"};
inline Reason reason_of(Repair repair) {
  return static_cast<Reason>(static_cast<unsigned>(Reason::first_repair) + static_cast<unsigned>(repair));
}
inline std::string_view name_of(Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  return index < rejection_names.size() ? rejection_names[index] : repair_names[index - rejection_names.size()];
}

inline constexpr std::size_t id_limit = 64U << 10;  // bytes of an id's text

// Where a line begins. Its order is the input order: (data set, file, offset), because the files of
// the collections come first in a run's list of files.
struct Place {
  std::uint32_t file = 0;    // index in the run's list of files
  std::uint64_t offset = 0;  // bytes, in the decompressed file
  auto operator<=>(const Place&) const = default;
};

}  // namespace gristmill
