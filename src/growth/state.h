// What an output that grows keeps in `_state/` so that a later run can settle without reading a row again: the facts of
// all runs, sorted and merged by levels, and what was counted. Formats:
// docs/internals/private-formats.md.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/accounting.h"
#include "gristmill/recipe.h"
#include "gristmill/report.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "storage/output_file.h"
#include "tasks/settle.h"

namespace gristmill::growth {

inline constexpr std::string_view state_folder = "_state/";  // below the output root, as the next
inline constexpr std::string_view counts_name = "_state/counts";

// The form of everything in `_state/`.
inline constexpr std::uint32_t state_format = 7;
// Changes where a version of gristmill may give other bytes for the same input and recipe.
inline constexpr std::uint32_t data_revision = 1;

enum class RunKind : std::uint8_t { aggregates, ids, models, sessions, lines, profiles };
inline constexpr std::size_t run_kinds = 6;

// A file of sorted facts of one kind, of consecutive batches.
struct StateRun {
  RunKind kind = RunKind::aggregates;
  std::uint32_t first_batch = 0;
  std::uint32_t last_batch = 0;
  std::uint32_t level = 0;       // 0: of one batch; n + 1: merged from runs of level n
  std::uint64_t size = 0;        // bytes of facts; 0: there is no file
  std::uint64_t index_size = 0;  // bytes behind them, of a kind of which single facts are looked for
};
std::string path_of(const StateRun& run);  // below the output root
inline constexpr std::array<RunKind, run_kinds> all_run_kinds = {
    RunKind::aggregates, RunKind::ids, RunKind::models, RunKind::sessions, RunKind::lines, RunKind::profiles};

template <typename Archive>
void fields(Archive& archive, StateRun& run) {
  archive(run.kind, run.first_batch, run.last_batch, run.level, run.size, run.index_size);
}

struct State {
  std::uint32_t batches = 0;  // the number of the last one
  Layout layout = Layout::parts;
  Recipe recipe;  // of the last one; without places
  // Of all batches, without what is settled anew each time (sessions, ids that differ in case) and without files.
  // Places are kept ones (tasks::kept_place).
  Accounting accounting;
  // Findings of the checks that are judged on the whole, by data set.
  std::array<std::uint64_t, dataset_count> duplicate_ids{};
  std::array<std::uint64_t, dataset_count> unmatched_sessions{};
  std::vector<StateRun> runs;
};

// The usage error that an output has none.
Error no_state(const std::string& root);

// The state of the output in this folder; nullopt if it has none. A usage error where it is of another format or data
// revision, an output error where it is damaged.
[[nodiscard]] Result<std::optional<State>> read_state(Storage& storage, const std::string& root);
[[nodiscard]] Result<storage::WrittenFile> write_counts(Storage& storage, const storage::OutputOptions& output,
                                                        const State& state, const std::string& version);

// Bytes of a frame of such a run before it is compressed.
std::size_t frame_size_of(RunKind kind);

// The facts of these runs, to be settled with those of a new batch.
tasks::EarlierFacts earlier_facts(const std::string& root, const std::vector<StateRun>& runs,
                                  std::uint32_t first_prediction);

// Puts a new run into `runs`, in the place of those that were merged into it.
void put_run(const StateRun& made, std::vector<StateRun>& runs);

// Writes the runs of these kinds of a new batch, merged with earlier ones where there are many, and puts them into
// `runs`.
[[nodiscard]] Result<std::vector<storage::WrittenFile>> write_runs(Storage& storage,
                                                                   const storage::OutputOptions& output,
                                                                   std::uint32_t batch, std::span<const RunKind> kinds,
                                                                   const tasks::FactsToSettle& facts,
                                                                   std::vector<StateRun>& runs);

// Applies `use` to every place in what was counted.
void map_places(Accounting& accounting, const std::function<Place(Place)>& use);

}  // namespace gristmill::growth
