// A recipe's meaning is a tree of JSON: two of them are walked side by side. Tested by tests/programs/test_growth.py.
#include "growth/recipe_differences.h"

#include <algorithm>
#include <optional>

#include "json/json_text.h"
#include "json/json_value.h"
#include "text/visible_text.h"

namespace gristmill::growth {
namespace {

bool alike(const json::JsonValue& a, const json::JsonValue& b) {
  return a.type() == b.type() && a.text() == b.text() && std::ranges::equal(a.elements(), b.elements(), alike) &&
         std::ranges::equal(a.members(), b.members(), [](const auto& x, const auto& y) {
           return x.first == y.first && alike(x.second, y.second);
         });
}

std::string spelled(const json::JsonValue& value) {
  constexpr std::size_t longest = 120;  // columns
  std::string text;
  if (value.type() == json::JsonType::string) {
    json::append_json_string(value.text(), text);
  } else if (value.type() == json::JsonType::array) {
    for (const json::JsonValue& element : value.elements()) text += (text.empty() ? "[" : ", ") + spelled(element);
    text += text.empty() ? "[]" : "]";
  } else if (value.type() == json::JsonType::object) {
    for (const auto& [name, member] : value.members())
      text += (text.empty() ? "{" : ", ") + name + ": " + spelled(member);
    text += text.empty() ? "{}" : "}";
  } else {
    text = value.is_null() ? "none" : value.text();
  }
  return text::visible_text(text, longest, false);
}

// Of two recipes, each setting that they have otherwise: "models.swipe (there [\"a\"], here [\"b\"])".
void add_differences(const std::string& key, const json::JsonValue& before, const json::JsonValue& now,
                     std::string& text) {
  if (alike(before, now)) return;
  const bool are_groups = before.type() == json::JsonType::object && now.type() == json::JsonType::object;
  if (!are_groups) {
    text += (text.empty() ? "" : "; ") + key + " (there " + spelled(before) + ", here " + spelled(now) + ")";
    return;
  }
  const auto member = [&](const std::string& name) {
    add_differences(key.empty() ? name : key + "." + name, before[name], now[name], text);
  };
  for (const auto& [name, value] : before.members()) member(name);
  for (const auto& [name, value] : now.members()) {
    if (before[name].is_null()) member(name);
  }
}

}  // namespace

std::string differences(const std::string& before, const std::string& now) {
  const auto old_recipe = json::JsonValue::parse(before);
  const auto new_recipe = json::JsonValue::parse(now);
  std::string text;
  if (old_recipe && new_recipe) add_differences("", *old_recipe, *new_recipe, text);
  return text;
}

}  // namespace gristmill::growth
