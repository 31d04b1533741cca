// What a run tells other programs at its end, failures included: a result as JSON (docs/guide/result.schema.json), and
// metrics as Prometheus reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gristmill/run.h"

namespace gristmill::events {

// The end of one command.
struct Ending {
  std::string command;  // "run", "update", "validate"
  int exit_code = 0;
  std::string output;                 // resolved; empty where it is not known
  std::string run_id;                 // empty where it did not begin
  std::string started;                // ISO 8601, UTC
  double seconds = 0;                 // whole, from `started` on
  std::optional<RunOutcome> outcome;  // none where it came to none
  std::optional<Error> error;         // why the exit code is not 0
};

// What was counted; nullptr where nothing was: the run failed before, or found nothing new.
const RunReport* report_of(const Ending& ending);

// "published", "staged", "unchanged", "validated", "failed", "interrupted".
std::string_view status_of(const Ending& ending);

// What every result and every file of metrics begins with.
inline constexpr std::string_view result_start = "{\n  \"$schema\": \"urn:gristmill:result:";
inline constexpr std::string_view metrics_start = "# HELP gristmill_";

// One object, with a newline. `before`: what the file of results held from the last time; empty: nothing.
std::string result_json(const Ending& ending, std::string_view before);

// Whether the verdict is another than that of the last run that came to one, as result_json() says; nullopt: there was
// none.
std::optional<bool> verdict_changed(const Ending& ending, std::string_view before);

// Metrics of the run in Prometheus' text format. `before`: those of the last time, of which the time of the last
// success is taken over where this run is none. `now`: seconds since 1970.
std::string metrics_text(const Ending& ending, std::string_view before, std::int64_t now);

}  // namespace gristmill::events
