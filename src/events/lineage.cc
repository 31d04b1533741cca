// Facets are those of OpenLineage's registry, none of our own. Tested in lineage_test.cc, and by
// tests/programs/test_lineage.py against the classes that OpenLineage generates from its schema.
#include "events/lineage.h"

#include <algorithm>
#include <cstdio>
#include <random>

#include "json/json_writer.h"
#include "report/findings.h"

namespace gristmill::events {
namespace {

constexpr std::size_t most_inputs = 100;  // of a data set: each has all assertions
constexpr std::string_view schemas = "https://openlineage.io/spec/";

std::string producer() { return "urn:gristmill:" + version(); }

// Opens the facet; `schema`: "facets/1-2-0/SchemaDatasetFacet.json".
void open_facet(std::string_view name, std::string_view schema, json::JsonWriter& json) {
  const std::size_t slash = schema.rfind('/') + 1;
  const std::string type(schema.substr(slash, schema.rfind('.') - slash));
  json.open_object(name);
  json.text("_producer", producer());
  json.text("_schemaURL", std::string(schemas) + std::string(schema) + "#/$defs/" + type);
}

void write_job(const LineageRun& run, json::JsonWriter& json) {
  const std::string* place = &run.output;
  for (const auto& inputs : run.inputs) {
    if (place->empty() && !inputs.empty()) place = &inputs.front();
  }
  json.open_object("job");
  json.text("namespace", run.job_namespace);
  json.text("name", "gristmill " + run.command + " " + *place);
  json.open_object("facets");
  open_facet("jobType", "facets/2-0-4/JobTypeJobFacet.json", json);
  json.text("processingType", "BATCH");
  json.text("integration", "GRISTMILL");
  json.text("jobType", "COMMAND");
  json.close();
  json.close();
  json.close();
}

void write_run(const LineageRun& run, const std::optional<Error>& error, json::JsonWriter& json) {
  json.open_object("run");
  json.text("runId", run.run_id);
  json.open_object("facets");
  open_facet("processing_engine", "facets/1-1-1/ProcessingEngineRunFacet.json", json);
  json.text("name", "gristmill");
  json.text("version", version());
  json.close();
  if (run.parent) {
    open_facet("parent", "facets/1-2-0/ParentRunFacet.json", json);
    json.open_object("run");
    json.text("runId", run.parent->run_id);
    json.close();
    json.open_object("job");
    json.text("namespace", run.parent->job_namespace);
    json.text("name", run.parent->job_name);
    json.close();
    json.close();
  }
  if (error) {
    open_facet("errorMessage", "facets/1-0-1/ErrorMessageRunFacet.json", json);
    json.text("message", error->message + (error->advice.empty() ? "" : "; " + error->advice));
    json.text("programmingLanguage", "C++");
    json.close();
  }
  json.close();
  json.close();
}

// As OpenLineage names data sets: "s3://bucket" and a key, "file" and a path.
void write_name(std::string_view place, json::JsonWriter& json) {
  constexpr std::string_view s3 = "s3://";
  if (!place.starts_with(s3)) {
    json.text("namespace", "file");
    json.text("name", place);
    return;
  }
  const std::size_t slash = std::min(place.find('/', s3.size()), place.size());
  const std::string_view key = place.substr(std::min(slash + 1, place.size()));
  json.text("namespace", place.substr(0, slash));
  json.text("name", key.empty() ? "/" : key);
}

// `severity`: empty where it is not known.
void write_assertion(std::string_view check, CheckStatus status, std::string_view severity, std::uint64_t findings,
                     json::JsonWriter& json) {
  json.open_object();
  json.text("assertion", check);
  json.flag("success", status == CheckStatus::passed || status == CheckStatus::ignored);
  if (!severity.empty()) json.text("severity", severity);
  json.text("name", check);
  json.text("actual", std::to_string(findings));
  json.close();
}

std::string_view severity_of(Severity severity) { return severity == Severity::fail ? "error" : "warn"; }
// As far as it shows.
std::string_view severity_of(CheckStatus status) {
  if (status == CheckStatus::failed) return "error";
  return status == CheckStatus::warned ? "warn" : "";
}

// Those that are not of the other data set alone.
std::uint64_t flagged_measures(const DriftOutcome& drift, Dataset dataset) {
  const Dataset other = dataset == Dataset::collections ? Dataset::predictions : Dataset::collections;
  std::uint64_t flagged = 0;
  for (const DriftMeasure& measure : drift.measures)
    flagged += measure.is_flagged && !measure.name.starts_with(std::string(name_of(other)) + ".") ? 1 : 0;
  return flagged;
}

void write_assertions(const RunReport& report, Dataset dataset, json::JsonWriter& json) {
  const std::vector<CheckOutcome>& checks = judged_checks(report);
  open_facet("dataQualityAssertions", "facets/1-1-0/DataQualityAssertionsDatasetFacet.json", json);
  json.open_array("assertions");
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const std::uint64_t findings = checks[i].findings[static_cast<std::size_t>(dataset)];
    const CheckStatus status = findings == 0 ? CheckStatus::passed : checks[i].status;
    write_assertion(all_checks()[i].name, status, severity_of(checks[i].policy.severity), findings, json);
  }
  if (const auto& volume = report.run.volume[static_cast<std::size_t>(dataset)]) {
    const bool is_less = volume->status == CheckStatus::warned || volume->status == CheckStatus::failed;
    write_assertion("volume", volume->status, severity_of(volume->status), is_less ? 1 : 0, json);
  }
  if (const auto& drift = report.run.drift) {
    const std::uint64_t flagged = flagged_measures(*drift, dataset);
    write_assertion("drift", flagged == 0 ? CheckStatus::passed : drift->status, severity_of(drift->status), flagged,
                    json);
  }
  json.close();
  json.close();
}

void write_input(const std::string& place, Dataset dataset, bool is_only, const RunReport* report,
                 json::JsonWriter& json) {
  json.open_object();
  write_name(place, json);
  if (report != nullptr) {
    json.open_object("inputFacets");
    write_assertions(*report, dataset, json);
    if (is_only) {
      const FileReport& read = report::read_by_run(*report, dataset);
      open_facet("inputStatistics", "facets/1-0-0/InputStatisticsInputDatasetFacet.json", json);
      json.number("rowCount", read.lines);
      json.number("size", read.stored_bytes);
      json.close();
    }
    json.close();
  }
  json.close();
}

void write_output(const std::string& output, const LineageTable& table, json::JsonWriter& json) {
  json.open_object();
  write_name(output + "/" + table.folder, json);
  if (!table.columns.empty()) {
    json.open_object("facets");
    open_facet("schema", "facets/1-2-0/SchemaDatasetFacet.json", json);
    json.open_array("fields");
    for (const LineageTable::Column& column : table.columns) {
      json.open_object();
      json.text("name", column.name);
      json.text("type", column.type);
      json.close();
    }
    json.close();
    json.close();
    json.close();
  }
  if (table.rows || table.bytes) {
    json.open_object("outputFacets");
    open_facet("outputStatistics", "facets/1-0-2/OutputStatisticsOutputDatasetFacet.json", json);
    if (table.rows) json.number("rowCount", *table.rows);
    if (table.bytes) json.number("size", *table.bytes);
    json.close();
    json.close();
  }
  json.close();
}

std::string event(const LineageRun& run, std::string_view type, std::string_view time,
                  const std::vector<LineageTable>& tables, const std::optional<Error>& error, const RunReport* report) {
  std::string text;
  json::JsonWriter json(text);
  json.open_object(json::JsonLayout::one_line);
  json.text("eventType", type);
  json.text("eventTime", time);
  json.text("producer", producer());
  json.text("schemaURL", std::string(schemas) + "2-0-2/OpenLineage.json#/$defs/RunEvent");
  write_run(run, error, json);
  write_job(run, json);
  json.open_array("inputs");
  for (const Dataset dataset : all_datasets) {
    const std::vector<std::string>& places = run.inputs[static_cast<std::size_t>(dataset)];
    for (std::size_t i = 0; i < std::min(places.size(), most_inputs); ++i)
      write_input(places[i], dataset, places.size() == 1, report, json);
  }
  json.close();
  json.open_array("outputs");
  if (!run.output.empty()) {
    for (const LineageTable& table : tables) write_output(run.output, table, json);
  }
  json.close();
  json.close();
  return text + "\n";
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool is_hex = std::string_view("0123456789abcdefABCDEF").find(text[i]) != std::string_view::npos;
    if (shape[i] == '-' ? text[i] != '-' : !is_hex) return false;
  }
  return true;
}

}  // namespace

