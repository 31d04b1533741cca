// What may be wrong with a generated line: every repair and every rejection by its name, and what checks and hints
// tell. A line carries one anomaly at most, so that the counts of a report can be foretold exactly.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/data.h"
#include "gristmill/result.h"

namespace gristmill::generate {

// What is neither repaired nor rejected for a reason of that name, but counted.
enum class Oddity : std::uint8_t {
  missing_profile,
  missing_session,
  missing_collection,
  missing_type,
  repeated_line,
  score_out_of_range,
  confidence_out_of_range,
  impossible_time,
  blank_line,
  empty_behaviour,
  empty_prediction,
  fields_not_carried,
  unmatched_session,
  nul_gap,
  glued_lines,
  null_words_as_ids,
  ids_beside_metadata,
  dotted_keys,
  entry_time_unit,
  page_clock,
  shared_session
};
inline constexpr std::size_t oddity_count = 21;
inline constexpr std::size_t rejection_count = rejection_names.size();
inline constexpr std::size_t anomaly_count = repair_count + rejection_count + oddity_count;

// A repair, a rejection or an oddity, in this order.
class Anomaly {
 public:
  constexpr explicit Anomaly(std::size_t index) : index_(static_cast<std::uint8_t>(index)) {}
  constexpr Anomaly(Repair repair)  // NOLINT: implicit by design, and so are the next two
      : Anomaly(static_cast<std::size_t>(repair)) {}
  constexpr Anomaly(Reason reason)  // NOLINT
      : Anomaly(repair_count + static_cast<std::size_t>(reason)) {}
  constexpr Anomaly(Oddity oddity)  // NOLINT
      : Anomaly(repair_count + rejection_count + static_cast<std::size_t>(oddity)) {}

  std::size_t index() const { return index_; }
  bool operator==(const Anomaly&) const = default;
  std::optional<Repair> repair() const;
  std::optional<Reason> reason() const;
  std::optional<Oddity> oddity() const;
  std::string_view name() const;
  bool applies_to(Dataset dataset) const;

 private:
  std::uint8_t index_;
};

// As the user gave it: the name of an anomaly or of a group ("repairs", "rejections"), and its share of the
// lines, from 0 to 1.
struct AnomalyShare {
  std::string name;
  double share = 0;
};

// "alias=10%" or "alias=0.1"; a usage error with the nearest known name.
[[nodiscard]] Result<AnomalyShare> parse_anomaly_share(std::string_view text);

// Which line carries which anomaly.
class AnomalyPlan {
 public:
  // A usage error where a name is not known or the shares of a data set add up to more than 1.
  [[nodiscard]] static Result<AnomalyPlan> of(const std::vector<AnomalyShare>& shares, std::uint64_t seed);

  std::optional<Anomaly> of_line(Dataset dataset, std::uint64_t number) const;
  bool holds(Anomaly anomaly) const;

 private:
  struct Slice {
    Anomaly anomaly;
    double end;  // a line whose number in [0, 1) lies below it, and not below the one before
  };
  std::array<std::vector<Slice>, dataset_count> slices_;
  std::uint64_t seed_ = 0;
};

}  // namespace gristmill::generate
