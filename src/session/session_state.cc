// Collection ids are gathered as they come and made distinct when the profile ends: lines come with the
// same id in a row as a rule, so that comparing with the last one removes most. Tested in
// session_state_test.cc and by the runs with little memory in tests/programs.
#include "session/session_state.h"

#include <algorithm>

#include "json/json_text.h"

namespace gristmill::session {
namespace {

constexpr std::size_t text_block = 16U << 10;

// Beside what it points to, of the few that most have.
constexpr std::uint64_t memory_of_session = 200;
constexpr std::uint64_t memory_of_model = sizeof(ModelAggregate) + 64;
constexpr std::uint64_t memory_of_fixed_point = 600;

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
  flushed_ = false;
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

Result<SessionState::Session*> SessionState::session_of(std::string_view id) {
  if (last_ != nullptr && last_id_ == id) return last_;
  if (memory_ > memory_limit_) GM_RETURN_IF_ERROR(flush(false));
  auto found = sessions_.find(id);
  if (found == sessions_.end()) {
    found = sessions_.try_emplace(keep(id)).first;
    Session& made = found->second;
    made.aggregate = columns_.make();
    made.collection_ids.resize(columns_.counts_of_ids().size());
    memory_ += sizeof(Session) + memory_of_session + made.aggregate.counts.size() * sizeof(std::uint64_t) +
               made.aggregate.extremes.size() * sizeof(double) + made.aggregate.sums.size() * sizeof(ExactSum) +
               made.collection_ids.size() * sizeof made.collection_ids[0];
  }
  last_ = &found->second;
  last_id_ = found->first;
  last_model_ = nullptr;
  return last_;
}

Status SessionState::begin_line(Dataset dataset, const record::Record& record, Place place, std::uint64_t line) {
  GM_ASSIGN(Session * session, session_of(record.session.text));
  SessionFact& fact = session->seen[static_cast<std::size_t>(dataset)];
  if (fact.rows == 0) {
    fact.first = place;
    fact.first_line = line;
  }
  place_ = place;
  line_ = line;
  columns_.begin_labels();
  return {};
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
    GM_RETURN_IF_ERROR(begin_line(Dataset::predictions, record, place_, line_));
  }
  columns_.add_prediction(record, prediction, last_->aggregate,
                          [&](std::size_t index) { count_id(index, record.collection.text); });
  if (last_model_ == nullptr || prediction.model_blank || prediction.model != last_model_name_) {
    const std::string_view name = name_of_model(prediction, value_);
    auto found = last_->models.find(name);
    if (found == last_->models.end()) {
      found = last_->models.try_emplace(keep(name)).first;
      memory_ += memory_of_model;
    }
    last_model_ = &found->second;
    last_model_name_ = found->first;
  }
  last_model_->add(prediction);
  // From here on, a sum may be a fixed-point number.
  if (last_model_->rows == ExactSum::few + 1) memory_ += 3 * memory_of_fixed_point;
  return {};
}

Status SessionState::end_line(Dataset dataset, const record::Record& record, std::uint64_t rows) {
  last_->seen[static_cast<std::size_t>(dataset)].rows += rows;
  SessionAggregate& aggregate = last_->aggregate;
  if (dataset == Dataset::predictions) {
    aggregate.prediction_rows += rows;
  } else {
    ++aggregate.collection_lines;
    columns_.add_collection(record, rows, aggregate,
                            [&](std::size_t index) { count_id(index, record.collection.text); });
  }
  return memory_ > memory_limit_ ? flush(false) : Status();
}

Status SessionState::flush(bool last) {
  if (!last) flushed_ = true;
  for (auto& [id, session] : sessions_) {
    if (!profile_.empty()) {
      key_.clear();
      append_session_group(profile_, id, key_);
      const std::size_t prefix = key_.size();
      for (std::size_t i = 0; i < session.collection_ids.size(); ++i) {
        auto& ids = session.collection_ids[i];
        std::sort(ids.begin(), ids.end());
        ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
        if (!flushed_) {
          session.aggregate.counts[columns_.counts_of_ids()[i]] = ids.size();
          continue;
        }
        for (const std::string_view collection : ids) {
          key_.resize(prefix);
          append_collection_kind(columns_.counts_of_ids()[i], collection, key_);
          GM_RETURN_IF_ERROR(aggregates_.add(key_, {}));
        }
      }
      for (const auto& [name, model] : session.models) {
        key_.resize(prefix);
        append_model_kind(name, key_);
        value_.clear();
        model.serialise(value_);
        GM_RETURN_IF_ERROR(aggregates_.add(key_, value_));
      }
      key_.resize(prefix);
      append_aggregate_kind(key_);
      value_.clear();
      session.aggregate.serialise(value_);
      GM_RETURN_IF_ERROR(aggregates_.add(key_, value_));
    }
    for (std::size_t dataset = 0; dataset < dataset_count; ++dataset) {
      const SessionFact& fact = session.seen[dataset];
      if (fact.rows == 0) continue;
      encode_session_key(id, static_cast<Dataset>(dataset), profile_, key_);
      GM_RETURN_IF_ERROR(facts_.add(key_, encode(fact)));
    }
  }
  sessions_.clear();
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
