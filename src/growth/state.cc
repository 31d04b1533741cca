// Runs of one level are merged when there are sixteen of them, as a sorter does it: a fact is written once a level, and
// at most fifteen runs of each level lie there. Tested in state_test.cc and by tests/programs/test_growth.py.
#include "growth/state.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "json/json_value.h"
#include "json/json_writer.h"
#include "shuffle/fact_file.h"
#include "storage/system_error.h"
#include "storage/whole_file.h"
#include "validate/repetition_finder.h"
#include "wire/count_fields.h"
#include "wire/settings_fields.h"
#include "wire/wire.h"

namespace gristmill::growth {
namespace {

constexpr std::size_t most_runs = 16;  // of one level
constexpr std::array<std::string_view, run_kinds> kind_names = {"aggregates", "ids",   "models",
                                                                "sessions",   "lines", "profiles"};
// Of kinds of which single facts are looked for, frames have an index and so many bytes before they are compressed.
constexpr std::size_t looked_up_frame_size = 64U << 10;
constexpr std::size_t usual_frame_size = 128U << 10;

struct KindOfFacts {
  shuffle::Sorter tasks::GroundFacts::* sorter;
  std::vector<shuffle::StoredFacts> tasks::EarlierFacts::* earlier;
};

KindOfFacts facts_of(RunKind kind) {
  using tasks::EarlierFacts;
  using tasks::GroundFacts;
  switch (kind) {
    case RunKind::aggregates: return {&GroundFacts::aggregates, &EarlierFacts::aggregates};
    case RunKind::ids: return {&GroundFacts::ids, &EarlierFacts::ids};
    case RunKind::models: return {&GroundFacts::models, &EarlierFacts::models};
    case RunKind::sessions: return {&GroundFacts::sessions, &EarlierFacts::sessions};
    case RunKind::lines: return {&GroundFacts::repeated, &EarlierFacts::repeated};
    case RunKind::profiles: break;
  }
  return {&GroundFacts::profiles, &EarlierFacts::profiles};
}

// Hands on the facts of one kind in the form in which they are kept.
class KeptFacts {
 public:
  KeptFacts(RunKind kind, std::uint32_t batch, std::uint32_t first_prediction, shuffle::FactFrames& frames)
      : kind_(kind), batch_(batch), first_prediction_(first_prediction), frames_(frames) {}

  [[nodiscard]] Status add(std::string_view key, std::string_view value, bool is_kept) {
    switch (kind_) {
      case RunKind::lines: return add_once(validation::identity_of_line(key));
      case RunKind::sessions: {
        if (is_kept) return frames_.add(key, value);
        session::SessionFact fact = session::decode_session_fact(value);
        fact.first = tasks::kept_place(fact.first, first_prediction_);
        return frames_.add(key, session::encode(fact));
      }
      case RunKind::profiles: {
        if (is_kept) return frames_.add(key, value);
        key_.assign(key);
        tasks::append_batch(batch_, key_);
        return frames_.add(key_, value);
      }
      // An id and a session's having a collection are facts without a value.
      default: return value.empty() ? add_once(key) : frames_.add(key, value);
    }
  }

 private:
  Status add_once(std::string_view key) {
    if (any_ && key == last_) return {};
    last_.assign(key);
    any_ = true;
    return frames_.add(key, {});
  }

  RunKind kind_;
  std::uint32_t batch_;
  std::uint32_t first_prediction_;
  shuffle::FactFrames& frames_;
  std::string key_;
  std::string last_;
  bool any_ = false;
};

Error damaged(const std::string& path) {
  return Error::output("'" + path + "' is not as it was written",
                       "restore it, or make the output anew with 'gristmill run --accumulate'")
      .in_file(path);
}

}  // namespace

template <typename Archive>
void fields(Archive& archive, State& state) {
  archive(state.batches, state.layout, state.recipe, state.accounting, state.duplicate_ids, state.unmatched_sessions,
          state.runs);
}

Error no_state(const std::string& root) {
  return Error::usage(
             "'" + root + "' keeps no state, so that nothing can be added to it",
             "make it anew from all inputs with 'gristmill run --accumulate'; later ones come by 'gristmill update'")
      .in_file(root);
}

std::string path_of(const StateRun& run) {
  char batches[32];
  std::snprintf(batches, sizeof batches, "-%06u-%06u", run.first_batch, run.last_batch);
  return "_state/" + std::string(kind_names[static_cast<std::size_t>(run.kind)]) + batches;
}

Result<std::optional<State>> read_state(Storage& storage, const std::string& root) {
  const std::string path = root + "/" + std::string(counts_name);
  GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(path));
  if (!there) return std::optional<State>();
  GM_ASSIGN(const std::string bytes, storage::read_whole_file(storage, path));
  if (bytes.size() != there->size) return damaged(path);
  const std::size_t end = bytes.find('\n');
  const std::optional<json::JsonValue> head = json::JsonValue::parse(std::string_view(bytes).substr(0, end));
  if (end == std::string::npos || !head || head->type() != json::JsonType::object) return damaged(path);
  const std::pair<const char*, std::uint32_t> numbers[] = {{"format", state_format}, {"data_revision", data_revision}};
  for (const auto& [name, ours] : numbers) {
    const std::uint64_t theirs = (*head)[name].count();
    if (theirs == ours) continue;
    return Error::usage("the state of '" + root + "' was written by gristmill " + (*head)["version"].text() +
                            ", with " + name + " " + std::to_string(theirs) + " where this one has " +
                            std::to_string(ours),
                        "make the output anew from its inputs with 'gristmill run --accumulate'")
        .in_file(path);
  }
  const std::string_view body = std::string_view(bytes).substr(end + 1);
  if ((*head)["xxh3_128"].text() != storage::hash128(body).hex()) return damaged(path);
  auto state = wire::from_wire<State>(body);
  if (!state.ok() || state->accounting.checks.size() != all_checks().size()) return damaged(path);
  return std::optional<State>(std::move(state.value()));
}

