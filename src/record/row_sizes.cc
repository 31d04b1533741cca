// What the rows of a line come to, before the first is written: all of them share the ids and the line's columns, so
// a megabyte of names beside half a million entries is half a terabyte.
//
// Most lines are known to fit by their length alone. Else rows are counted, which tells the size but for the fields of
// entries; only where that leaves it open are the fields named and measured. It is held against the rows that are
// written in rows_test.cc, and in the fuzz targets.
#include <algorithm>

#include "record/line_parser.h"

namespace gristmill::record {
namespace {

// Bytes of a row that are neither shared nor text of the line: names, quotes, nulls, a renamed `value`.
constexpr std::uint64_t most_beside = 192;
// A field of five bytes gets no more than a prefix and a number; a NaN is a null.
constexpr std::uint64_t most_growth = 8;

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

// Of a row's beginning, up to the platform or the model name, and its end.
std::uint64_t LineParser::shared_size() const {
  const std::uint64_t names = length(R"({"profile_id":,"session_id":,"collection_id":)");
  const std::uint64_t time =
      dataset_ == Dataset::collections ? length(R"(,"col_timestamp":)") : length(R"(,"timestamp":)");
  return names + size_of(record_.profile) + size_of(record_.session) + size_of(record_.collection) + time +
         record_.timestamp.size() + record_.columns.size() + length("}\n");
}

bool LineParser::rows_surely_fit(std::uint64_t payload) const {
  const std::uint64_t most_rows = payload / 2 + 1;  // an entry and a comma
  return most_rows * (shared_size() + payload + most_beside) + most_growth * payload <= rules_.rows_limit;
}

bool LineParser::fast_rows_surely_fit() const {
  const std::uint64_t shared = shared_size() + most_beside;
  std::uint64_t size = most_growth * line_.size();
  if (dataset_ == Dataset::predictions || spans_.empty()) {
    size += shared;
  } else {
    std::size_t begin = 0;
    for (const EntryGroup& group : groups_) {
      size += (group.end - begin) * (shared + group.platform.size() + group.type.size());
      begin = group.end;
    }
  }
  return size <= rules_.rows_limit;
}

bool LineParser::rows_fit() { return dataset_ == Dataset::collections ? labels_fit() : predictions_fit(); }

bool LineParser::labels_fit() {
  const std::uint64_t limit = rules_.rows_limit;
  const std::uint64_t shared = shared_size() + length(R"(,"platform":,"behaviour_type":)");
  std::uint64_t rows = 0;
  std::uint64_t size = 0;
  walk_behaviour([&](const Entry& entry) {
    ++rows;
    size += shared + entry.platform.size() + entry.type.size();
  });
  if (size > limit) return false;
  if (size + rows * most_beside + most_growth * line_.size() <= limit) return true;
  ByteCount fields;
  entry_namer_.begin_row(record_.column_names);
  std::string scratch;
  walk_behaviour([&](const Entry& entry) {
    if (entry.none || size + fields.bytes > limit) return;
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
  return size + fields.bytes <= limit;
}

bool LineParser::predictions_fit() {
  const std::uint64_t limit = rules_.rows_limit;
  const std::uint64_t shared = shared_size() + length(R"(,"model_name":,"score":,"confidence":)");
  std::uint64_t rows = 0;
  if (payload_list_ != nullptr) {
    for (json::ArrayWalk walk(payload_list_); walk.next() && !stop_.after(json::work_of_a_step);) ++rows;
  }
  rows = std::max<std::uint64_t>(rows, 1);
  if (rows * shared > limit) return false;
  if (rows * (shared + most_beside) + most_growth * line_.size() <= limit) return true;
  std::uint64_t size = rows * shared;
  for_each_prediction([&](const Prediction& prediction) {
    size += prediction.model_name.size() + prediction.score.size() + prediction.confidence.size() +
            prediction.columns.size();
  });
  return size <= limit;
}

}  // namespace gristmill::record
