// Each settles one kind of fact in one pass over its merged sorters. Tested in settle_test.cc and by the
// cases in tests/cases.
#include "tasks/settle.h"

#include <utility>

#include "session/session_table.h"
#include "validate/case_twins.h"
#include "validate/repetition_finder.h"

namespace gristmill::tasks {
namespace {

using Earlier = std::vector<shuffle::StoredFacts> EarlierFacts::*;

shuffle::SortedFacts sorted_facts(Storage& storage, const FactsToSettle& facts, shuffle::Sorter GroundFacts::* member,
                                  Earlier earlier) {
  std::vector<shuffle::Sorter*> sorters;
  for (GroundFacts* worker : facts.workers) sorters.push_back(&(worker->*member));
  return {std::move(sorters), storage,
          earlier == nullptr ? std::vector<shuffle::StoredFacts>() : facts.earlier.*earlier};
}

// `use` is a Status(const SessionKey&, const SessionFact&).
Status for_each_session_fact(Storage& storage, const FactsToSettle& facts, const auto& use) {
  shuffle::SortedFacts sorted = sorted_facts(storage, facts, &GroundFacts::sessions, &EarlierFacts::sessions);
  session::SessionKey key;
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) return {};
    key.decode(sorted.key());
    session::SessionFact fact = session::decode_session_fact(sorted.value());
    if (sorted.is_stored()) fact.first = place_of_kept(fact.first, facts.earlier.first_prediction);
    GM_RETURN_IF_ERROR(use(key, fact));
  }
}

// Which cases the letters of ids have, by kind. A fact without a session is of its profile.
class CasesOfIds {
 public:
  static validation::IdKind kind_of(const session::SessionKey& key) {
    return key.session.empty() ? validation::IdKind::profile : validation::IdKind::session;
  }
  static std::string_view id_of(const session::SessionKey& key) {
    return key.session.empty() ? key.profile : key.session;
  }
  void add(const session::SessionKey& key) { uses_[static_cast<std::size_t>(kind_of(key))].add(id_of(key)); }
  const validation::CaseUse& use_of(const session::SessionKey& key) const {
    return uses_[static_cast<std::size_t>(kind_of(key))];
  }
  bool twins_are_possible() const { return uses_[0].both() || uses_[1].both(); }

 private:
  validation::CaseUse uses_[2];
};

// Gathers the facts of one session id, then tells the checks.
class SessionGatherer {
 public:
  explicit SessionGatherer(Settled& settled) : settled_(settled), checks_(settled.whole) {}

