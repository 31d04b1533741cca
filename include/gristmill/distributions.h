// How numbers are spread: of sessions, of partitions, of predictions over time. All are bounded, and merged in any
// order they are the same.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gristmill {

// Of whole numbers: 0, 1, 2 to 3, 4 to 7, ... each twice as wide as the one before.
struct CountDistribution {
  static constexpr std::size_t bin_count = 65;
  std::array<std::uint64_t, bin_count> bins{};
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t most = 0;
  std::uint64_t sum = 0;
  std::uint64_t count = 0;

  void add(std::uint64_t value);
  void merge(const CountDistribution& other);
  // The first number of a bin; its last one is that of the next, less one.
  static std::uint64_t begin_of(std::size_t bin) { return bin == 0 ? 0 : std::uint64_t{1} << (bin - 1); }
};

// Of scores: 20 bins of the same width from 0 to 1, what lies outside, and what is missing.
struct ScoreDistribution {
  static constexpr std::size_t bin_count = 20;
  std::array<std::uint64_t, bin_count> bins{};  // 1 lies in the last one
  std::uint64_t below = 0;
  std::uint64_t above = 0;
  std::uint64_t missing = 0;
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  void add(const std::optional<double>& value);  // finite
  void merge(const ScoreDistribution& other);
};

// Of a column of the session rows: of a count or of a mean.
struct ColumnDistribution {
  std::string column;
  std::variant<CountDistribution, ScoreDistribution> values;
};

struct LargestPartition {
  std::string path;
  std::uint64_t bytes = 0;
};

// Of the files of one data set.
class PartitionDistribution {
 public:
  static constexpr std::size_t most_named = 10;

  void add(std::string_view path, std::uint64_t bytes);
  void merge(const PartitionDistribution& other);
  const CountDistribution& sizes() const { return sizes_; }
  // By size, the largest first, then by path.
  const std::vector<LargestPartition>& largest() const { return largest_; }
  // As sizes() and largest() of another one.
  static PartitionDistribution of(CountDistribution sizes, std::vector<LargestPartition> largest);

 private:
  void keep(std::string_view path, std::uint64_t bytes);
  CountDistribution sizes_;
  std::vector<LargestPartition> largest_;
};

// How the scores of one model at one time are spread, finely enough for quartiles: by hundredths, to the nearest.
struct ScoreSpread {
  static constexpr std::size_t bin_count = 101;
  std::array<std::uint64_t, bin_count> bins{};  // bin i: i / 100
  std::uint64_t below = 0;                      // 0
  std::uint64_t above = 0;                      // 1

  void add(double value);  // finite
  void merge(const ScoreSpread& other);
  std::uint64_t count() const;
  // The smallest value that has `quarters` quarters of all values at or below it; nothing where there are no values or
  // it lies outside of 0 to 1. REQUIRES: 1 <= quarters <= 3
  std::optional<double> quartile(unsigned quarters) const;
};

// Rows of predictions by model and time: by day as long as there are few days, else by month, else by year.
class ModelUse {
 public:
  static constexpr std::size_t most_models = 20;    // the bytewise smallest; the others together
  static constexpr std::size_t most_times = 100;    // of days, of months
  static constexpr std::size_t longest_name = 200;  // bytes; a longer name goes by its beginning and its hash
  static constexpr std::int32_t no_time = std::numeric_limits<std::int32_t>::min();  // none, or not within 2000 to 2100

  enum class Unit : std::uint8_t { day, month, year };

  struct Use {
    std::uint64_t rows = 0;
    ScoreSpread score;
    ScoreSpread confidence;
    void merge(const Use& other);
  };
  using Model = std::map<std::int32_t, Use>;  // by units of time since 1970, UTC; no_time

  // `time`: milliseconds since 1970 UTC. `model`: empty for none.
  void add(std::string_view model, const std::optional<double>& time, const std::optional<double>& score,
           const std::optional<double>& confidence);
  void merge(const ModelUse& other);
  const std::map<std::string, Model, std::less<>>& models() const { return models_; }
  const Model& others() const { return others_; }
  Unit unit() const { return unit_; }
  static ModelUse of(std::map<std::string, Model, std::less<>> models, Model others, Unit unit);

 private:
  Model& model_of(std::string_view name);
  Model& model_of_short(std::string_view name);
  void limit_times();
  void coarsen();
  std::map<std::string, Model, std::less<>> models_;
  Model others_;
  Unit unit_ = Unit::day;
  // The last line's: the next one's are mostly the same.
  std::string last_name_;
  std::int32_t last_day_ = 0;
  Use* last_use_ = nullptr;
};

}  // namespace gristmill
