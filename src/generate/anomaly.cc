// Whether a line carries an anomaly, and which, follows from its number alone: one draw, and the slice of
// [0, 1) that it falls into. Tested in anomaly_test.cc.
#include "generate/anomaly.h"

#include <algorithm>
#include <cmath>

#include "generate/random.h"
#include "json/number.h"
#include "text/nearest.h"

namespace gristmill::generate {
namespace {

constexpr std::array<std::string_view, oddity_count> oddity_names = {
    "missing_profile",    "missing_session",         "missing_collection", "missing_type",    "repeated_line",
    "score_out_of_range", "confidence_out_of_range", "impossible_time",    "blank_line",      "empty_behaviour",
    "empty_prediction",   "fields_not_carried",      "unmatched_session",  "nul_gap",         "glued_lines",
    "null_words_as_ids",  "ids_beside_metadata",     "dotted_keys",        "entry_time_unit", "page_clock",
    "shared_session"};

constexpr std::string_view repairs_group = "repairs";
constexpr std::string_view rejections_group = "rejections";

// A line that is too long is as long as the limit: whoever wants such lines asks for them by name.
bool is_in_group(std::string_view group, Anomaly anomaly) {
  if (group == repairs_group) return anomaly.repair().has_value();
  return anomaly.reason().has_value() && anomaly.reason() != Reason::line_too_long;
}

Error unknown(std::string_view name) {
  std::vector<std::string> names = {std::string(repairs_group), std::string(rejections_group)};
  for (std::size_t i = 0; i < anomaly_count; ++i) names.emplace_back(Anomaly(i).name());
  const auto nearest = text::nearest_match(name, names);
  return Error::usage("--anomaly: there is no anomaly '" + std::string(name) + "'" +
                          (nearest ? ", did you mean '" + *nearest + "'?" : ""),
                      "docs/guide/generate.md lists them; 'repairs' and 'rejections' stand for all of a kind");
}

// The anomalies that a name stands for in this data set.
std::vector<Anomaly> named(std::string_view name, Dataset dataset) {
  std::vector<Anomaly> found;
  const bool group = name == repairs_group || name == rejections_group;
  for (std::size_t i = 0; i < anomaly_count; ++i) {
    const Anomaly anomaly(i);
    if (anomaly.applies_to(dataset) && (group ? is_in_group(name, anomaly) : anomaly.name() == name)) {
      found.push_back(anomaly);
    }
  }
  return found;
}

bool is_known(std::string_view name) {
  return !named(name, Dataset::collections).empty() || !named(name, Dataset::predictions).empty();
}

}  // namespace

std::optional<Repair> Anomaly::repair() const {
  if (index_ >= repair_count) return std::nullopt;
  return static_cast<Repair>(index_);
}

std::optional<Reason> Anomaly::reason() const {
  if (index_ < repair_count || index_ >= repair_count + rejection_count) return std::nullopt;
  return static_cast<Reason>(index_ - repair_count);
}

std::optional<Oddity> Anomaly::oddity() const {
  if (index_ < repair_count + rejection_count) return std::nullopt;
  return static_cast<Oddity>(index_ - repair_count - rejection_count);
}

std::string_view Anomaly::name() const {
  if (const auto found = repair()) return entry_of(*found).name;
  if (const auto found = reason()) return rejection_names[static_cast<std::size_t>(*found)];
  return oddity_names[index_ - repair_count - rejection_count];
}

bool Anomaly::applies_to(Dataset dataset) const {
  static constexpr Anomaly only_collections[] = {Reason::behaviour_not_object, Oddity::empty_behaviour,
                                                 Oddity::entry_time_unit};
  static constexpr Anomaly only_predictions[] = {Reason::prediction_not_object, Reason::score_not_number,
                                                 Reason::confidence_not_number, Reason::model_name_not_string,
                                                 Oddity::score_out_of_range,    Oddity::confidence_out_of_range,
                                                 Oddity::empty_prediction};
  if (reason() == Reason::not_wrapped) return false;  // no record here is wrapped
  if (const auto found = repair()) {
    const RepairEntry::Lines lines = entry_of(*found).lines;
    return lines == RepairEntry::Lines::both ||
           lines ==
               (dataset == Dataset::collections ? RepairEntry::Lines::collections : RepairEntry::Lines::predictions);
  }
  if (dataset == Dataset::collections) return std::ranges::find(only_predictions, *this) == std::end(only_predictions);
  return std::ranges::find(only_collections, *this) == std::end(only_collections);
}

Result<AnomalyShare> parse_anomaly_share(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (!is_known(name)) return unknown(name);
  std::string_view number = equals == std::string_view::npos ? std::string_view{} : text.substr(equals + 1);
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  const std::optional<double> given = json::real_number(number);
  const AnomalyShare share{std::string(name), given.value_or(0) / (percent ? 100 : 1)};
  if (!given || !(share.share >= 0 && share.share <= 1)) {
    return Error::usage("--anomaly '" + std::string(text) + "': the share must be from 0% to 100%",
                        "write it as --anomaly " + std::string(name) + "=10% or =0.1");
  }
  return share;
}

Result<AnomalyPlan> AnomalyPlan::of(const std::vector<AnomalyShare>& shares, std::uint64_t seed) {
  constexpr double rounding = 1e-9;  // ten times 10% may add up to a little more than 1
  AnomalyPlan plan;
  plan.seed_ = seed;
  for (const Dataset dataset : all_datasets) {
    double end = 0;
    for (const AnomalyShare& share : shares) {
      if (!is_known(share.name)) return unknown(share.name);
      const std::vector<Anomaly> anomalies = named(share.name, dataset);
      for (const Anomaly anomaly : anomalies) {
        end += share.share / static_cast<double>(anomalies.size());
        if (share.share > 0) plan.slices_[static_cast<std::size_t>(dataset)].push_back({anomaly, end});
      }
    }
    if (end > 1 + rounding) {
      return Error::usage("--anomaly: the shares for " + std::string(name_of(dataset)) + " add up to " +
                              std::to_string(std::lround(end * 100)) + "%",
                          "a line carries one anomaly at most: let them add up to 100% or less");
    }
  }
  return plan;
}

std::optional<Anomaly> AnomalyPlan::of_line(Dataset dataset, std::uint64_t number) const {
  const auto& slices = slices_[static_cast<std::size_t>(dataset)];
  if (slices.empty()) return std::nullopt;
  const bool collections = dataset == Dataset::collections;
  Random random(seed_, collections ? Purpose::anomaly_of_collection : Purpose::anomaly_of_prediction, number);
  const double drawn = static_cast<double>(random.next() >> 11) * 0x1p-53;
  for (const Slice& slice : slices) {
    if (drawn < slice.end) return slice.anomaly;
  }
  return std::nullopt;
}

bool AnomalyPlan::holds(Anomaly anomaly) const {
  for (const auto& slices : slices_) {
    for (const Slice& slice : slices) {
      if (slice.anomaly == anomaly) return true;
    }
  }
  return false;
}

}  // namespace gristmill::generate