  void add(std::string_view session, Dataset dataset, std::string_view profile, const session::SessionFact& fact) {
    if (!any_ || session != session_) {
      finish();
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

  void finish() {
    if (!any_) return;
    for (std::size_t i = 0; i < dataset_count; ++i) {
      seen_[i].dataset = static_cast<Dataset>(i);
      if (seen_[i].rows > 0) ++settled_.sessions.distinct[i];
    }
    checks_.see(validation::SettledSession{session_, seen_});
    seen_ = {};
    any_ = false;
  }

 private:
  Settled& settled_;
  validation::CheckSet checks_;
  bool any_ = false;
  std::string session_;
  std::string profile_;  // the last one of the data set being read
  std::array<SessionCulprit, dataset_count> seen_;
};

// Adds up the aggregate facts of one session after the other and writes their rows.
class SessionAdder {
 public:
  SessionAdder(const Recipe& recipe, const session::SessionColumns& columns, session::SessionTableWriter* table,
               Settled& settled)
      : recipe_(recipe),
        columns_(columns),
        table_(table),
        settled_(settled.sessions),
        touched_(settled.touched_sessions),
        new_(settled.new_sessions),
        aggregate_(columns.make()) {
    for (const Aggregate& column : columns.all()) {
      if (column.is_count()) settled_.distributions.push_back({column.name, CountDistribution{}});
      if (column.function == AggregateFunction::mean) {
        settled_.distributions.push_back({column.name, ScoreDistribution{}});
      }
    }
  }

  [[nodiscard]] Status add(std::string_view key, std::string_view value, bool is_earlier) {
    if (!any_ || key != group_) {
      GM_RETURN_IF_ERROR(finish());
      group_.assign(key);
      names_.decode(group_);
      session::SessionColumns::clear(aggregate_);
      any_ = true;
      is_touched_ = false;
      was_there_ = false;
    }
    (is_earlier ? was_there_ : is_touched_) = true;
    columns_.merge_serialised(value, aggregate_);
    return {};
  }

  [[nodiscard]] Status finish() {
    if (!any_) return {};
    touched_ += is_touched_ ? 1 : 0;
    new_ += was_there_ ? 0 : 1;
    if (aggregate_.collection_lines == 0) settled_.predictions_of_unknown_sessions += aggregate_.prediction_rows;
    if (aggregate_.collection_lines == 0 && recipe_.sessions == SessionScope::collections) return {};
    ++settled_.rows;
    cells_.assign({names_.profile, names_.session});
    std::size_t distribution = 0;
    for (std::size_t i = 0; i < columns_.all().size(); ++i) {
      const session::Cell& cell = cells_.emplace_back(columns_.cell(i, aggregate_));
      const Aggregate& column = columns_.all()[i];
      if (column.is_count()) {
        const auto count = static_cast<std::uint64_t>(std::get<std::int64_t>(cell));
        std::get<CountDistribution>(settled_.distributions[distribution++].values).add(count);
      } else if (column.function == AggregateFunction::mean) {
        const double* const mean = std::get_if<double>(&cell);
        std::get<ScoreDistribution>(settled_.distributions[distribution++].values)
            .add(mean == nullptr ? std::nullopt : std::optional(*mean));
      }
    }
    return table_ == nullptr ? Status() : table_->add(cells_);
  }

 private:
  const Recipe& recipe_;
  const session::SessionColumns& columns_;
  session::SessionTableWriter* table_;  // nullptr: nothing is written
  SessionFindings& settled_;
  std::uint64_t& touched_;
  std::uint64_t& new_;
  bool is_touched_ = false;
  bool was_there_ = false;
  std::string group_;  // profile and session
  session::SessionGroup names_;
  session::SessionAggregate aggregate_;
  std::vector<session::Cell> cells_;
  bool any_ = false;
};

// Counts the collection ids that are facts of their own and not those of earlier runs. The counts become facts of their
// sessions' aggregates.
Status count_ids(Storage& storage, const session::SessionColumns& columns, const FactsToSettle& facts) {
  shuffle::SortedFacts sorted = sorted_facts(storage, facts, &GroundFacts::ids, nullptr);
  shuffle::FactLookup earlier(storage, facts.earlier.ids);
  session::SessionAggregate counted = columns.make();
  std::string group;
  std::string last;
  const auto hand_on = [&]() -> Status {
    std::string value;
    counted.serialise(value);
    session::SessionColumns::clear(counted);
    return facts.workers.front()->aggregates.add(group, value);
  };
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) return group.empty() ? Status() : hand_on();
    if (sorted.key() == last) continue;
    last.assign(sorted.key());
    const session::IdKey key = session::decode_id_key(last);
    if (key.group != group) {
      if (!group.empty()) GM_RETURN_IF_ERROR(hand_on());
      group.assign(key.group);
    }
    GM_ASSIGN(const bool is_old, earlier.has(last));
    if (!is_old) ++counted.counts[key.column];
  }
}

// Likewise of the models of one session after the other. That it has a collection is told before its models, if at all.
class ModelAdder {
 public:
  ModelAdder(const Recipe& recipe, session::ModelTableWriter* table, SessionFindings& settled)
      : recipe_(recipe), table_(table), settled_(settled) {}

  [[nodiscard]] Status add(std::string_view key, std::string_view value, bool /*is_earlier*/) {
    const session::ModelKey decoded = session::decode_model_key(key);
    if (decoded.group != group_) {
      GM_RETURN_IF_ERROR(finish());
      group_.assign(decoded.group);
      names_.decode(group_);
      has_row_ = recipe_.sessions == SessionScope::all;
    }
    if (!decoded.model) {
      has_row_ = true;
      return {};
    }
    if (!any_ || *decoded.model != model_) {
      GM_RETURN_IF_ERROR(finish());
      model_.assign(*decoded.model);
      aggregate_.clear();
      any_ = true;
    }
    has_row_ |= value[0] != 0;
    aggregate_.merge_serialised(value.substr(1));
    return {};
  }

  [[nodiscard]] Status finish() {
    if (!std::exchange(any_, false) || !has_row_) return {};
    ++settled_.model_rows;
    return table_ == nullptr ? Status() : table_->add(names_.profile, names_.session, model_, aggregate_);
  }

 private:
  const Recipe& recipe_;
  session::ModelTableWriter* table_;  // nullptr: nothing is written
  SessionFindings& settled_;
  std::string group_;  // profile and session
  session::SessionGroup names_;
  bool has_row_ = false;  // the session
  std::string model_;
  session::ModelAggregate aggregate_;
  bool any_ = false;
};

