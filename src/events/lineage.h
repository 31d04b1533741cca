// A run as OpenLineage events (https://openlineage.io/spec/2-0-2/OpenLineage.json): that it began, and how it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/run_result.h"

namespace gristmill::events {

// What an output's data set is made of.
struct LineageTable {
  struct Column {
    std::string name;
    std::string type;
  };
  std::string folder;                  // in the output: "aggregated-parquet"
  std::vector<Column> columns;         // none: not known
  std::optional<std::uint64_t> rows;   // where they are known
  std::optional<std::uint64_t> bytes;  // likewise
};

// The run that began this one: Airflow's task. It is left out where a part of it is missing.
struct LineageParent {
  std::string job_namespace;
  std::string job_name;
  std::string run_id;  // a UUID
};

// What both events of a run say.
struct LineageRun {
  std::string run_id;         // a UUID
  std::string job_namespace;  // "default"
  std::string command;
  std::vector<std::string> inputs[dataset_count];  // absolute paths and URIs, globs among them
  std::string output;                              // an absolute path or URI; empty: nothing is written
  std::optional<LineageParent> parent;
};

// A UUID of version 7: of `milliseconds` since 1970 and of chance.
std::string new_lineage_id(std::uint64_t milliseconds);
// OPENLINEAGE_PARENT_ID, "NAMESPACE/JOB/RUN_ID"; nullopt where it is none.
std::optional<LineageParent> lineage_parent(std::string_view text);

// One object on one line, with a newline. `time`: ISO 8601, UTC. START, with tables that have no columns yet:
std::string lineage_start(const LineageRun& run, std::string_view time, const std::vector<LineageTable>& tables);
// COMPLETE, FAIL, or ABORT of an interrupted one. The checks are assertions on the inputs, in the numbers that the run
// is judged by.
std::string lineage_end(const LineageRun& run, std::string_view time, const std::vector<LineageTable>& tables,
                        const Ending& ending);

}  // namespace gristmill::events
