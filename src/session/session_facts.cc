// Texts in keys are written so that bytewise order is the order of their parts (shuffle/sorter.h); values are structs
// as they lie in memory, since only the same version on the same kind of machine reads them. Tested in
// session_state_test.cc and, by way of the tables, in tasks/settle_test.cc.
#include "session/session_facts.h"

#include <cstring>

#include "shuffle/sorter.h"

namespace gristmill::session {
namespace {

constexpr char first_kind = 0;
constexpr char second_kind = 1;

// What stands behind the group in a key.
std::string_view take_group(std::string_view key, std::string_view& group) {
  std::string_view rest = key;
  std::string text;
  shuffle::take_key_text(rest, text);
  shuffle::take_key_text(rest, text);
  group = key.substr(0, key.size() - rest.size());
  return rest;
}

}  // namespace

void append_session_group(std::string_view profile, std::string_view session, std::string& key) {
  shuffle::append_key_text(profile, key);
  shuffle::append_key_text(session, key);
}

void append_id(std::size_t column, std::string_view id, std::string& key) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) key.push_back(static_cast<char>(column >> shift & 0xFFU));
  key.append(id);
}

void append_told_kind(std::string& key) { key.push_back(first_kind); }

void append_model_kind(std::string_view model, std::string& key) {
  key.push_back(second_kind);
  key.append(model);
}

IdKey decode_id_key(std::string_view key) {
  IdKey decoded;
  const std::string_view rest = take_group(key, decoded.group);
  for (std::size_t i = 0; i < 4; ++i) decoded.column = decoded.column << 8 | static_cast<unsigned char>(rest[i]);
  return decoded;
}

ModelKey decode_model_key(std::string_view key) {
  ModelKey decoded;
  const std::string_view rest = take_group(key, decoded.group);
  if (rest[0] == second_kind) decoded.model = rest.substr(1);
  return decoded;
}

void SessionGroup::decode(std::string_view group) {
  profile = shuffle::take_key_text(group, texts_[0]);
  session = shuffle::take_key_text(group, texts_[1]);
}

void encode_session_key(std::string_view session, Dataset dataset, std::string_view profile, std::string& key) {
  key.clear();
  shuffle::append_key_text(session, key);
  key.push_back(static_cast<char>(dataset));
  shuffle::append_key_text(profile, key);
}

void SessionKey::decode(std::string_view key) {
  session = shuffle::take_key_text(key, texts_[0]);
  dataset = static_cast<Dataset>(key[0]);
  key.remove_prefix(1);
  profile = shuffle::take_key_text(key, texts_[1]);
}

SessionFact decode_session_fact(std::string_view value) {
  SessionFact fact;
  std::memcpy(&fact, value.data(), sizeof fact);
  return fact;
}

std::string_view encode(const SessionFact& fact) { return {reinterpret_cast<const char*>(&fact), sizeof fact}; }

}  // namespace gristmill::session
