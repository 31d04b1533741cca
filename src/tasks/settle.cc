// Each settles one kind of fact in one pass over its merged sorters. Tested in settle_test.cc and by the
// cases in tests/cases.
#include "tasks/settle.h"

#include <cmath>
#include <cstring>

#include "record/json_text.h"
#include "session/session_table.h"
#include "validate/quarantine.h"

namespace gristmill {
namespace {

constexpr std::size_t most_culprits = 100;
constexpr std::size_t longest_id = 16U << 10;  // bytes of a session id that a culprit shows

std::vector<Sorter*> sorters_of(const FactsOfWorkers& facts, Sorter GroundFacts::*member) {
  std::vector<Sorter*> sorters;
  for (GroundFacts* worker : facts) sorters.push_back(&(worker->*member));
  return sorters;
}

std::optional<double> finite(double value) { return value - value == 0 ? std::optional(value) : std::nullopt; }

std::optional<double> weighted_mean(const SessionAggregate& aggregate) {
  if (aggregate.weighted_count == 0) return std::nullopt;
  const auto scores = finite(aggregate.weighted_scores.rounded());
  const auto confidences = finite(aggregate.confidences.rounded());
  if (!scores || !confidences || *confidences == 0) return std::nullopt;
  return finite(*scores / *confidences);
}

std::optional<double> swipe_mean(const SessionAggregate& aggregate) {
  if (aggregate.swipe_count == 0) return std::nullopt;
  const auto scores = finite(aggregate.swipe_scores.rounded());
  return scores ? finite(*scores / static_cast<double>(aggregate.swipe_count)) : std::nullopt;
}

// Gathers the facts of one session id, then judges it.
class SessionJudge {
 public:
  explicit SessionJudge(SettledSessions& settled) : settled_(settled) {}

  void add(std::string_view session, Dataset dataset, std::string_view profile, const SessionFact& fact) {
    if (!any_ || session != session_) {
      judge();
      session_.assign(session);
      any_ = true;
    }
    SessionCulprit& seen = seen_[static_cast<std::size_t>(dataset)];
    if (!profile.empty() && (seen.profiles == 0 || profile != profile_)) {
      ++seen.profiles;
      profile_.assign(profile);
    }
    if (seen.rows == 0 || fact.first < seen.first) {
      seen.first = fact.first;
      seen.first_line = fact.first_line;
    }
    seen.rows += fact.rows;
  }

  void judge() {
    if (!any_) return;
    for (std::size_t i = 0; i < dataset_count; ++i) {
      SessionCulprit& seen = seen_[i];
      if (seen.rows == 0) continue;
      seen.session = session_.size() <= longest_id ? session_ : beginning_of(session_, longest_id) + "...";
      seen.dataset = static_cast<Dataset>(i);
      auto& counts = settled_.datasets[i];
      ++counts.sessions;
      if (seen.profiles > 1) {
        ++counts.duplicate_ids;
        if (settled_.duplicates.size() < most_culprits) settled_.duplicates.push_back(seen);
      }
      if (seen_[1 - i].rows == 0) {
        ++counts.unmatched_sessions;
        counts.unmatched_rows += seen.rows;
        if (settled_.unmatched.size() < most_culprits) settled_.unmatched.push_back(seen);
      }
    }
    seen_ = {};
    any_ = false;
  }

 private:
  SettledSessions& settled_;
  bool any_ = false;
  std::string session_;
  std::string profile_;  // the last one of the data set being read
  std::array<SessionCulprit, dataset_count> seen_;
};

}  // namespace

Status settle_session_checks(const FactsOfWorkers& facts, SettledSessions& settled) {
  SortedFacts sorted(sorters_of(facts, &GroundFacts::sessions));
  SessionJudge judge(settled);
  std::string session_scratch;
  std::string profile_scratch;
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) break;
    std::string_view key = sorted.key();
    const std::string_view session = take_key_text(key, session_scratch);
    const auto dataset = static_cast<Dataset>(key[0]);
    key.remove_prefix(1);
    SessionFact fact;
    std::memcpy(&fact, sorted.value().data(), sizeof fact);
    judge.add(session, dataset, take_key_text(key, profile_scratch), fact);
  }
  judge.judge();
  return {};
}

