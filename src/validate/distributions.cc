// Everything here merges to the same whatever the order: bins and sums add up, and of names and partitions those are
// kept that come first in an order of their own. Tested in distributions_test.cc.
#include "gristmill/distributions.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "json/json_text.h"
#include "storage/hash.h"
#include "validate/facts.h"

namespace gristmill {
namespace {

constexpr double day_length = 86'400'000.0;

void merge_models(const ModelUse::Model& some, ModelUse::Model& all) {
  for (const auto& [time, use] : some) all[time].merge(use);
}

std::int32_t month_of(std::int32_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return (static_cast<int>(date.year()) - 1970) * 12 + static_cast<std::int32_t>(static_cast<unsigned>(date.month())) -
         1;
}

// Of times since 1970, which is_possible_time() says all are.
std::int32_t year_of(std::int32_t month) { return month / 12; }

void count_row(ModelUse::Use& use, const std::optional<double>& score, const std::optional<double>& confidence) {
  ++use.rows;
  if (score) use.score.add(*score);
  if (confidence) use.confidence.add(*confidence);
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

void ScoreSpread::add(double value) {
  if (value < 0) {
    ++below;
  } else if (value > 1) {
    ++above;
  } else {
    ++bins[static_cast<std::size_t>(std::lround(value * (bin_count - 1)))];
  }
}

void ScoreSpread::merge(const ScoreSpread& other) {
  for (std::size_t i = 0; i < bin_count; ++i) bins[i] += other.bins[i];
  below += other.below;
  above += other.above;
}

std::uint64_t ScoreSpread::count() const { return std::accumulate(bins.begin(), bins.end(), below + above); }

std::optional<double> ScoreSpread::quartile(unsigned quarters) const {
  const std::uint64_t all = count();
  // quarters / 4 of all, rounded up, without overflow.
  const std::uint64_t rank = all / 4 * quarters + (all % 4 * quarters + 3) / 4;
  std::uint64_t seen = below;
  if (rank <= seen) return std::nullopt;
  for (std::size_t i = 0; i < bin_count; ++i) {
    seen += bins[i];
    if (rank <= seen) return static_cast<double>(i) / (bin_count - 1);
  }
  return std::nullopt;
}

void ModelUse::Use::merge(const Use& other) {
  rows += other.rows;
  score.merge(other.score);
  confidence.merge(other.confidence);
}

void ModelUse::add(std::string_view name, const std::optional<double>& time, const std::optional<double>& score,
                   const std::optional<double>& confidence) {
  const bool known = time && validation::is_possible_time(*time);
  const std::int32_t day = known ? static_cast<std::int32_t>(std::floor(*time / day_length)) : no_time;
  if (last_use_ == nullptr || day != last_day_ || name != last_name_) {
    last_name_.assign(name);
    last_day_ = day;
    std::int32_t unit_time = day;
    if (known && unit_ != Unit::day) unit_time = month_of(day);
    if (known && unit_ == Unit::year) unit_time = year_of(unit_time);
    const auto [found, is_new] = model_of(name).try_emplace(unit_time);
    last_use_ = &found->second;
    count_row(*last_use_, score, confidence);
    if (is_new) limit_times();
    return;
  }
  count_row(*last_use_, score, confidence);
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

void ModelUse::limit_times() {
  while (unit_ != Unit::year) {
    std::set<std::int32_t> times;
    const auto gather = [&](const Model& model) {
      for (const auto& [time, use] : model) {
        if (time != no_time) times.insert(time);
      }
    };
    for (const auto& [name, model] : models_) gather(model);
    gather(others_);
    if (times.size() <= most_times) return;
    coarsen();
  }
}

void ModelUse::coarsen() {
  const auto coarse = [&](Model& model) {
    Model all;
    for (const auto& [time, use] : model) {
      all[time == no_time ? time : unit_ == Unit::day ? month_of(time) : year_of(time)].merge(use);
    }
    model = std::move(all);
  };
  for (auto& [name, model] : models_) coarse(model);
  coarse(others_);
  unit_ = unit_ == Unit::day ? Unit::month : Unit::year;
  last_use_ = nullptr;
}

void ModelUse::merge(const ModelUse& other) {
  ModelUse finer;
  const ModelUse* some = &other;
  if (other.unit_ < unit_) {
    finer = of(other.models_, other.others_, other.unit_);
    while (finer.unit_ < unit_) finer.coarsen();
    some = &finer;
  }
  while (unit_ < other.unit_) coarsen();
  for (const auto& [name, model] : some->models_) merge_models(model, model_of_short(name));
  merge_models(some->others_, others_);
  last_use_ = nullptr;
  limit_times();
}

ModelUse ModelUse::of(std::map<std::string, Model, std::less<>> models, Model others, Unit unit) {
  ModelUse use;
  use.models_ = std::move(models);
  use.others_ = std::move(others);
  use.unit_ = unit;
  return use;
}

}  // namespace gristmill
