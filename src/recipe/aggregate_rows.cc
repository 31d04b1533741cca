// What may stand in a row follows from what it is of: one table of fields says so, for functions and conditions.
// Tested in aggregate_rows_test.cc.
#include "recipe/aggregate_rows.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "gristmill/recipe.h"
#include "json/json_text.h"
#include "recipe/value.h"
#include "text/nearest.h"

namespace gristmill::recipe {
namespace {

constexpr std::string_view row_keys[] = {"of",     "count",           "mean",      "sum",  "min", "max", "weight",
                                         "models", "behaviour_types", "platforms", "where"};

template <typename Enumeration, std::size_t n>
std::string_view name_in(const std::array<std::string_view, n>& names, Enumeration value) {
  return names[static_cast<std::size_t>(value)];
}

std::string list_of(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The numbers that a function may take, of each kind of rows.
std::vector<AggregateField> numbers_of(AggregateOf of) {
  if (of == AggregateOf::predictions)
    return {AggregateField::score, AggregateField::confidence, AggregateField::timestamp};
  return {AggregateField::timestamp};
}

// What may be null or not.
std::vector<AggregateField> conditions_of(AggregateOf of) {
  switch (of) {
    case AggregateOf::collections: return {AggregateField::collection_id, AggregateField::timestamp};
    case AggregateOf::labels:
      return {AggregateField::collection_id, AggregateField::timestamp, AggregateField::platform,
              AggregateField::behaviour_type};
    case AggregateOf::predictions: break;
  }
  return {AggregateField::collection_id, AggregateField::timestamp, AggregateField::score, AggregateField::confidence,
          AggregateField::model_name};
}

Error no_such(std::string_view what, std::string_view word, const std::vector<std::string>& possible) {
  const std::optional<std::string> near = text::nearest_match(word, possible);
  return Error::usage(std::string(what) + " " + in_quotes(word) + " is not one of " + list_of(possible),
                      near ? "did you mean " + in_quotes(*near) + "?" : "write one of them");
}

Result<AggregateField> field_of(std::string_view what, std::string_view word,
                                const std::vector<AggregateField>& possible) {
  std::vector<std::string> names;
  for (const AggregateField field : possible) {
    if (word == name_in(aggregate_field_names, field)) return field;
    names.emplace_back(name_in(aggregate_field_names, field));
  }
  return no_such(what, word, names);
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

Status check_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool plain = !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
  if (!plain) {
    return Error::usage("the name has other characters than letters, digits and '_', or begins with a digit",
                        "write a name such as mean_tap_score");
  }
  if (lowered(name) == "profile_id" || lowered(name) == "session_id") {
    return Error::usage("every row has this column already", "write another name");
  }
  return {};
}

// FIELD is null, FIELD is not null.
Result<NullCondition> read_condition(std::string_view text, AggregateOf of) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \t", i), text.size());
    if (end > i) words.emplace_back(text.substr(i, end - i));
    i = end + 1;
  }
  const bool is_not = words.size() == 4 && lowered(words[2]) == "not";
  const bool good = (words.size() == 3 || is_not) && lowered(words[1]) == "is" && lowered(words.back()) == "null";
  if (!good) {
    return Error::usage("where: " + in_quotes(text) + " is no condition",
                        "write 'score is null' or 'score is not null', with one of the fields that the rows have");
  }
  GM_ASSIGN(const AggregateField field, field_of("where:", words[0], conditions_of(of)));
  return NullCondition{field, !is_not};
}

class RowReader {
 public:
  explicit RowReader(const std::vector<AggregateMember>& members) : members_(members) {}

  Result<Aggregate> read(const std::string& name) {
    GM_RETURN_IF_ERROR(check_name(name));
    GM_RETURN_IF_ERROR(check_keys());
    row_.name = name;
    GM_RETURN_IF_ERROR(read_of());
    GM_RETURN_IF_ERROR(read_function());
    GM_RETURN_IF_ERROR(read_weight());
    GM_RETURN_IF_ERROR(read_filters());
    if (const AggregateMember* where = find("where")) {
      GM_ASSIGN(const std::string text, one_value(*where));
      GM_ASSIGN(row_.where, read_condition(text, row_.of));
    }
    return std::move(row_);
  }

 private:
  const AggregateMember* find(std::string_view key) const {
    const auto found =
        std::find_if(members_.begin(), members_.end(), [&](const auto& each) { return each.key == key; });
    return found == members_.end() ? nullptr : &*found;
  }

