// Of the 65 bins of a count those that are empty are left out; the 20 of a score all stand, by their place. Tested in
// report_json_test.cc and against docs/guide/report.schema.json.
#include "report/distributions_json.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "report/findings.h"

namespace gristmill::report {
namespace {

// Members; the object around them is the caller's.
void write_counts(const CountDistribution& counts, json::JsonWriter& json) {
  json.number("count", counts.count);
  json.number("least", counts.count == 0 ? 0 : counts.least);
  json.number("most", counts.most);
  json.number("sum", counts.sum);
  json.open_array("bins");
  for (std::size_t i = 0; i < CountDistribution::bin_count; ++i) {
    if (counts.bins[i] == 0) continue;
    json.open_object(json::JsonLayout::one_line);
    json.number("from", CountDistribution::begin_of(i));
    json.number("to", i == 0 ? 0 : 2 * (CountDistribution::begin_of(i) - 1) + 1);
    json.number("count", counts.bins[i]);
    json.close();
  }
  json.close();
}

void write_scores(std::string_view name, const ScoreDistribution& scores, json::JsonWriter& json) {
  json.open_object(name);
  json.real("least", scores.least);  // null where there is none
  json.real("most", scores.most);
  json.number("missing", scores.missing);
  json.number("below_0", scores.below);
  json.number("above_1", scores.above);
  json.open_array("bins", json::JsonLayout::one_line);
  for (const std::uint64_t count : scores.bins) json.number(count);
  json.close();
  json.close();
}

std::string_view unit_name(ModelUse::Unit unit) {
  switch (unit) {
    case ModelUse::Unit::day: return "day";
    case ModelUse::Unit::month: return "month";
    default: return "year";
  }
}

// null where it is no time.
void write_time(std::string_view name, std::int32_t time, ModelUse::Unit unit, json::JsonWriter& json) {
  json.name(name);
  if (time == ModelUse::no_time) {
    json.null();
    return;
  }
  char text[16];
  if (unit == ModelUse::Unit::day) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{time}}};
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  } else if (unit == ModelUse::Unit::month) {
    std::snprintf(text, sizeof text, "%04d-%02d", 1970 + time / 12, time % 12 + 1);
  } else {
    std::snprintf(text, sizeof text, "%04d", 1970 + time);
  }
  json.text(text);
}

// As numbers of two decimals.
void write_quartiles(std::string_view name, const ScoreSpread& spread, json::JsonWriter& json) {
  json.open_array(name, json::JsonLayout::one_line);
  for (const unsigned quarters : {1U, 2U, 3U}) {
    const std::optional<double> value = spread.quartile(quarters);
    if (value) {
      json.real(*value);
    } else {
      json.null();
    }
  }
  json.close();
}

}  // namespace

void write_use(const ModelUse::Use& use, json::JsonWriter& json) {
  json.number("rows", use.rows);
  json.number("without_score", use.rows - use.score.count());
  json.number("without_confidence", use.rows - use.confidence.count());
  write_quartiles("score", use.score, json);
  write_quartiles("confidence", use.confidence, json);
}

namespace {

// The first and the last time of a model, no_time where it has none.
struct Span {
  std::int32_t first = ModelUse::no_time;
  std::int32_t last = ModelUse::no_time;
  void add(const ModelUse::Model& model) {
    for (const auto& [time, use] : model) {
      if (time == ModelUse::no_time) continue;
      first = first == ModelUse::no_time ? time : std::min(first, time);
      last = std::max(last, time);
    }
  }
};

void write_model(const ModelUse::Model& model, const Span& data, ModelUse::Unit unit, json::JsonWriter& json) {
  ModelUse::Use all;
  for (const auto& [time, use] : model) all.merge(use);
  write_use(all, json);
  Span span;
  span.add(model);
  write_time("first", span.first, unit, json);
  write_time("last", span.last, unit, json);
  json.flag("new", span.first > data.first && span.first != ModelUse::no_time);
  json.flag("gone", span.last < data.last && span.last != ModelUse::no_time);
  json.open_array("over_time");
  for (const auto& [time, use] : model) {
    json.open_object(json::JsonLayout::one_line);
    write_time("time", time, unit, json);
    write_use(use, json);
    json.close();
  }
  json.close();
}

void write_partitions(const RunReport& report, json::JsonWriter& json) {
  json.name("partitions");
  if (!report.writes_rows) {
    json.null();
    return;
  }
  json.open_object();
  for (const Dataset dataset : all_datasets) {
    const PartitionDistribution& partitions = report.accounting.of(dataset).partition_sizes;
    json.open_object(dataset == Dataset::collections ? "labels" : "predictions");
    write_counts(partitions.sizes(), json);
    json.open_array("largest");
    for (const LargestPartition& partition : partitions.largest()) {
      json.open_object(json::JsonLayout::one_line);
      json.text("path", partition.path);
      json.number("bytes", partition.bytes);
      json.close();
    }
    json.close();
    json.close();
  }
  json.close();
}

void write_models(const ModelUse& models, json::JsonWriter& json) {
  Span data;
  for (const auto& [name, model] : models.models()) data.add(model);
  data.add(models.others());
  json.open_object("models");
  json.text("unit", unit_name(models.unit()));
  json.open_array("models");
  for (const auto& [name, model] : models.models()) {
    json.open_object();
    json.text("model", name);
    write_model(model, data, models.unit(), json);
    json.close();
  }
  json.close();
  json.open_object("others");
  write_model(models.others(), data, models.unit(), json);
  json.close();
  json.close();
}

}  // namespace

void write_distributions(const RunReport& report, json::JsonWriter& json) {
  json.open_object("distributions");
  json.open_object("sessions");
  for (const ColumnDistribution& column : report.sessions.distributions) {
    if (const auto* const counts = std::get_if<CountDistribution>(&column.values)) {
      json.open_object(column.column);
      write_counts(*counts, json);
      json.close();
    } else {
      write_scores(column.column, std::get<ScoreDistribution>(column.values), json);
    }
  }
  json.close();
  write_partitions(report, json);
  write_models(report.accounting.models, json);
  json.close();
}

}  // namespace gristmill::report
