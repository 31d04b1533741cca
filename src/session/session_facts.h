// The four kinds of facts about sessions, as they lie in sorters: encoded by grind (session_state), decoded by settle.
//
// - Aggregate facts: key = profile, session; value = a SessionAggregate. Those with the same key are added up.
// - Id facts, of sessions whose collection ids are not counted yet: key = profile, session, the column that counts it,
//   the id, or of what is kept for a later run its hash.
// - Model facts: key = profile, session, kind (0: the session has a collection, which is told where its lines were
//   handed on early; 1: a model, then its name); value = whether the session has a collection, as far as is known, and
//   a ModelAggregate.
// - Session facts: key = session, data set, profile; value = SessionFact. Those without a session are of the profile
//   itself: where it first occurs in that data set, in whatever session or none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gristmill/data.h"

namespace gristmill::session {

// Where and how often a session id occurs with one profile in one data set.
struct SessionFact {
  std::uint64_t rows = 0;
  Place first;
  std::uint64_t first_line = 0;  // its line number
};

// Appends the key of a session's aggregate facts, which those of its ids and models begin with.
void append_session_group(std::string_view profile, std::string_view session, std::string& key);
// Appends the rest of an id fact's key.
void append_id(std::size_t column, std::string_view id, std::string& key);

struct IdKey {
  std::string_view group;  // as append_session_group made it
  std::size_t column = 0;
};
// A view into the key.
IdKey decode_id_key(std::string_view key);

// Appends the rest of a model fact's key: that the session has a collection, or the model (empty: a missing one).
void append_told_kind(std::string& key);
void append_model_kind(std::string_view model, std::string& key);

struct ModelKey {
  std::string_view group;                 // as append_session_group made it
  std::optional<std::string_view> model;  // nullopt: it has a collection
};
ModelKey decode_model_key(std::string_view key);

// Views into the key, or into texts that this keeps until it decodes the next one.
struct SessionGroup {
  std::string_view profile;
  std::string_view session;

  void decode(std::string_view group);

 private:
  std::string texts_[2];
};

void encode_session_key(std::string_view session, Dataset dataset, std::string_view profile, std::string& key);

// Views as in SessionGroup.
struct SessionKey {
  std::string_view session;
  Dataset dataset = Dataset::collections;
  std::string_view profile;

  void decode(std::string_view key);

 private:
  std::string texts_[2];
};
// REQUIRES: the value of a session fact.
SessionFact decode_session_fact(std::string_view value);
std::string_view encode(const SessionFact& fact);  // a view of it

}  // namespace gristmill::session
