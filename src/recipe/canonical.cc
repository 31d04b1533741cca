// Two recipes that cannot give different data have the same text: lists whose order and spelling do not
// matter (aliases, model names) are sorted and cut to what is compared; `carry` is an order of columns and
// stays as it is. Everything but `limits.rows` is written, defaults too, so that a default that is written out
// changes nothing. Checks decide whether data is published, not what it is, and sha256 only adds to the manifest:
// neither is here. Tested in canonical_test.cc against the table's `changes_data`.
#include <algorithm>
#include <set>

#include "gristmill/recipe.h"
#include "json/json_text.h"
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

// The fields' further names as they are matched, by the fields' names.
std::string json_aliases(const Recipe& recipe) {
  std::set<std::string> members;
  for (std::size_t i = 0; i < field_count; ++i) {
    std::set<std::string> names;
    for (const std::string& alias : recipe.aliases[i]) names.insert(record::loosened(alias));
    names.erase(record::loosened(field_names[i]));
    if (!names.empty()) members.insert("\"" + std::string(field_names[i]) + "\":" + json_list(names));
  }
  std::string text = "{";
  for (const std::string& member : members) {
    if (text.size() > 1) text += ',';
    text += member;
  }
  return text + "}";
}

}  // namespace

std::string canonical_meaning(const Recipe& recipe) {
  std::string text = "{\"aliases\":" + json_aliases(recipe);
  text += ",\"carry\":" + json_list(recipe.carry);
  text += ",\"limits\":{\"depth\":" + std::to_string(recipe.depth_limit);
  text += ",\"line\":" + std::to_string(recipe.line_limit);
  // Newer than outputs that are there: while it is as usual their bytes stay.
  if (recipe.rows_limit != Recipe{}.rows_limit) text += ",\"rows\":" + std::to_string(recipe.rows_limit);
  text += "}";
  text += ",\"models\":{\"keystroke\":" + json_list(sorted(recipe.keystroke_models));
  text += ",\"swipe\":" + json_list(sorted(recipe.swipe_models)) + "}";
  text += ",\"sessions\":";
  text += recipe.sessions == SessionScope::all ? "\"all\"" : "\"collections\"";
  text += ",\"strict\":";
  text += recipe.strict ? "true" : "false";
  return text + "}";
}

}  // namespace gristmill