  Status check_keys() const {
    const std::vector<std::string> known(std::begin(row_keys), std::end(row_keys));
    std::set<std::string> seen;
    for (const AggregateMember& member : members_) {
      if (std::find(known.begin(), known.end(), member.key) == known.end()) {
        const std::optional<std::string> near = text::nearest_match(member.key, known);
        return Error::usage("unknown key " + in_quotes(member.key),
                            near ? "did you mean " + in_quotes(*near) + "?" : "known here: " + list_of(known));
      }
      if (!seen.insert(member.key).second) {
        return Error::usage(in_quotes(member.key) + " is given a second time", "keep one of the two");
      }
    }
    return {};
  }

  static Result<std::string> one_value(const AggregateMember& member) {
    if (member.is_list || member.values.size() != 1) {
      return Error::usage(in_quotes(member.key) + " is one value, not a list", "write '" + member.key + ": value'");
    }
    return member.values.front();
  }

  Status read_of() {
    const std::vector<std::string> possible(aggregate_of_names.begin(), aggregate_of_names.end());
    const AggregateMember* of = find("of");
    if (of == nullptr) return Error::usage("'of' is missing", "write of: " + list_of(possible) + ", one of them");
    GM_ASSIGN(const std::string word, one_value(*of));
    const auto found = std::find(possible.begin(), possible.end(), word);
    if (found == possible.end()) return no_such("of:", word, possible);
    row_.of = static_cast<AggregateOf>(found - possible.begin());
    return {};
  }

  Status read_function() {
    const AggregateMember* given = nullptr;
    for (std::size_t i = 0; i < aggregate_function_names.size(); ++i) {
      const AggregateMember* const function = find(aggregate_function_names[i]);
      if (function == nullptr) continue;
      if (given != nullptr) {
        return Error::usage("it has two functions, " + given->key + " and " + function->key,
                            "make two rows of it, or remove one");
      }
      given = function;
      row_.function = static_cast<AggregateFunction>(i);
    }
    if (given == nullptr) {
      return Error::usage("a function is missing", "write one of count, mean, sum, min, max, such as 'count: rows'");
    }
    GM_ASSIGN(const std::string word, one_value(*given));
    GM_ASSIGN(row_.field, field_of(given->key + ":", word,
                                   row_.is_count() ? std::vector{AggregateField::rows, AggregateField::collection_id}
                                                   : numbers_of(row_.of)));
    return {};
  }

  Status read_weight() {
    const AggregateMember* weight = find("weight");
    if (weight == nullptr) return {};
    if (row_.function != AggregateFunction::mean) {
      return Error::usage("'weight' stands beside " + std::string(name_in(aggregate_function_names, row_.function)),
                          "only mean has a weight; remove it");
    }
    GM_ASSIGN(const std::string word, one_value(*weight));
    GM_ASSIGN(row_.weight, field_of("weight:", word, numbers_of(row_.of)));
    return {};
  }

  Status read_filters() {
    GM_RETURN_IF_ERROR(read_filter("models", AggregateOf::predictions, row_.models));
    GM_RETURN_IF_ERROR(read_filter("behaviour_types", AggregateOf::labels, row_.behaviour_types));
    return read_filter("platforms", AggregateOf::labels, row_.platforms);
  }

  Status read_filter(const char* key, AggregateOf of, std::optional<std::vector<std::string>>& names) const {
    const AggregateMember* filter = find(key);
    if (filter == nullptr) return {};
    if (row_.of != of) {
      const std::string rows(name_in(aggregate_of_names, row_.of));
      return Error::usage("'" + std::string(key) + "' is no filter for " + rows,
                          "it is one for " + std::string(name_in(aggregate_of_names, of)) + "; remove it");
    }
    if (filter->values.empty()) {
      return Error::usage("'" + std::string(key) + "' is an empty list", "name at least one, or remove the filter");
    }
    const std::set<std::string> sorted(filter->values.begin(), filter->values.end());
    for (const std::string& name : sorted) {
      if (!json::is_utf8(name)) return Error::usage(in_quotes(name) + " is not UTF-8", "write the name in UTF-8");
    }
    names.emplace(sorted.begin(), sorted.end());
    return {};
  }

