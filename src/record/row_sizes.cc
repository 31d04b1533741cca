// Most lines are known to fit by their length alone. Else rows are counted, which tells the size but for the fields of
// entries; only where that leaves it open are the fields named and measured. It is held against the rows that are
// written in partition/rows_test.cc, and in the fuzz targets.
#include "record/row_sizes.h"

#include <string>
#include <string_view>

#include "json/json_text.h"
#include "record/behaviour.h"

namespace gristmill::record {
namespace {

// As much as append_name() and the like are asked for.
struct ByteCount {
  std::uint64_t bytes = 0;
  void append(std::string_view text) { bytes += text.size(); }
};

std::uint64_t size_of(const Identifier& id) { return id.null ? 4 : id.spelling.size() + 2; }

template <std::size_t n>
constexpr std::uint64_t length(const char (&)[n]) {
  return n - 1;
}

}  // namespace

std::uint64_t shared_row_size(Dataset dataset, const Record& record) {
  const std::uint64_t names = length(R"({"profile_id":,"session_id":,"collection_id":)");
  const std::uint64_t time =
      dataset == Dataset::collections ? length(R"(,"col_timestamp":)") : length(R"(,"timestamp":)");
  return names + size_of(record.profile) + size_of(record.session) + size_of(record.collection) + time +
         record.timestamp.size() + record.columns.size() + length("}\n");
}

bool rows_surely_fit(Dataset dataset, const Record& record, std::uint64_t line_size, std::uint64_t limit) {
  const std::uint64_t most_rows = line_size / 2 + 1;  // an entry and a comma
  return most_rows * (shared_row_size(dataset, record) + line_size + most_beside_row) +
             most_growth_of_text * line_size <=
         limit;
}

bool RowSizes::labels_fit(const Record& record, const char* behaviour, std::uint64_t line_size) {
  const std::uint64_t shared =
      shared_row_size(Dataset::collections, record) + length(R"(,"platform":,"behaviour_type":)");
  std::uint64_t rows = 0;
  std::uint64_t size = 0;
  walk_behaviour(behaviour, stop_, [&](const Entry& entry) {
    ++rows;
    size += shared + entry.platform.size() + entry.type.size();
  });
  if (size > limit_) return false;
  if (size + rows * most_beside_row + most_growth_of_text * line_size <= limit_) return true;
  ByteCount fields;
  entry_namer_.begin_row(record.column_names);
  std::string scratch;
  walk_behaviour(behaviour, stop_, [&](const Entry& entry) {
    if (entry.none || size + fields.bytes > limit_) return;
    const char* const value = entry.value.data();
    if (*value != '{') {
      entry_namer_.begin_object(nullptr);
      entry_namer_.append_name("value", "\"value\"", fields);
      fields.bytes += json::compact_size(entry.value);
      return;
    }
    entry_namer_.begin_object(value);
    for (json::ObjectWalk walk(value); walk.next();) {
      if (stop_.after(json::work_of_a_step)) return;
      entry_namer_.append_name(json::unescaped(walk.key, scratch), walk.key, fields);
      fields.bytes += json::compact_size(walk.value_text());
    }
  });
  return size + fields.bytes <= limit_;
}

bool RowSizes::predictions_fit(const Record& record, std::uint64_t rows, std::uint64_t line_size,
                               const std::function<void(const PredictionCallback&)>& for_each_prediction) const {
  const std::uint64_t shared =
      shared_row_size(Dataset::predictions, record) + length(R"(,"model_name":,"score":,"confidence":)");
  if (rows * shared > limit_) return false;
  if (rows * (shared + most_beside_row) + most_growth_of_text * line_size <= limit_) return true;
  std::uint64_t size = rows * shared;
  for_each_prediction([&](const Prediction& prediction) {
    size += prediction.model_name.size() + prediction.score.size() + prediction.confidence.size() +
            prediction.columns.size();
  });
  return size <= limit_;
}

}  // namespace gristmill::record
