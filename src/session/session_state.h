// What is known of the sessions of one profile while its lines go by, and the two kinds of facts that
// come of it (session_facts.h).
//
// The state is bounded: beyond its limit everything is handed on as facts, and the rest of the profile
// starts anew; whoever reads the facts adds up those with the same key.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "record/record.h"
#include "session/exact_sum.h"
#include "session/session_facts.h"
#include "shuffle/sorter.h"

namespace gristmill::session {

// The mergeable part of a session's aggregate row.
struct SessionAggregate {
  std::uint64_t collection_lines = 0;
  std::uint64_t collections = 0;  // distinct ids, where they are complete; else kind-1 facts tell
  std::uint64_t prediction_lines = 0;
  std::uint64_t prediction_rows = 0;
  ExactSum weighted_scores;  // of score * confidence
  ExactSum confidences;      // of the same predictions
  std::uint64_t weighted_count = 0;
  ExactSum swipe_scores;
  std::uint64_t swipe_count = 0;
  std::uint64_t failed_keystrokes = 0;

  // `recipe`: which models tell of swipes and of keystrokes.
  void add(const record::Prediction& prediction, const Recipe& recipe);
  // Of score * confidence, weighted by confidence; nullopt where there is none that is finite.
  std::optional<double> weighted_mean() const;
  std::optional<double> swipe_mean() const;

  void merge(const SessionAggregate& other);
  void serialise(std::string& bytes) const;
  static SessionAggregate parse(std::string_view bytes);
};

class SessionState {
 public:
  // `memory_limit` in bytes, for one profile's sessions.
  SessionState(shuffle::Sorter& aggregates, shuffle::Sorter& facts, std::uint64_t memory_limit)
      : aggregates_(aggregates), facts_(facts), memory_limit_(memory_limit) {}

  void begin_profile(std::string_view profile);  // empty: a missing one
  // Any line of the profile. REQUIRES: lines come in order.
  void see_line(Dataset dataset, Place place, std::uint64_t line) {
    SessionFact& seen = profile_seen_[static_cast<std::size_t>(dataset)];
    if (seen.rows == 0) seen = {1, place, line};
  }
  // Lines that have a session. `rows`: label rows.
  [[nodiscard]] Status add_collection(const record::Record& record, std::uint64_t rows, Place place,
                                      std::uint64_t line);
  // The aggregate to add the line's predictions to; good until the next line. Their number follows.
  [[nodiscard]] Result<SessionAggregate*> add_predictions(const record::Record& record, Place place,
                                                          std::uint64_t line);
  void add_prediction_rows(std::uint64_t rows);  // REQUIRES: add_predictions was the last call
  [[nodiscard]] Status end_profile();

 private:
  struct Session {
    SessionAggregate aggregate;
    SessionFact seen[dataset_count];
    std::vector<std::string_view> collection_ids;  // in texts_
  };
  [[nodiscard]] Result<Session*> session_of(std::string_view id);
  [[nodiscard]] Status flush(bool last);
  std::string_view keep(std::string_view text);

  shuffle::Sorter& aggregates_;
  shuffle::Sorter& facts_;
  std::uint64_t memory_limit_;
  std::uint64_t memory_ = 0;
  std::string profile_;
  SessionFact profile_seen_[dataset_count];
  bool flushed_ = false;  // some of this profile's sessions were handed on
  std::unordered_map<std::string_view, Session> sessions_;
  Session* last_ = nullptr;
  std::string_view last_id_;
  std::deque<std::string> texts_;  // blocks of text that views point into
  std::string key_;
  std::string value_;
};

}  // namespace gristmill::session