std::string new_lineage_id(std::uint64_t milliseconds) {
  std::random_device random;
  const unsigned version_and_chance = 0x7000U | (random() & 0xFFFU);
  const unsigned variant_and_chance = 0x8000U | (random() & 0x3FFFU);
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%08x%04x",
                static_cast<unsigned>(milliseconds >> 16 & 0xFFFFFFFFU), static_cast<unsigned>(milliseconds & 0xFFFFU),
                version_and_chance, variant_and_chance, random(), random() & 0xFFFFU);
  return text;
}

std::optional<LineageParent> lineage_parent(std::string_view text) {
  // From the end: a namespace may be a URL.
  const std::size_t last = text.rfind('/');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const std::size_t first = text.rfind('/', last - 1);
  if (first == std::string_view::npos || first == 0 || last == first + 1) return std::nullopt;
  const std::string_view run_id = text.substr(last + 1);
  if (!is_uuid(run_id)) return std::nullopt;
  return LineageParent{std::string(text.substr(0, first)), std::string(text.substr(first + 1, last - first - 1)),
                       std::string(run_id)};
}

std::string lineage_start(const LineageRun& run, std::string_view time, const std::vector<LineageTable>& tables) {
  return event(run, "START", time, tables, std::nullopt, nullptr);
}

std::string lineage_end(const LineageRun& run, std::string_view time, const std::vector<LineageTable>& tables,
                        const Ending& ending) {
  const bool is_interrupted = ending.error && ending.error->kind == ErrorKind::interrupted;
  const bool is_complete = ending.exit_code == 0 || status_of(ending) == "published";
  const std::string_view type = is_complete ? "COMPLETE" : is_interrupted ? "ABORT" : "FAIL";
  return event(run, type, time, tables, ending.error, report_of(ending));
}

}  // namespace gristmill::events
