// Collection ids are gathered as they come and made distinct when the profile ends: lines come with the
// same id in a row as a rule, so that comparing with the last one removes most. Tested in
// session_state_test.cc and by the runs with little memory in tests/programs.
#include "session/session_state.h"

#include <algorithm>

#include "json/json_text.h"
#include "storage/hash.h"

namespace gristmill::session {
namespace {

constexpr std::size_t text_block = 16U << 10;

// Beside what it points to, of the few that most have.
constexpr std::uint64_t memory_of_session = 200;
constexpr std::uint64_t memory_of_model = sizeof(ModelAggregate) + 100;
constexpr std::uint64_t memory_of_fixed_point = 600;
constexpr std::size_t few_models = 8;  // that are looked through one by one
// What a session that is used again may keep: as many models, and room for as many ids in each column.
constexpr std::size_t few_ids = 16;
constexpr std::uint64_t kept_by_session = 8U << 10;

// Empty for a missing one; a lone surrogate, which has no UTF-8, becomes U+FFFD. `text`: to write it into.
std::string_view name_of_model(const record::Prediction& prediction, std::string& text) {
  if (prediction.model_blank) return {};
  if (json::is_utf8(prediction.model)) return prediction.model;
  text.assign(prediction.model);
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0) text.replace(i, 3, "\xEF\xBF\xBD");
  }
  return text;
}

}  // namespace

void SessionState::begin_profile(std::string_view profile) {
  profile_.assign(profile);
  std::fill(std::begin(profile_seen_), std::end(profile_seen_), SessionFact{});
  flushed_ = accumulates_;
}

std::string_view SessionState::keep(std::string_view text) {
  memory_ += text.size();
  if (texts_.empty() || texts_.back().capacity() - texts_.back().size() < text.size()) {
    texts_.emplace_back().reserve(std::max(text_block, text.size()));
  }
  std::string& block = texts_.back();
  block.append(text);
  return std::string_view(block).substr(block.size() - text.size());
}

SessionState::Session& SessionState::session_of(std::string_view id) {
  if (last_ != nullptr && last_->id == id) return *last_;
  const auto found = sessions_by_id_.find(id);
  if (found != sessions_by_id_.end()) {
    last_ = found->second;
  } else {
    const std::size_t used = sessions_by_id_.size();
    if (used == sessions_.size()) {
      Session& made = *sessions_.emplace_back(std::make_unique<Session>());
      made.aggregate = columns_.make();
      made.collection_ids.resize(columns_.counts_of_ids().size());
    }
    last_ = sessions_[used].get();
    last_->id = keep(id);
    sessions_by_id_.emplace(last_->id, last_);
    memory_ += sizeof(Session) + memory_of_session + last_->aggregate.counts.size() * sizeof(std::uint64_t) +
               last_->aggregate.extremes.size() * sizeof(double) + last_->aggregate.sums.size() * sizeof(ExactSum) +
               last_->collection_ids.size() * sizeof(std::vector<std::string_view>);
  }
  last_model_ = nullptr;
  return *last_;
}

SessionState::Model& SessionState::model_of(std::string_view name) {
  Session& session = *last_;
  if (session.models_by_name.empty()) {
    for (std::size_t i = 0; i < session.models_used; ++i) {
      if (session.models[i]->name == name) return *session.models[i];
    }
  } else if (const auto found = session.models_by_name.find(name); found != session.models_by_name.end()) {
    return *found->second;
  }
  if (session.models_used == session.models.size()) session.models.push_back(std::make_unique<Model>());
  Model& model = *session.models[session.models_used++];
  model.name = keep(name);
  memory_ += memory_of_model;
  if (session.models_used > few_models) {
    for (std::size_t i = session.models_by_name.size(); i < session.models_used; ++i) {
      session.models_by_name.emplace(session.models[i]->name, session.models[i].get());
    }
  }
  return model;
}

void SessionState::begin_line(Dataset dataset, const record::Record& record, Place place, std::uint64_t line) {
  SessionFact& fact = session_of(record.session.text).seen[static_cast<std::size_t>(dataset)];
  if (fact.rows == 0) {
    fact.first = place;
    fact.first_line = line;
  }
  place_ = place;
  line_ = line;
  columns_.begin_labels();
}

// An id that comes again in a row, as those of one line do, is kept once.
void SessionState::count_id(std::size_t index, std::string_view id) {
  std::vector<std::string_view>& ids = last_->collection_ids[index];
  if (!ids.empty() && ids.back() == id) return;
  ids.push_back(keep(id));
  memory_ += sizeof(std::string_view) * 2;
}

void SessionState::add_label(const record::Record& record, const record::Entry& entry) {
  columns_.add_label(record, entry, last_->aggregate,
                     [&](std::size_t index) { count_id(index, record.collection.text); });
}

