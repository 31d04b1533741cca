// A column with no filter that counts rows of labels is told their number; for the others the entries of one list pass
// the filters together, so that these are asked once a list. Tested in session_columns_test.cc, and against the
// reference program in tests/programs/test_differential.py.
#include "session/session_columns.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "json/json_text.h"
#include "json/number.h"
#include "record/behaviour.h"

namespace gristmill::session {
namespace {

Cell finite(double value) { return std::isfinite(value) ? Cell(value) : Cell(); }

Cell quotient(const ExactSum& sum, double divisor) {
  const double rounded = sum.rounded();
  if (!std::isfinite(rounded) || !std::isfinite(divisor) || divisor == 0) return {};
  return finite(rounded / divisor);
}

// -0.0 is below 0.0.
bool is_less(double a, double b) { return a < b || (a == b && std::signbit(a) && !std::signbit(b)); }

bool lets_through(const std::optional<std::vector<std::string>>& names, std::string_view name) {
  return !names || std::find(names->begin(), names->end(), name) != names->end();
}

template <typename Number>
void append(const Number& number, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <typename Number>
Number take(std::string_view& bytes) {
  Number number;
  std::memcpy(&number, bytes.begin(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return number;
}

bool needs_no_look(const Aggregate& aggregate) {
  return aggregate.is_count() && aggregate.field == AggregateField::rows && !aggregate.behaviour_types &&
         !aggregate.platforms && !aggregate.where;
}

bool reads(const Aggregate& aggregate, AggregateField field) {
  return aggregate.field == field || aggregate.weight == field || (aggregate.where && aggregate.where->field == field);
}

}  // namespace

void SessionAggregate::serialise(std::string& bytes) const {
  append(collection_lines, bytes);
  append(prediction_rows, bytes);
  for (const std::uint64_t count : counts) append(count, bytes);
  for (const double extreme : extremes) append(extreme, bytes);
  for (const ExactSum& sum : sums) sum.serialise(bytes);
}

void ModelAggregate::clear() {
  rows = scored = weighted = 0;
  for (ExactSum* sum : {&scores, &weighted_scores, &confidences}) sum->clear();
}

void ModelAggregate::add(const record::Prediction& prediction) {
  ++rows;
  if (!prediction.score_value) return;
  const double score = *prediction.score_value;
  if (scored == 0 || is_less(score, least)) least = score;
  if (scored == 0 || is_less(greatest, score)) greatest = score;
  ++scored;
  scores.add(score);
  if (!prediction.confidence_value) return;
  ++weighted;
  weighted_scores.add(score * *prediction.confidence_value);
  confidences.add(*prediction.confidence_value);
}

void ModelAggregate::serialise(std::string& bytes) const {
  for (std::uint64_t count : {rows, scored, weighted}) {
    // Seven bits a byte, the lowest first.
    for (; count >= 0x80; count >>= 7U) bytes.push_back(static_cast<char>(count | 0x80U));
    bytes.push_back(static_cast<char>(count));
  }
  append(least, bytes);
  append(greatest, bytes);
  scores.serialise(bytes);
  weighted_scores.serialise(bytes);
  confidences.serialise(bytes);
}

void ModelAggregate::merge_serialised(std::string_view bytes) {
  std::uint64_t counts[3] = {};
  for (std::uint64_t& count : counts) {
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = take<std::uint8_t>(bytes);
      count |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) break;
    }
  }
  const auto their_least = take<double>(bytes);
  const auto their_greatest = take<double>(bytes);
  if (counts[1] > 0) {
    if (scored == 0 || is_less(their_least, least)) least = their_least;
    if (scored == 0 || is_less(greatest, their_greatest)) greatest = their_greatest;
  }
  rows += counts[0];
  scored += counts[1];
  weighted += counts[2];
  for (ExactSum* sum : {&scores, &weighted_scores, &confidences}) sum->merge_serialised(bytes);
}

Cell ModelAggregate::mean() const { return quotient(scores, static_cast<double>(scored)); }
Cell ModelAggregate::weighted_mean() const { return quotient(weighted_scores, confidences.rounded()); }

SessionColumns::SessionColumns(std::vector<Aggregate> columns) : columns_(std::move(columns)) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Aggregate& aggregate = columns_[i];
    Column column{.index = i, .slot = 0, .aggregate = &aggregate};
    column.counts_ids = aggregate.field == AggregateField::collection_id;
    column.has_condition = aggregate.models || aggregate.where;
    column.of_entry_time = aggregate.of == AggregateOf::labels && aggregate.field == AggregateField::timestamp;
    switch (aggregate.function) {
      case AggregateFunction::count:
        if (!column.counts_ids) break;
        column.slot = counts_of_ids_.size();
        counts_of_ids_.push_back(i);
        break;
      case AggregateFunction::min:
      case AggregateFunction::max: column.slot = extremes_++; break;
      case AggregateFunction::mean:
      case AggregateFunction::sum:
        column.slot = sums_;
        sums_ += aggregate.weight ? 2 : 1;
        break;
    }
    slots_.push_back(column.slot);
    switch (aggregate.of) {
      case AggregateOf::collections: collections_.push_back(column); break;
      case AggregateOf::predictions: predictions_.push_back(column); break;
      case AggregateOf::labels:
        if (needs_no_look(aggregate)) {
          counts_of_labels_.push_back(i);
        } else {
          seen_labels_.push_back(column);
        }
        break;
    }
  }
}

