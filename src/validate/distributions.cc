// Everything here merges to the same whatever the order: bins and sums add up, and of names and partitions those are
// kept that come first in an order of their own. Tested in distributions_test.cc.
#include "gristmill/distributions.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "json/json_text.h"
#include "storage/hash.h"
#include "validate/facts.h"

namespace gristmill {
namespace {

constexpr double day_length = 86'400'000.0;

void merge_uses(const std::map<std::int32_t, ModelUse::Use>& some, std::map<std::int32_t, ModelUse::Use>& all) {
  for (const auto& [time, use] : some) all[time].merge(use);
}

void merge_models(const ModelUse::Model& some, ModelUse::Model& all) {
  merge_uses(some.days, all.days);
  merge_uses(some.months, all.months);
}

std::int32_t month_of(std::int32_t day) {
  if (day == ModelUse::no_time) return day;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return (static_cast<int>(date.year()) - 1970) * 12 + static_cast<std::int32_t>(static_cast<unsigned>(date.month())) -
         1;
}

bool is_larger(const LargestPartition& a, const LargestPartition& b) {
  return a.bytes != b.bytes ? a.bytes > b.bytes : a.path < b.path;
}

}  // namespace

void CountDistribution::add(std::uint64_t value) {
  ++bins[static_cast<std::size_t>(std::bit_width(value))];
  least = std::min(least, value);
  most = std::max(most, value);
  sum += value;
  ++count;
}

void CountDistribution::merge(const CountDistribution& other) {
  for (std::size_t i = 0; i < bin_count; ++i) bins[i] += other.bins[i];
  least = std::min(least, other.least);
  most = std::max(most, other.most);
  sum += other.sum;
  count += other.count;
}

void ScoreDistribution::add(const std::optional<double>& value) {
  if (!value) {
    ++missing;
    return;
  }
  least = std::min(least, *value);
  most = std::max(most, *value);
  if (*value < 0) {
    ++below;
  } else if (*value > 1) {
    ++above;
  } else {
    ++bins[std::min(bin_count - 1, static_cast<std::size_t>(*value * bin_count))];
  }
}

void ScoreDistribution::merge(const ScoreDistribution& other) {
  for (std::size_t i = 0; i < bin_count; ++i) bins[i] += other.bins[i];
  below += other.below;
  above += other.above;
  missing += other.missing;
  least = std::min(least, other.least);
  most = std::max(most, other.most);
}

void PartitionDistribution::add(std::string_view path, std::uint64_t bytes) {
  sizes_.add(bytes);
  keep(path, bytes);
}

void PartitionDistribution::keep(std::string_view path, std::uint64_t bytes) {
  if (largest_.size() == most_named && bytes < largest_.back().bytes) return;
  LargestPartition partition{std::string(path), bytes};
  largest_.insert(std::upper_bound(largest_.begin(), largest_.end(), partition, is_larger), std::move(partition));
  if (largest_.size() > most_named) largest_.pop_back();
}

void PartitionDistribution::merge(const PartitionDistribution& other) {
  sizes_.merge(other.sizes_);
  for (const LargestPartition& partition : other.largest_) keep(partition.path, partition.bytes);
}

PartitionDistribution PartitionDistribution::of(CountDistribution sizes, std::vector<LargestPartition> largest) {
  PartitionDistribution distribution;
  distribution.sizes_ = sizes;
  distribution.largest_ = std::move(largest);
  return distribution;
}

void ModelUse::add(std::string_view name, const std::optional<double>& time, bool scored) {
  const bool known = time && validation::is_possible_time(*time);
  const std::int32_t day = known ? static_cast<std::int32_t>(std::floor(*time / day_length)) : no_time;
  if (last_month_use_ == nullptr || day != last_day_ || name != last_name_) {
    last_name_.assign(name);
    last_day_ = day;
    Model& model = model_of(name);
    last_month_use_ = &model.months[month_of(day)];
    last_day_use_ = nullptr;
    if (by_day_) {
      const auto [found, is_new] = model.days.try_emplace(day);
      last_day_use_ = &found->second;
      if (is_new) limit_days();
    }
  }
  for (Use* use : {last_month_use_, last_day_use_}) {
    if (use == nullptr) continue;
    ++use->rows;
    use->without_score += scored ? 0 : 1;
  }
}

ModelUse::Model& ModelUse::model_of(std::string_view name) {
  if (name.size() <= longest_name) return model_of_short(name);
  return model_of_short(json::beginning_of(name, longest_name) + "... " + storage::hash128(name).hex());
}

// As in SmallestNames: a name that is pushed out can never come back.
ModelUse::Model& ModelUse::model_of_short(std::string_view name) {
  const auto found = models_.find(name);
  if (found != models_.end()) return found->second;
  if (models_.size() == most_models) {
    const auto largest = std::prev(models_.end());
    if (std::string_view(largest->first) < name) return others_;
    merge_models(largest->second, others_);
    models_.erase(largest);
  }
  return models_.emplace(name, Model{}).first->second;
}

void ModelUse::limit_days() {
  if (!by_day_) return;
  std::set<std::int32_t> days;
  const auto gather = [&](const Model& model) {
    for (const auto& [day, use] : model.days) days.insert(day);
  };
  for (const auto& [name, model] : models_) gather(model);
  gather(others_);
  if (days.size() <= most_days) return;
  by_day_ = false;
  last_day_use_ = nullptr;
  for (auto& [name, model] : models_) model.days.clear();
  others_.days.clear();
}

void ModelUse::merge(const ModelUse& other) {
  if (!other.by_day_) by_day_ = false;
  for (const auto& [name, model] : other.models_) merge_models(model, model_of_short(name));
  merge_models(other.others_, others_);
  if (!by_day_) {
    for (auto& [name, model] : models_) model.days.clear();
    others_.days.clear();
  }
  limit_days();
  last_month_use_ = last_day_use_ = nullptr;
}

ModelUse ModelUse::of(std::map<std::string, Model, std::less<>> models, Model others, bool by_day) {
  ModelUse use;
  use.models_ = std::move(models);
  use.others_ = std::move(others);
  use.by_day_ = by_day;
  return use;
}

}  // namespace gristmill
