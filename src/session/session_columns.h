// What the columns of the session rows make of a session's lines, and what is told of each of its models: the sums, and
// how a line's parts get into them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gristmill/aggregates.h"
#include "record/record.h"
#include "session/exact_sum.h"

namespace gristmill::session {

// A cell of a table: null, a text, a count or a number.
using Cell = std::variant<std::monostate, std::string_view, std::int64_t, double>;

// The mergeable part of a session's row. Sizes are those of its SessionColumns.
struct SessionAggregate {
  std::uint64_t collection_lines = 0;
  std::uint64_t prediction_rows = 0;
  // By column. Of a count of collection ids: the distinct ones where they are complete; else facts of their own tell.
  std::vector<std::uint64_t> counts;
  std::vector<double> extremes;  // of each min and max, good where its column counted something
  std::vector<ExactSum> sums;    // one of each sum and mean, another one of its weights

  void serialise(std::string& bytes) const;
};

// What a model said of a session, likewise.
struct ModelAggregate {
  std::uint64_t rows = 0;
  std::uint64_t scored = 0;    // with a score
  std::uint64_t weighted = 0;  // with a score and a confidence
  double least = 0;            // of the scores, good where there are any
  double greatest = 0;
  ExactSum scores;
  ExactSum weighted_scores;  // of score * confidence
  ExactSum confidences;      // of the same predictions

  void clear();
  void add(const record::Prediction& prediction);
  void serialise(std::string& bytes) const;
  void merge_serialised(std::string_view bytes);  // REQUIRES: made by serialise()

  // Null where there is none, or where a sum or the quotient is not finite.
  Cell mean() const;
  Cell weighted_mean() const;
};

class SessionColumns {
 public:
  explicit SessionColumns(std::vector<Aggregate> columns);
  SessionColumns(const SessionColumns&) = delete;
  SessionColumns& operator=(const SessionColumns&) = delete;

  const std::vector<Aggregate>& all() const { return columns_; }
  // The columns that count collection ids, by their place in all().
  const std::vector<std::size_t>& counts_of_ids() const { return counts_of_ids_; }
  // Whether each row of labels is to be seen; else their number is enough.
  bool sees_labels() const { return !seen_labels_.empty(); }

  SessionAggregate make() const;
  static void clear(SessionAggregate& aggregate);  // as it was made
  // REQUIRES: made by SessionAggregate::serialise().
  void merge_serialised(std::string_view bytes, SessionAggregate& into) const;

  // Each adds one part of a line. `count_id(i)` is called where the line's collection id counts for counts_of_ids()[i].
  template <typename CountId>
  void add_collection(const record::Record& record, std::uint64_t label_rows, SessionAggregate& into,
                      const CountId& count_id) const {
    for (const Column& column : collections_) add(column, record, {}, {}, into, count_id);
    for (const std::size_t index : counts_of_labels_) into.counts[index] += label_rows;
  }
  template <typename CountId>
  void add_label(const record::Record& record, const record::Entry& entry, SessionAggregate& into,
                 const CountId& count_id) {
    if (entry.platform.data() != platform_.data() || entry.type.data() != type_.data() || !matched_) match(entry);
    const Time time = reads_time_ ? time_of(entry) : std::nullopt;
    for (const Column* column : matching_) add(*column, record, time, {}, into, count_id);
  }
  // To be called before the first label of a line: what was matched is about a line that is gone.
  void begin_labels() { matched_ = false; }
  template <typename CountId>
  void add_prediction(const record::Record& record, const record::Prediction& prediction, SessionAggregate& into,
                      const CountId& count_id) const {
    for (const Column& column : predictions_) add(column, record, {}, &prediction, into, count_id);
  }

  // A row's cell.
  Cell cell(std::size_t index, const SessionAggregate& aggregate) const;

 private:
  struct Column {
    std::size_t index = 0;
    std::size_t slot = 0;  // of extremes or sums, or of counts_of_ids()
    const Aggregate* aggregate = nullptr;
    bool counts_ids = false;
    bool has_condition = false;  // passes() is to be asked
    bool of_entry_time = false;
  };
  using Time = std::optional<double>;

  static std::optional<double> time_of(const record::Entry& entry);
  static std::optional<double> value_of(AggregateField field, const record::Record& record, const Time& entry_time,
                                        const record::Prediction* prediction, AggregateOf of);
  static bool passes(const Aggregate& aggregate, const record::Record& record, const Time& entry_time,
                     const record::Prediction* prediction);
  static void add_value(const Column& column, double value, const std::optional<double>& weight,
                        SessionAggregate& into);
  void match(const record::Entry& entry);

  template <typename CountId>
  static void add(const Column& column, const record::Record& record, const Time& entry_time,
                  const record::Prediction* prediction, SessionAggregate& into, const CountId& count_id) {
    const Aggregate& aggregate = *column.aggregate;
    if (column.has_condition && !passes(aggregate, record, entry_time, prediction)) return;
    if (column.counts_ids) {
      if (!record.collection.missing()) count_id(column.slot);
    } else if (aggregate.is_count()) {
      ++into.counts[column.index];
    } else {
      const std::optional<double> value =
          column.of_entry_time ? entry_time : value_of(aggregate.field, record, entry_time, prediction, aggregate.of);
      if (!value) return;
      std::optional<double> weight;
      if (aggregate.weight) {
        weight = value_of(*aggregate.weight, record, entry_time, prediction, aggregate.of);
        if (!weight) return;
      }
      add_value(column, *value, weight, into);
    }
  }

  std::vector<Aggregate> columns_;
  std::vector<std::size_t> slots_;  // by column
  std::size_t sums_ = 0;
  std::size_t extremes_ = 0;
  std::vector<std::size_t> counts_of_ids_;
  std::vector<std::size_t> counts_of_labels_;  // that need not see the rows
  std::vector<Column> collections_;
  std::vector<Column> seen_labels_;
  std::vector<Column> predictions_;
  // Those of seen_labels_ whose filters let through the entries of one list, which come in a row.
  bool matched_ = false;
  std::string_view platform_;
  std::string_view type_;
  std::vector<const Column*> matching_;
  bool reads_time_ = false;  // one of them does, the entry's
  std::string text_;
};

}  // namespace gristmill::session
