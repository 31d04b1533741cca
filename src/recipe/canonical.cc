// Two recipes that cannot give different data have the same text: lists whose order and spelling do not
// matter (aliases, model names) are sorted and cut to what is compared; `carry` is an order of columns and
// stays as it is. Everything but `aggregates`, `framing`, `limits.rows` and `unwrap` is written, defaults too, so that
// a default that is written out changes nothing; a table of aggregates takes the place of the models that it makes
// void. Checks decide whether data is published, not what it is, and sha256 only adds to the manifest: neither is here.
// Tested in canonical_test.cc against the table's `changes_data`.
#include <algorithm>
#include <set>

#include "gristmill/recipe.h"
#include "json/json_text.h"
#include "recipe/aggregate_rows.h"
#include "record/field_names.h"

namespace gristmill {
namespace {

template <typename Names>
std::string json_list(const Names& names) {
  std::string text = "[";
  for (const std::string& name : names) {
    if (text.size() > 1) text += ',';
    json::append_json_string(name, text);
  }
  return text + "]";
}

std::set<std::string> sorted(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

// An object of lists by the fields' names, of those that have any.
std::string json_by_field(const std::array<std::set<std::string>, field_count>& names) {
  std::set<std::string> members;
  for (std::size_t i = 0; i < field_count; ++i) {
    if (!names[i].empty()) members.insert("\"" + std::string(field_names[i]) + "\":" + json_list(names[i]));
  }
  std::string text = "{";
  for (const std::string& member : members) {
    if (text.size() > 1) text += ',';
    text += member;
  }
  return text + "}";
}

// The fields' further names as they are matched; and of those that lines are expected to have, the ones that are
// known anyway.
std::string json_aliases(const Recipe& recipe) {
  std::array<std::set<std::string>, field_count> names;
  std::array<std::set<std::string>, field_count> expected;
  for (std::size_t i = 0; i < field_count; ++i) {
    const std::string known[] = {record::loosened(field_names[i]), record::loosened(built_in_aliases[i])};
    if (!known[1].empty()) names[i].insert(known[1]);
    for (const std::string& alias : recipe.aliases[i]) {
      const std::string name = record::loosened(alias);
      const bool is_known = std::find(std::begin(known), std::end(known), name) != std::end(known);
      (is_known ? expected : names)[i].insert(name);
    }
  }
  const std::string more = json_by_field(expected);
  return json_by_field(names) + (more == "{}" ? "" : ",\"aliases_expected\":" + more);
}

}  // namespace

std::string canonical_meaning(const Recipe& recipe) {
  const std::string aggregates = recipe::canonical_aggregates(recipe);
  std::string text = "{";
  if (!aggregates.empty()) text += "\"aggregates\":" + aggregates + ",";
  text += "\"aliases\":" + json_aliases(recipe);
  text += ",\"carry\":" + json_list(recipe.carry);
  // Newer than outputs that are there, as limits.rows is: while it is as usual their bytes stay.
  if (recipe.framing != Recipe{}.framing) {
    const auto name = [&](Dataset dataset) { return name_of(recipe.framing[static_cast<std::size_t>(dataset)]); };
    text.append(",\"framing\":{\"collections\":\"").append(name(Dataset::collections));
    text.append("\",\"predictions\":\"").append(name(Dataset::predictions)).append("\"}");
  }
  text += ",\"limits\":{\"depth\":" + std::to_string(recipe.depth_limit);
  text += ",\"line\":" + std::to_string(recipe.line_limit);
  if (recipe.rows_limit != Recipe{}.rows_limit) text += ",\"rows\":" + std::to_string(recipe.rows_limit);
  text += "}";
  if (aggregates.empty()) {
    text += ",\"models\":{\"keystroke\":" + json_list(sorted(recipe.keystroke_models));
    text += ",\"swipe\":" + json_list(sorted(recipe.swipe_models)) + "}";
  }
  text += ",\"sessions\":";
  text += recipe.sessions == SessionScope::all ? "\"all\"" : "\"collections\"";
  text += ",\"strict\":";
  text += recipe.strict ? "true" : "false";
  if (recipe.unwrap != Recipe{}.unwrap) {
    text += ",\"unwrap\":{\"collections\":";
    json::append_json_string(recipe.unwrap[0], text);
    text += ",\"predictions\":";
    json::append_json_string(recipe.unwrap[1], text);
    text += '}';
  }
  return text + "}";
}

}  // namespace gristmill