SessionAggregate SessionColumns::make() const {
  SessionAggregate made;
  made.counts.resize(columns_.size());
  made.extremes.resize(extremes_);
  made.sums.resize(sums_);
  return made;
}

void SessionColumns::clear(SessionAggregate& aggregate) {
  aggregate.collection_lines = aggregate.prediction_rows = 0;
  std::fill(aggregate.counts.begin(), aggregate.counts.end(), 0);
  for (ExactSum& sum : aggregate.sums) sum.clear();
}

void SessionColumns::merge_serialised(std::string_view bytes, SessionAggregate& into) const {
  into.collection_lines += take<std::uint64_t>(bytes);
  into.prediction_rows += take<std::uint64_t>(bytes);
  std::string_view rest = bytes.substr(columns_.size() * sizeof(std::uint64_t));  // extremes, then sums
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto count = take<std::uint64_t>(bytes);
    const AggregateFunction function = columns_[i].function;
    if (function == AggregateFunction::min || function == AggregateFunction::max) {
      const auto theirs = take<double>(rest);
      double& ours = into.extremes[slots_[i]];
      const bool better = function == AggregateFunction::min ? is_less(theirs, ours) : is_less(ours, theirs);
      if (count > 0 && (into.counts[i] == 0 || better)) ours = theirs;
    }
    into.counts[i] += count;
  }
  for (ExactSum& sum : into.sums) sum.merge_serialised(rest);
}

std::optional<double> SessionColumns::time_of(const record::Entry& entry) {
  if (entry.none) return std::nullopt;
  const std::optional<double> time = record::timestamp_of(entry.value.begin());
  return time && std::isfinite(*time) ? time : std::nullopt;
}

std::optional<double> SessionColumns::value_of(AggregateField field, const record::Record& record,
                                               const Time& entry_time, const record::Prediction* prediction,
                                               AggregateOf of) {
  switch (field) {
    case AggregateField::score: return prediction->score_value;
    case AggregateField::confidence: return prediction->confidence_value;
    default: break;
  }
  const Time& time = of == AggregateOf::labels ? entry_time : record.time;
  return time && std::isfinite(*time) ? time : std::nullopt;
}

// But for the filters on lists of entries, which match() asks.
bool SessionColumns::passes(const Aggregate& aggregate, const record::Record& record, const Time& entry_time,
                            const record::Prediction* prediction) {
  if (aggregate.models && (prediction->model_name == "null" || !lets_through(aggregate.models, prediction->model))) {
    return false;
  }
  if (!aggregate.where) return true;
  bool is_null = false;
  switch (aggregate.where->field) {
    case AggregateField::collection_id: is_null = record.collection.missing(); break;
    case AggregateField::model_name: is_null = prediction->model_name == "null"; break;
    case AggregateField::platform:
    case AggregateField::behaviour_type: return true;
    default: is_null = !value_of(aggregate.where->field, record, entry_time, prediction, aggregate.of); break;
  }
  return is_null == aggregate.where->is_null;
}

void SessionColumns::match(const record::Entry& entry) {
  matched_ = true;
  platform_ = entry.platform;
  type_ = entry.type;
  matching_.clear();
  reads_time_ = false;
  const auto passes = [&](const std::optional<std::vector<std::string>>& names, std::string_view value) {
    return !names || (value != "null" && lets_through(names, json::unescaped(value, text_)));
  };
  for (const Column& column : seen_labels_) {
    const Aggregate& aggregate = *column.aggregate;
    if (!passes(aggregate.platforms, entry.platform) || !passes(aggregate.behaviour_types, entry.type)) {
      continue;
    }
    if (aggregate.where) {
      const AggregateField field = aggregate.where->field;
      const bool is_null = field == AggregateField::platform ? entry.platform == "null" : entry.type == "null";
      const bool of_list = field == AggregateField::platform || field == AggregateField::behaviour_type;
      if (of_list && is_null != aggregate.where->is_null) continue;
    }
    matching_.push_back(&column);
    reads_time_ |= reads(aggregate, AggregateField::timestamp);
  }
}

void SessionColumns::add_value(const Column& column, double value, const std::optional<double>& weight,
                               SessionAggregate& into) {
  std::uint64_t& count = into.counts[column.index];
  switch (column.aggregate->function) {
    case AggregateFunction::min: {
      double& least = into.extremes[column.slot];
      if (count == 0 || is_less(value, least)) least = value;
      break;
    }
    case AggregateFunction::max: {
      double& greatest = into.extremes[column.slot];
      if (count == 0 || is_less(greatest, value)) greatest = value;
      break;
    }
    default:
      into.sums[column.slot].add(weight ? value * *weight : value);
      if (weight) into.sums[column.slot + 1].add(*weight);
      break;
  }
  ++count;
}

Cell SessionColumns::cell(std::size_t index, const SessionAggregate& aggregate) const {
  const Aggregate& column = columns_[index];
  const std::uint64_t count = aggregate.counts[index];
  if (column.is_count()) return static_cast<std::int64_t>(count);
  if (count == 0) return {};
  const std::size_t slot = slots_[index];
  switch (column.function) {
    case AggregateFunction::sum: return finite(aggregate.sums[slot].rounded());
    case AggregateFunction::mean:
      return quotient(aggregate.sums[slot],
                      column.weight ? aggregate.sums[slot + 1].rounded() : static_cast<double>(count));
    default: return aggregate.extremes[slot];
  }
}

}  // namespace gristmill::session
