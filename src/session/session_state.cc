// Collection ids are gathered as they come and made distinct when the profile ends: lines come with the
// same id in a row as a rule, so that comparing with the last one removes most. Tested in
// session_state_test.cc and by the runs with little memory in tests/programs.
#include "session/session_state.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gristmill::session {
namespace {

constexpr std::size_t text_block = 16U << 10;

std::optional<double> finite(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

bool is_one_of(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void SessionAggregate::add(const record::Prediction& prediction, const Recipe& recipe) {
  const std::optional<double>& score = prediction.score_value;
  if (score && prediction.confidence_value) {
    weighted_scores.add(*score * *prediction.confidence_value);
    confidences.add(*prediction.confidence_value);
    ++weighted_count;
  }
  if (score && is_one_of(recipe.swipe_models, prediction.model)) {
    swipe_scores.add(*score);
    ++swipe_count;
  }
  if (!score && is_one_of(recipe.keystroke_models, prediction.model)) ++failed_keystrokes;
}

std::optional<double> SessionAggregate::weighted_mean() const {
  if (weighted_count == 0) return std::nullopt;
  const auto scores = finite(weighted_scores.rounded());
  const auto weights = finite(confidences.rounded());
  if (!scores || !weights || *weights == 0) return std::nullopt;
  return finite(*scores / *weights);
}

std::optional<double> SessionAggregate::swipe_mean() const {
  if (swipe_count == 0) return std::nullopt;
  const auto scores = finite(swipe_scores.rounded());
  return scores ? finite(*scores / static_cast<double>(swipe_count)) : std::nullopt;
}

void SessionAggregate::merge(const SessionAggregate& other) {
  collection_lines += other.collection_lines;
  collections += other.collections;
  prediction_lines += other.prediction_lines;
  prediction_rows += other.prediction_rows;
  weighted_scores.merge(other.weighted_scores);
  confidences.merge(other.confidences);
  weighted_count += other.weighted_count;
  swipe_scores.merge(other.swipe_scores);
  swipe_count += other.swipe_count;
  failed_keystrokes += other.failed_keystrokes;
}

void SessionAggregate::serialise(std::string& bytes) const {
  const std::uint64_t counts[] = {collection_lines, collections, prediction_lines, prediction_rows,
                                  weighted_count,   swipe_count, failed_keystrokes};
  bytes.append(reinterpret_cast<const char*>(counts), sizeof counts);
  weighted_scores.serialise(bytes);
  confidences.serialise(bytes);
  swipe_scores.serialise(bytes);
}

SessionAggregate SessionAggregate::parse(std::string_view bytes) {
  SessionAggregate result;
  std::uint64_t counts[7];
  std::memcpy(counts, bytes.data(), sizeof counts);
  bytes.remove_prefix(sizeof counts);
  result.collection_lines = counts[0];
  result.collections = counts[1];
  result.prediction_lines = counts[2];
  result.prediction_rows = counts[3];
  result.weighted_count = counts[4];
  result.swipe_count = counts[5];
  result.failed_keystrokes = counts[6];
  result.weighted_scores = ExactSum::parse(bytes);
  result.confidences = ExactSum::parse(bytes);
  result.swipe_scores = ExactSum::parse(bytes);
  return result;
}

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
    memory_ += sizeof(Session) + 64;
  }
  last_ = &found->second;
  last_id_ = found->first;
  return last_;
}

Status SessionState::add_collection(const record::Record& record, std::uint64_t rows, Place place, std::uint64_t line) {
  GM_ASSIGN(Session * session, session_of(record.session.text));
  SessionFact& fact = session->seen[static_cast<std::size_t>(Dataset::collections)];
  if (fact.rows == 0) {
    fact.first = place;
    fact.first_line = line;
  }
  fact.rows += rows;
  ++session->aggregate.collection_lines;
  const std::string_view id = record.collection.text;
  auto& ids = session->collection_ids;
  if (!record.collection.missing() && (ids.empty() || ids.back() != id)) {
    ids.push_back(keep(id));
    memory_ += sizeof(std::string_view) * 2;
    if (memory_ > memory_limit_) GM_RETURN_IF_ERROR(flush(false));
  }
  return {};
}

Result<SessionAggregate*> SessionState::add_predictions(const record::Record& record, Place place, std::uint64_t line) {
  GM_ASSIGN(Session * session, session_of(record.session.text));
  SessionFact& fact = session->seen[static_cast<std::size_t>(Dataset::predictions)];
  if (fact.rows == 0) {
    fact.first = place;
    fact.first_line = line;
  }
  // From here on, a sum may be a fixed-point number.
  if (++session->aggregate.prediction_lines == ExactSum::few + 1) memory_ += std::uint64_t{3} * 600;
  return &session->aggregate;
}

void SessionState::add_prediction_rows(std::uint64_t rows) {
  last_->seen[static_cast<std::size_t>(Dataset::predictions)].rows += rows;
  last_->aggregate.prediction_rows += rows;
}

Status SessionState::flush(bool last) {
  if (!last) flushed_ = true;
  for (auto& [id, session] : sessions_) {
    if (!profile_.empty()) {
      auto& ids = session.collection_ids;
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
      key_.clear();
      append_session_group(profile_, id, key_);
      const std::size_t prefix = key_.size();
      if (flushed_) {
        for (const std::string_view collection : ids) {
          key_.resize(prefix);
          append_collection_kind(collection, key_);
          GM_RETURN_IF_ERROR(aggregates_.add(key_, {}));
        }
      } else {
        session.aggregate.collections = ids.size();
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