Result<storage::WrittenFile> write_counts(Storage& storage, const storage::OutputOptions& output, const State& state,
                                          const std::string& version) {
  const std::string body = wire::to_wire(state);
  std::string text;
  json::JsonWriter json(text);
  json.open_object(json::JsonLayout::one_line);
  json.number("format", state_format);
  json.number("data_revision", data_revision);
  json.text("version", version);
  json.text("xxh3_128", storage::hash128(body).hex());
  json.close();
  storage::OutputFile file(storage, output);
  GM_RETURN_IF_ERROR(file.open(std::string(counts_name)));
  GM_RETURN_IF_ERROR(file.append(text + "\n"));
  GM_RETURN_IF_ERROR(file.append(body));
  return file.close();
}

std::size_t frame_size_of(RunKind kind) {
  return kind == RunKind::ids || kind == RunKind::lines ? looked_up_frame_size : usual_frame_size;
}

tasks::EarlierFacts earlier_facts(const std::string& root, const std::vector<StateRun>& runs,
                                  std::uint32_t first_prediction) {
  tasks::EarlierFacts earlier;
  earlier.root = root;
  earlier.first_prediction = first_prediction;
  for (const StateRun& run : runs) {
    if (run.size > 0)
      (earlier.*facts_of(run.kind).earlier).push_back({root + "/" + path_of(run), run.size, run.index_size});
  }
  return earlier;
}

void put_run(const StateRun& made, std::vector<StateRun>& runs) {
  std::erase_if(runs, [&](const StateRun& run) {
    return run.kind == made.kind && run.first_batch >= made.first_batch && run.level < made.level;
  });
  runs.push_back(made);
}

Result<std::vector<storage::WrittenFile>> write_runs(Storage& storage, const storage::OutputOptions& output,
                                                     std::uint32_t batch, std::span<const RunKind> kinds,
                                                     const tasks::FactsToSettle& facts, std::vector<StateRun>& runs) {
  std::vector<storage::WrittenFile> written;
  for (const RunKind kind : kinds) {
    StateRun made{kind, batch, batch};
    std::vector<StateRun> merged;
    // The last ones of the level, and of the next where these make it full.
    for (;;) {
      std::vector<StateRun> full;
      for (const StateRun& run : runs) {
        if (run.kind == kind && run.level == made.level) full.push_back(run);
      }
      if (full.size() + 1 < most_runs) break;
      for (const StateRun& run : full) made.first_batch = std::min(made.first_batch, run.first_batch);
      ++made.level;
      merged.insert(merged.end(), full.begin(), full.end());
    }
    std::vector<shuffle::Sorter*> sorters;
    for (tasks::GroundFacts* worker : facts.workers) sorters.push_back(&(worker->*facts_of(kind).sorter));
    const tasks::EarlierFacts stored = earlier_facts(facts.earlier.root, merged, facts.earlier.first_prediction);
    shuffle::SortedFacts sorted(std::move(sorters), storage, stored.*facts_of(kind).earlier);
    storage::OutputFile file(storage, output);
    const bool is_looked_up = kind == RunKind::ids || kind == RunKind::lines;
    const auto append = [&](std::string_view frame) -> Status {
      if (!file.is_open()) GM_RETURN_IF_ERROR(file.open(path_of(made)));
      return file.append(frame);
    };
    shuffle::FactFrames frames(append, frame_size_of(kind));
    KeptFacts kept(kind, batch, facts.earlier.first_prediction, frames);
    for (;;) {
      GM_ASSIGN(const bool more, sorted.next());
      if (!more) break;
      GM_RETURN_IF_ERROR(kept.add(sorted.key(), sorted.value(), sorted.is_stored()));
    }
    GM_RETURN_IF_ERROR(frames.finish());
    if (is_looked_up) {
      GM_ASSIGN(made.index_size, frames.write_index());
    }
    if (file.is_open()) {
      GM_ASSIGN(written.emplace_back(), file.close());
      made.size = written.back().size - made.index_size;
    }
    put_run(made, runs);
  }
  return written;
}

void map_places(Accounting& accounting, const std::function<Place(Place)>& use) {
  for (DatasetAccount& dataset : accounting.datasets) {
    for (Culprits& examples : dataset.rejection_examples) examples.map_places(use);
  }
  accounting.for_each_list([&](Culprits& culprits) { culprits.map_places(use); });
}

}  // namespace gristmill::growth