  const std::vector<AggregateMember>& members_;
  Aggregate row_;
};

std::vector<AggregateMember> members_of(const Aggregate& row) {
  std::vector<AggregateMember> members;
  members.push_back({"of", {std::string(name_in(aggregate_of_names, row.of))}});
  members.push_back({std::string(name_in(aggregate_function_names, row.function)),
                     {std::string(name_in(aggregate_field_names, row.field))}});
  if (row.weight) members.push_back({"weight", {std::string(name_in(aggregate_field_names, *row.weight))}});
  for (const auto& [key, names] :
       {std::pair{"models", &row.models}, {"behaviour_types", &row.behaviour_types}, {"platforms", &row.platforms}}) {
    if (*names) members.push_back({key, **names, true});
  }
  if (row.where) {
    members.push_back({"where",
                       {std::string(name_in(aggregate_field_names, row.where->field)) +
                        (row.where->is_null ? " is null" : " is not null")}});
  }
  return members;
}

// As it is where YAML takes it for a text and nothing else.
std::string yaml_text(const std::string& text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  constexpr std::string_view others = "0123456789-. ";
  const bool plain = !text.empty() && letters.find(text[0]) != std::string_view::npos && text.back() != ' ' &&
                     std::all_of(text.begin(), text.end(), [&](char c) {
                       return letters.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos;
                     });
  const std::string word = lowered(text);
  const bool taken = word == "null" || word == "true" || word == "false" || word == "yes" || word == "no" ||
                     word == "on" || word == "off" || word == "y" || word == "n";
  if (plain && !taken) return text;
  std::string quoted;
  json::append_json_string(text, quoted);
  return quoted;
}

// With lists sorted and cut, as read_aggregate leaves them.
Aggregate normal(Aggregate row) {
  for (auto* names : {&row.models, &row.behaviour_types, &row.platforms}) {
    if (!*names) continue;
    const std::set<std::string> sorted((*names)->begin(), (*names)->end());
    names->emplace(sorted.begin(), sorted.end());
  }
  return row;
}

std::vector<Aggregate> usual_columns(const std::vector<std::string>& swipe, const std::vector<std::string>& keystroke) {
  std::vector<Aggregate> columns(4);
  columns[0] = {
      .name = "number_of_collections", .of = AggregateOf::collections, .field = AggregateField::collection_id};
  columns[1] = {.name = "weighted_mean_model_score",
                .of = AggregateOf::predictions,
                .function = AggregateFunction::mean,
                .field = AggregateField::score,
                .weight = AggregateField::confidence};
  columns[2] = {.name = "mean_swipe_score",
                .of = AggregateOf::predictions,
                .function = AggregateFunction::mean,
                .field = AggregateField::score,
                .models = swipe};
  columns[3] = {.name = "failed_keystroke_predictions",
                .of = AggregateOf::predictions,
                .models = keystroke,
                .where = NullCondition{AggregateField::score, true}};
  return columns;
}

}  // namespace

Result<Aggregate> read_aggregate(const std::string& name, const std::vector<AggregateMember>& members) {
  Result<Aggregate> row = RowReader(members).read(name);
  if (!row) row.error().message.insert(0, in_quotes(name) + ": ");
  return row;
}

std::string show_aggregate(const Aggregate& aggregate) {
  std::string text = yaml_text(aggregate.name) + ": {";
  for (const AggregateMember& member : members_of(aggregate)) {
    if (!text.ends_with('{')) text += ", ";
    text += member.key + ": ";
    if (member.is_list) text += '[';
    for (const std::string& value : member.values) {
      if (&value != &member.values.front()) text += ", ";
      text += yaml_text(value);
    }
    if (member.is_list) text += ']';
  }
  return text + "}";
}

Status check_aggregates(const std::vector<Aggregate>& aggregates) {
  std::map<std::string, std::string> names;  // lowered to as it is written
  for (const Aggregate& row : aggregates) {
    GM_RETURN_IF_ERROR(read_aggregate(row.name, members_of(row)));
    const auto [earlier, is_new] = names.emplace(lowered(row.name), row.name);
    if (!is_new) {
      return Error::usage(in_quotes(row.name) + " has the name of another column, " + in_quotes(earlier->second),
                          "names count without regard to case; rename one of the two");
    }
  }
  return {};
}

std::string canonical_aggregates(const Recipe& recipe) {
  std::vector<Aggregate> columns;
  for (const Aggregate& row : recipe.aggregates) columns.push_back(normal(row));
  std::vector<Aggregate> usual;
  for (Aggregate& row : session_columns(Recipe{})) usual.push_back(normal(std::move(row)));
  if (columns.empty() || columns == usual) return {};
  std::string text;
  for (const Aggregate& row : columns) {
    std::map<std::string, std::string> members = {{"name", "\"" + row.name + "\""}};
    for (const AggregateMember& member : members_of(row)) {
      std::string& value = members[member.key];
      for (const std::string& each : member.values) {
        if (!value.empty()) value += ',';
        json::append_json_string(each, value);
      }
      if (member.is_list) value = "[" + value + "]";
    }
    text += text.empty() ? "[" : ",";
    std::string object;
    for (const auto& [key, value] : members)
      object.append(object.empty() ? "{\"" : ",\"").append(key).append("\":") += value;
    text += object + "}";
  }
  return text + "]";
}

}  // namespace gristmill::recipe

std::vector<gristmill::Aggregate> gristmill::session_columns(const Recipe& recipe) {
  if (!recipe.aggregates.empty()) return recipe.aggregates;
  return recipe::usual_columns(recipe.swipe_models, recipe.keystroke_models);
}
