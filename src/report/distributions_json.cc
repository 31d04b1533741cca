// Of the 65 bins of a count those that are empty are left out; the 20 of a score all stand, by their place. Tested in
// report_json_test.cc and against docs/guide/report.schema.json.
#include "report/distributions_json.h"

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

std::string time_text(std::int32_t time, bool by_day) {
  char text[16];
  if (by_day) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{time}}};
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  } else {
    std::snprintf(text, sizeof text, "%04d-%02d", 1970 + time / 12, time % 12 + 1);
  }
  return text;
}

void write_model(const ModelUse::Model& model, bool by_day, json::JsonWriter& json) {
  ModelUse::Use all;
  for (const auto& [month, use] : model.months) all.merge(use);
  json.number("rows", all.rows);
  json.number("without_score", all.without_score);
  json.open_array("over_time");
  for (const auto& [time, use] : by_day ? model.days : model.months) {
    json.open_object(json::JsonLayout::one_line);
    json.name("time");
    if (time == ModelUse::no_time) {
      json.null();
    } else {
      json.text(time_text(time, by_day));
    }
    json.number("rows", use.rows);
    json.number("without_score", use.without_score);
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
  const ModelUse& models = report.accounting.models;
  json.open_object("models");
  json.text("unit", models.by_day() ? "day" : "month");
  json.open_array("models");
  for (const auto& [name, model] : models.models()) {
    json.open_object();
    json.text("model", name);
    write_model(model, models.by_day(), json);
    json.close();
  }
  json.close();
  json.open_object("others");
  write_model(models.others(), models.by_day(), json);
  json.close();
  json.close();
  json.close();
}

}  // namespace gristmill::report
