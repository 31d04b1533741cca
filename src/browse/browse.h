// The door of this room: looking into an output that was written. Its sessions, its rejected lines and its
// checks, as a table for people, as CSV or as JSON Lines.
//
// Everything is read from the JSON that the output holds, front to back, so that memory does not grow with
// it: only a sort keeps rows, and those in an external sort; a table is laid out 1,000 rows at a time. Texts
// of the input are made visible in tables; in CSV and JSON they are what they are.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "gristmill/run.h"
#include "gristmill/storage.h"
#include "report/tables.h"

namespace gristmill::browse {

enum class BrowseFormat : std::uint8_t { table, csv, json };

struct BrowseQuery {
  BrowseFormat format = BrowseFormat::table;
  std::optional<std::uint64_t> limit;  // 0: all; nullopt: what suits the format
  text::TableStyle style;              // of tables
  // Of what is known by them; of quarantine, lines that hold the profile's id.
  std::optional<std::string> profile;
  std::optional<std::string> session;
  // Of sessions.
  std::string sort_column;  // empty: in the order of the output, which is (profile, session)
  bool descending = false;
  std::string spill_folder;  // where a sort puts what does not fit its memory; must exist
  // Of quarantine; empty: every reason.
  std::string reason;
};

// Takes the next piece of text. False: nobody reads any more, so there is no need to go on.
using BrowseSink = std::function<Result<bool>(std::string_view text)>;

// Whether a file of this name in a profile's folder has its rows: `stem`.jsonl, or a part of an output that grows
// (`stem`-000001.jsonl). `stem`: "collections" of labels, "predictions".
bool is_rows_file(std::string_view name, std::string_view stem);

// A sentence for people about what was not shown; empty if all was.
using BrowseNote = std::string;

// `folder` is a complete output. An output error if a file of it is missing or is not as gristmill writes it.
Result<BrowseNote> browse_sessions(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                   const BrowseSink& sink);
Result<BrowseNote> browse_models(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                 const BrowseSink& sink);
// Of the profile, which must be given: a usage error if there is none or it has no such rows.
Result<BrowseNote> browse_labels(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                 const BrowseSink& sink);
Result<BrowseNote> browse_predictions(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                      const BrowseSink& sink);
Result<BrowseNote> browse_quarantine(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                     const BrowseSink& sink);
// What came when, of an output that grows: a usage error if it does not.
Result<BrowseNote> browse_batches(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                  const BrowseSink& sink);
// The runs before, of any output.
Result<BrowseNote> browse_history(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                  const BrowseSink& sink);
Result<BrowseNote> browse_checks(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                 const BrowseSink& sink);

// The tables of a run's checks, its first sessions as they were written, the summary.
std::string run_tables(Storage& storage, const RunOutcome& outcome, const text::TableStyle& style);
// The end of a run on one screen: what went in and out, the verdict, and what of the output is worth a look, as
// commands. `output`: as the user wrote it.
std::string run_ending(const RunOutcome& outcome, const std::string& output, const text::TableStyle& style);

// Names of the checks that failed, that of the volume among them, with commas between.
std::string failed_checks(const RunReport& report);

// Each check that warned (as a warning) or failed (as an error): "check repairs warned: collections 12, predictions 0".
std::vector<LogEvent> check_events(const RunReport& report);

}  // namespace gristmill::browse