Status SessionState::add_prediction(const record::Record& record, const record::Prediction& prediction) {
  if (memory_ > memory_limit_) {
    GM_RETURN_IF_ERROR(flush(false));
    begin_line(Dataset::predictions, record, place_, line_);
  }
  columns_.add_prediction(record, prediction, last_->aggregate,
                          [&](std::size_t index) { count_id(index, record.collection.text); });
  if (last_model_ == nullptr || prediction.model_blank || prediction.model != last_model_->name) {
    last_model_ = &model_of(name_of_model(prediction, value_));
  }
  last_model_->aggregate.add(prediction);
  // From here on, a sum may be a fixed-point number.
  if (last_model_->aggregate.rows == ExactSum::few + 1) memory_ += 3 * memory_of_fixed_point;
  return {};
}

Status SessionState::end_line(Dataset dataset, const record::Record& record, std::uint64_t rows) {
  last_->seen[static_cast<std::size_t>(dataset)].rows += rows;
  SessionAggregate& aggregate = last_->aggregate;
  // From here on, its sums may be fixed-point numbers.
  if (last_->rows <= ExactSum::few && last_->rows + rows > ExactSum::few) {
    memory_ += aggregate.sums.size() * memory_of_fixed_point;
  }
  last_->rows += rows;
  if (dataset == Dataset::predictions) {
    aggregate.prediction_rows += rows;
  } else {
    ++aggregate.collection_lines;
    columns_.add_collection(record, rows, aggregate,
                            [&](std::size_t index) { count_id(index, record.collection.text); });
  }
  return memory_ > memory_limit_ ? flush(false) : Status();
}

Status SessionState::hand_on(Session& session) {
  key_.clear();
  append_session_group(profile_, session.id, key_);
  const std::size_t group = key_.size();
  for (std::size_t i = 0; i < session.collection_ids.size(); ++i) {
    auto& ids = session.collection_ids[i];
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (!flushed_) {
      session.aggregate.counts[columns_.counts_of_ids()[i]] = ids.size();
      continue;
    }
    for (const std::string_view collection : ids) {
      key_.resize(group);
      const storage::Hash128 hash = accumulates_ ? storage::hash128(collection) : storage::Hash128();
      // Of what is kept for a later run the hash is enough.
      const std::string_view told =
          accumulates_ ? std::string_view(reinterpret_cast<const char*>(&hash), sizeof hash) : collection;
      append_id(columns_.counts_of_ids()[i], told, key_);
      GM_RETURN_IF_ERROR(ids_.add(key_, {}));
    }
  }
  GM_RETURN_IF_ERROR(hand_on_models(session, group));
  key_.resize(group);
  value_.clear();
  session.aggregate.serialise(value_);
  return aggregates_.add(key_, value_);
}

// `group`: how much of the key is the session's.
Status SessionState::hand_on_models(const Session& session, std::size_t group) {
  const bool has_collection = session.aggregate.collection_lines > 0;
  if (flushed_ && has_collection) {
    key_.resize(group);
    append_told_kind(key_);
    GM_RETURN_IF_ERROR(models_.add(key_, {}));
  }
  for (std::size_t i = 0; i < session.models_used; ++i) {
    key_.resize(group);
    append_model_kind(session.models[i]->name, key_);
    value_.assign(1, has_collection ? '\1' : '\0');
    session.models[i]->aggregate.serialise(value_);
    GM_RETURN_IF_ERROR(models_.add(key_, value_));
  }
  return {};
}

void SessionState::clear(Session& session) {
  SessionColumns::clear(session.aggregate);
  for (SessionFact& fact : session.seen) fact = {};
  for (auto& ids : session.collection_ids) {
    ids.clear();
    if (ids.capacity() > few_ids) ids.shrink_to_fit();
  }
  if (session.models.size() > few_models) {
    session.models.resize(few_models);
    session.models.shrink_to_fit();
    session.models_by_name = {};
  }
  for (const auto& model : session.models) model->aggregate.clear();
  session.models_used = 0;
  session.rows = 0;
}

Status SessionState::flush(bool last) {
  if (!last) flushed_ = true;
  for (std::size_t used = 0; used < sessions_by_id_.size(); ++used) {
    Session& session = *sessions_[used];
    if (!profile_.empty()) GM_RETURN_IF_ERROR(hand_on(session));
    for (std::size_t dataset = 0; dataset < dataset_count; ++dataset) {
      const SessionFact& fact = session.seen[dataset];
      if (fact.rows == 0) continue;
      encode_session_key(session.id, static_cast<Dataset>(dataset), profile_, key_);
      GM_RETURN_IF_ERROR(facts_.add(key_, encode(fact)));
    }
    clear(session);
  }
  sessions_by_id_.clear();
  // What is kept for the next ones is no more than they may take.
  if (const std::size_t most = memory_limit_ / kept_by_session; sessions_.size() > most) sessions_.resize(most);
  texts_.clear();
  memory_ = 0;
  last_ = nullptr;
  last_model_ = nullptr;
  return {};
}

Status SessionState::end_profile() {
  GM_RETURN_IF_ERROR(flush(true));
  if (profile_.empty()) return {};
  for (const Dataset dataset : all_datasets) {
    const SessionFact& fact = profile_seen_[static_cast<std::size_t>(dataset)];
    if (fact.rows == 0) continue;
    encode_session_key({}, dataset, profile_, key_);
    GM_RETURN_IF_ERROR(facts_.add(key_, encode(fact)));
  }
  return {};
}

}  // namespace gristmill::session
