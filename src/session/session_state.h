// What is known of the sessions of one profile while its lines go by, and the four kinds of facts that
// come of it (session_facts.h).
//
// The state is bounded: beyond its limit everything is handed on as facts, and the rest of the profile
// starts anew; whoever reads the facts adds up those with the same key.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gristmill/aggregates.h"
#include "gristmill/result.h"
#include "record/record.h"
#include "session/session_columns.h"
#include "session/session_facts.h"
#include "shuffle/sorter.h"

namespace gristmill::session {

class SessionState {
 public:
  // `memory_limit` in bytes, for one profile's sessions.
  // `accumulates`: more facts of the same sessions will come in a later run, so that ids are handed on and not counted.
  SessionState(std::vector<Aggregate> columns, shuffle::Sorter& aggregates, shuffle::Sorter& ids,
               shuffle::Sorter& models, shuffle::Sorter& facts, std::uint64_t memory_limit, bool accumulates = false)
      : columns_(std::move(columns)),
        aggregates_(aggregates),
        ids_(ids),
        models_(models),
        facts_(facts),
        memory_limit_(memory_limit),
        accumulates_(accumulates) {}

  void begin_profile(std::string_view profile);  // empty: a missing one
  // Any line of the profile. REQUIRES: lines come in order.
  void see_line(Dataset dataset, Place place, std::uint64_t line) {
    SessionFact& seen = profile_seen_[static_cast<std::size_t>(dataset)];
    if (seen.rows == 0) seen = {1, place, line};
  }
  // Lines that have a session: the line begins, its rows come, it ends. Only those of a profile, too, have aggregates.
  void begin_line(Dataset dataset, const record::Record& record, Place place, std::uint64_t line);
  // Whether add_label() is to be called for the rows of labels.
  bool sees_labels() const { return columns_.sees_labels(); }
  void add_label(const record::Record& record, const record::Entry& entry);
  [[nodiscard]] Status add_prediction(const record::Record& record, const record::Prediction& prediction);
  // `rows`: of the line.
  [[nodiscard]] Status end_line(Dataset dataset, const record::Record& record, std::uint64_t rows);
  [[nodiscard]] Status end_profile();

 private:
  struct Model {
    std::string_view name;  // in texts_; empty: a missing one
    ModelAggregate aggregate;
  };
  struct Session {
    std::string_view id;  // in texts_
    SessionAggregate aggregate;
    SessionFact seen[dataset_count];
    std::uint64_t rows = 0;                                     // of both data sets
    std::vector<std::vector<std::string_view>> collection_ids;  // by SessionColumns::counts_of_ids(); in texts_
    std::vector<std::unique_ptr<Model>> models;                 // the first models_used of them
    std::size_t models_used = 0;
    std::unordered_map<std::string_view, Model*> models_by_name;  // where there are many
  };
  Session& session_of(std::string_view id);
  void count_id(std::size_t index, std::string_view id);
  Model& model_of(std::string_view name);
  [[nodiscard]] Status hand_on(Session& session);
  [[nodiscard]] Status hand_on_models(const Session& session, std::size_t group);
  static void clear(Session& session);
  [[nodiscard]] Status flush(bool last);
  std::string_view keep(std::string_view text);

  SessionColumns columns_;
  shuffle::Sorter& aggregates_;
  shuffle::Sorter& ids_;
  shuffle::Sorter& models_;
  shuffle::Sorter& facts_;
  std::uint64_t memory_limit_;
  bool accumulates_;
  std::uint64_t memory_ = 0;
  std::string profile_;
  SessionFact profile_seen_[dataset_count];
  bool flushed_ = false;  // some of this profile's sessions were handed on
  // Sessions that were handed on are used again: those of the next profile have as much to keep.
  std::vector<std::unique_ptr<Session>> sessions_;  // the first sessions_by_id_.size() of them
  std::unordered_map<std::string_view, Session*> sessions_by_id_;
  Session* last_ = nullptr;
  Place place_;  // of the line that was begun last
  std::uint64_t line_ = 0;
  Model* last_model_ = nullptr;    // of last_
  std::deque<std::string> texts_;  // blocks of text that views point into
  std::string key_;
  std::string value_;
};

}  // namespace gristmill::session
