// Strings, since flawed lines are few and their kinds are many. The entries come from the same functions as
// those of clean lines. Tested in draft_test.cc.
#include "generate/draft.h"

#include "json/json_text.h"

namespace gristmill::generate {

std::string json_string(std::string_view text) {
  std::string token;
  json::append_json_string(text, token);
  return token;
}

Draft::Draft(const LineWriter& lines, Dataset dataset, std::uint64_t number)
    : spaced(lines.spaced()), identity(lines.identity_of(dataset, number)) {
  const auto quoted = [](const Uuid& id) { return json_string(text_of(id)); };
  ids = {{"profile_id", quoted(identity.profile)},
         {"session_id", quoted(identity.session)},
         {"collection_id", quoted(identity.collection)},
         {"timestamp", std::to_string(identity.timestamp)}};
  Random random = lines.random_of(dataset, number);
  std::string room(lines.longest_line(dataset), '\0');
  const auto written = [&](const char* end) { return room.substr(0, static_cast<std::size_t>(end - room.data())); };
  if (dataset == Dataset::collections) {
    payload_name = "behaviour";
    const Behaviour held = lines.behaviour(random);
    platform = held.platform;
    const char* end = lines.write_keystrokes(held.keystrokes, identity.timestamp, random, room.data());
    lists.emplace_back("keystrokes", written(end));
    end = lines.write_swipes(held.swipes, identity.timestamp, random, room.data());
    lists.emplace_back("swipes", written(end));
  } else {
    payload_name = "prediction";
    prediction = {{"model_name", json_string(LineWriter::model_name(random))}};
    prediction.emplace_back("score", written(LineWriter::write_score(random, room.data())));
    prediction.emplace_back("confidence", written(LineWriter::write_confidence(random, room.data())));
  }
}

std::pair<std::string, std::string>& Draft::filled_list() {
  return lists.back().second.empty() ? lists.front() : lists.back();
}

std::string Draft::take_first_entry(std::string& entries) const {
  const std::size_t end = entries.find('}') + 1;  // entries hold no objects
  std::string entry = entries.substr(0, end);
  entries.erase(0, end == entries.size() ? end : end + comma().size());
  return entry;
}

std::string Draft::object(const Fields& fields) const {
  std::string text = "{";
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    if (text.size() > 1) text.append(comma());
    text.append(json_string(name)).append(colon()).append(value);
  }
  return text.append("}");
}

std::string Draft::behaviour_types() const {
  Fields types;
  for (const auto& [type, entries] : lists) types.emplace_back(type, "[" + entries + "]");
  return object(types);
}

std::string Draft::payload_object() const {
  return lists.empty() ? object(prediction) : object({{platform, behaviour_types()}});
}

std::string Draft::line() const {
  Fields fields;
  if (ids_at_top_level) {
    fields = ids;
  } else {
    fields.emplace_back(metadata_name, metadata ? *metadata : metadata_object());
  }
  fields.emplace_back(payload_name, payload ? *payload : payload_object());
  fields.insert(fields.end(), more.begin(), more.end());
  return object(fields);
}

}  // namespace gristmill::generate
