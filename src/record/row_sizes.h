// What the rows of a line come to, before the first is written: all of them share the ids and the line's columns, so
// a megabyte of names beside half a million entries is half a terabyte.
#pragma once

#include <cstdint>
#include <functional>

#include "gristmill/data.h"
#include "json/stop_check.h"
#include "record/column_names.h"
#include "record/record.h"

namespace gristmill::record {

// Bytes of a row that are neither shared nor text of the line: names, quotes, nulls, a renamed `value`.
inline constexpr std::uint64_t most_beside_row = 192;
// A field of five bytes gets no more than the longest prefix and a number; a NaN is a null.
inline constexpr std::uint64_t most_growth_of_text = 8;

// Of a row's beginning, up to the platform or the model name, and its end.
std::uint64_t shared_row_size(Dataset dataset, const Record& record);

// Do the rows of a line of so many bytes take no more than `limit`, whatever it holds? May say no where they do.
bool rows_surely_fit(Dataset dataset, const Record& record, std::uint64_t line_size, std::uint64_t limit);

// Says whether they do, by counting them, and measures them only where their number leaves it open. One parser's.
class RowSizes {
 public:
  RowSizes(std::uint64_t limit, json::StopCheck& stop) : limit_(limit), stop_(stop) { entry_namer_.stop_with(stop); }
  RowSizes(const RowSizes&) = delete;
  RowSizes& operator=(const RowSizes&) = delete;

  // `behaviour`: as for walk_behaviour().
  bool labels_fit(const Record& record, const char* behaviour, std::uint64_t line_size);
  // `for_each_prediction` calls back for each of `rows` predictions.
  using PredictionCallback = std::function<void(const Prediction&)>;
  bool predictions_fit(const Record& record, std::uint64_t rows, std::uint64_t line_size,
                       const std::function<void(const PredictionCallback&)>& for_each_prediction) const;

  void free_memory() { entry_namer_.free_memory(); }

 private:
  std::uint64_t limit_;  // bytes
  json::StopCheck& stop_;
  ColumnNamer entry_namer_{label_columns, "entry_"};
};

}  // namespace gristmill::record