Status settle_aggregates(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                         const std::string& version, const FactsOfWorkers& facts, SettledSessions& settled,
                         std::vector<WrittenFile>& written, std::uint64_t rows_per_part) {
  const bool write = !options.output.root.empty();
  SessionTableWriter table(storage, options.output, version, canonical_meaning(recipe), rows_per_part);
  if (write) GM_RETURN_IF_ERROR(table.open());
  SortedFacts sorted(sorters_of(facts, &GroundFacts::aggregates));
  std::string session_key;  // profile and session
  SessionAggregate aggregate;
  std::string collection;
  bool any = false;
  bool any_collection = false;
  std::string profile_scratch;
  std::string session_scratch;

  const auto finish_session = [&]() -> Status {
    if (!any) return {};
    if (aggregate.collection_lines == 0) settled.predictions_of_unknown_sessions += aggregate.prediction_rows;
    if (aggregate.collection_lines == 0 && recipe.sessions == SessionScope::collections) return {};
    ++settled.rows;
    SessionRow row;
    row.number_of_collections = static_cast<std::int64_t>(aggregate.collections);
    row.weighted_mean_model_score = weighted_mean(aggregate);
    row.mean_swipe_score = swipe_mean(aggregate);
    row.failed_keystroke_predictions = static_cast<std::int64_t>(aggregate.failed_keystrokes);
    SessionDistributions& distributions = settled.distributions;
    distributions.collections.add(aggregate.collections);
    distributions.failed_keystrokes.add(aggregate.failed_keystrokes);
    distributions.weighted_mean.add(row.weighted_mean_model_score);
    distributions.swipe_mean.add(row.mean_swipe_score);
    if (!write) return {};
    std::string_view key = session_key;
    row.profile_id = take_key_text(key, profile_scratch);
    row.session_id = take_key_text(key, session_scratch);
    return table.add(row);
  };

  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) break;
    std::string_view rest = sorted.key();
    take_key_text(rest, profile_scratch);
    take_key_text(rest, session_scratch);
    const std::string_view group = sorted.key().substr(0, sorted.key().size() - rest.size());
    if (!any || group != session_key) {
      GM_RETURN_IF_ERROR(finish_session());
      session_key.assign(group);
      aggregate = {};
      any = true;
      any_collection = false;
    }
    if (rest[0] == '\0') {
      aggregate.merge(SessionAggregate::parse(sorted.value()));
    } else if (const std::string_view id = rest.substr(1); !any_collection || id != collection) {
      ++aggregate.collections;
      collection.assign(id);
      any_collection = true;
    }
  }
  GM_RETURN_IF_ERROR(finish_session());
  if (!write) return {};
  GM_ASSIGN(std::vector<WrittenFile> files, table.close());
  for (WrittenFile& file : files) written.push_back(std::move(file));
  return {};
}

Status settle_quarantine(Storage& storage, const GrindOptions& options, const std::vector<InputFile>& files,
                         const std::string& inputs_id, const FactsOfWorkers& facts, std::vector<WrittenFile>& written) {
  if (options.output.root.empty()) return {};
  const std::string beginning = beginning_of_quarantine_lines(inputs_id);
  SortedFacts sorted(sorters_of(facts, &GroundFacts::rejected));
  OutputFile output(storage, options.output);
  std::optional<Dataset> open;
  const auto close = [&]() -> Status {
    if (!open) return {};
    GM_ASSIGN(written.emplace_back(), output.close());
    return {};
  };
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) break;
    std::string_view key = sorted.key();
    const Dataset dataset = files[take_key_number(key)].dataset;
    if (open != dataset) {
      GM_RETURN_IF_ERROR(close());
      GM_RETURN_IF_ERROR(output.open("quarantine/" + std::string(name_of(dataset)) + ".jsonl"));
      open = dataset;
    }
    GM_RETURN_IF_ERROR(output.append(beginning));
    GM_RETURN_IF_ERROR(output.append(sorted.value()));
  }
  return close();
}

}  // namespace gristmill