// Hands the facts of one kind to an adder, in order.
Status add_all(shuffle::SortedFacts sorted, auto& adder) {
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) return adder.finish();
    GM_RETURN_IF_ERROR(adder.add(sorted.key(), sorted.value(), sorted.is_stored()));
  }
}

}  // namespace

void Settled::merge(Settled other) {
  touched_sessions += other.touched_sessions;
  new_sessions += other.new_sessions;
  sessions.merge(other.sessions);
  accounting.merge(other.accounting);
  whole.merge(other.whole);
  if (other.left) left = std::move(other.left);
  if (other.left_of_new) left_of_new = std::move(other.left_of_new);
  gone.merge(other.gone);
  for (std::size_t i = 0; i < dataset_count; ++i) has_resolved[i] |= other.has_resolved[i];
  for (storage::WrittenFile& file : other.written) written.push_back(std::move(file));
}

Result<Settled> settle_session_checks(Storage& storage, const GrindOptions& options, const FactsToSettle& facts) {
  Settled settled;
  SessionGatherer gatherer(settled);
  CasesOfIds cases;
  GM_RETURN_IF_ERROR(
      for_each_session_fact(storage, facts, [&](const session::SessionKey& key, const session::SessionFact& fact) {
        if (!key.session.empty()) gatherer.add(key.session, key.dataset, key.profile, fact);
        cases.add(key);
        return Status();
      }));
  gatherer.finish();
  if (!cases.twins_are_possible()) return settled;
  validation::CaseTwins twins(storage, options.spill_folder, options.sorter_memory);
  GM_RETURN_IF_ERROR(
      for_each_session_fact(storage, facts, [&](const session::SessionKey& key, const session::SessionFact& fact) {
        if (!cases.use_of(key).both()) return Status();
        validation::IdPlaces places;
        places.first[static_cast<std::size_t>(key.dataset)] = fact.first;
        places.line[static_cast<std::size_t>(key.dataset)] = fact.first_line;
        return twins.add(CasesOfIds::kind_of(key), CasesOfIds::id_of(key), places);
      }));
  GM_RETURN_IF_ERROR(twins.find(settled.whole));
  return settled;
}

Result<Settled> settle_repeated_lines(Storage& storage, const GrindOptions& options, const FactsToSettle& facts) {
  Settled settled;
  if (options.keeps_state) settled.accounting.keep_spare();
  validation::CheckSet checks(settled.accounting);
  shuffle::SortedFacts lines = sorted_facts(storage, facts, &GroundFacts::repeated, nullptr);
  shuffle::FactLookup earlier(storage, facts.earlier.repeated);
  GM_RETURN_IF_ERROR(validation::settle_repeated_lines(lines, earlier, checks));
  return settled;
}

Result<Settled> settle_aggregates(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                                  const FactsToSettle& facts, const std::string& version, std::uint64_t rows_per_part) {
  Settled settled;
  const bool write = !options.output.root.empty();
  const session::SessionColumns columns(session_columns(recipe));
  session::SessionTableWriter table(storage, options.output, {version, canonical_meaning(recipe)}, columns.all(),
                                    rows_per_part);
  if (write) GM_RETURN_IF_ERROR(table.open());
  GM_RETURN_IF_ERROR(count_ids(storage, columns, facts));
  SessionAdder adder(recipe, columns, write ? &table : nullptr, settled);
  GM_RETURN_IF_ERROR(add_all(sorted_facts(storage, facts, &GroundFacts::aggregates, &EarlierFacts::aggregates), adder));
  if (write) {
    GM_ASSIGN(settled.written, table.close());
  }
  return settled;
}

Result<Settled> settle_models(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                              const FactsToSettle& facts, const std::string& version) {
  Settled settled;
  const bool write = !options.output.root.empty();
  session::ModelTableWriter table(storage, options.output, {version, canonical_meaning(recipe)});
  if (write) GM_RETURN_IF_ERROR(table.open());
  ModelAdder adder(recipe, write ? &table : nullptr, settled.sessions);
  GM_RETURN_IF_ERROR(add_all(sorted_facts(storage, facts, &GroundFacts::models, &EarlierFacts::models), adder));
  if (write) {
    GM_ASSIGN(settled.written.emplace_back(), table.close());
  }
  return settled;
}

}  // namespace gristmill::tasks
