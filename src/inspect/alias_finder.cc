// An alias that is wrong rejects lines (`duplicate_key`), so one is proposed only if its name is near to the field's,
// its values are of the right kind, and no line has both. Tested in proposal_test.cc and, with a run, by
// tests/programs/test_inspect.py.
#include "inspect/alias_finder.h"

#include <algorithm>
#include <map>

#include "json/json_text.h"
#include "record/field_names.h"
#include "text/nearest.h"

namespace gristmill::inspect {
namespace {

constexpr std::size_t longest_proposed_name = 100;  // bytes

// Names that people give the fields, loosened.
struct KnownNames {
  Field field;
  std::string_view names;  // with spaces around each
};
constexpr KnownNames known_names[] = {
    {Field::metadata, " meta header headers envelope context "},
    {Field::behaviour, " behaviors behaviours events interactions inputs gestures actions "},
    {Field::prediction, " predictions result results inference inferences scores modeloutput "},
    {Field::profile_id, " user userid uid profile customerid accountid account memberid playerid subjectid personid "},
    {Field::session_id, " session sid sessionkey sessionuuid visitid "},
    {Field::collection_id, " collection collectionkey cid batchid recordid "},
    {Field::timestamp, " time ts datetime createdat eventtime recordedat capturedat timestampms timems epoch epochms "},
    {Field::model_name, " model modelid classifier modelkey "},
    {Field::score, " probability prob modelscore "},
    {Field::confidence, " conf certainty modelconfidence "},
};

std::uint64_t count_of(const InspectedField& field, std::initializer_list<ValueKind> kinds) {
  std::uint64_t count = 0;
  for (const ValueKind kind : kinds) count += field.values.values[static_cast<std::size_t>(kind)];
  return count;
}

// Could the values be those of the field, and is there one at all?
bool fits(const InspectedField& found, Field field) {
  using enum ValueKind;
  std::uint64_t all = 0;
  for (const std::uint64_t count : found.values.values) all += count;
  std::uint64_t good = 0;
  switch (field) {
    case Field::metadata:
    case Field::behaviour: good = count_of(found, {object}); break;
    case Field::prediction: good = count_of(found, {object, list}); break;
    case Field::profile_id:
    case Field::session_id:
    case Field::collection_id: good = count_of(found, {integer, text, numeric_text, time_text}); break;
    case Field::timestamp: good = count_of(found, {integer, decimal, numeric_text, time_text}); break;
    case Field::model_name: good = count_of(found, {text, numeric_text, time_text}); break;
    case Field::score:
    case Field::confidence: good = count_of(found, {integer, decimal, numeric_text}); break;
  }
  return good > 0 && good + count_of(found, {null}) == all;
}

class AliasFinder {
 public:
  AliasFinder(const Recipe& recipe, const FieldsNearTop& near_top) : names_(recipe), near_top_(near_top) {}

  std::vector<ProposedAlias> find() {
    for (const Field field : {Field::metadata, Field::behaviour, Field::prediction}) find(field);
    for (std::size_t i = static_cast<std::size_t>(Field::profile_id); i < field_count; ++i) find(static_cast<Field>(i));
    return std::move(found_);
  }

 private:
  // Has that name in the object where `field` is read?
  bool stands_for(const std::string& name, Field field) const {
    const auto found = names_.find(name);
    if (found) return *found == field;
    return std::any_of(found_.begin(), found_.end(), [&](const ProposedAlias& alias) {
      return alias.field == field && record::loosened(alias.name) == record::loosened(name);
    });
  }

  // Is that a path at which `field` would be read under another name?
  bool is_in_scope(const InspectedField& found, std::size_t group, Field field) const {
    const std::vector<std::string>& names = found.names;
    if (names.empty() || names_.find(names.back())) return false;
    switch (field) {
      case Field::metadata: return names.size() == 1 && found.plain;
      case Field::behaviour:
        return names.size() == 1 && found.plain && group != static_cast<std::size_t>(LineGroup::predictions);
      case Field::prediction:
        return names.size() == 1 && found.plain && group != static_cast<std::size_t>(LineGroup::collections);
      case Field::model_name:
      case Field::score:
      case Field::confidence:
        if (!stands_for(names.front(), Field::prediction)) return false;
        return (names.size() == 2 && found.plain) || (names.size() == 3 && names[1] == "[]");
      default:
        if (!found.plain) return false;
        if (names.size() == 2) return stands_for(names.front(), Field::metadata);
        return names.size() == 1 && lacks(found, Field::metadata) && !is_alias(names.front());
    }
  }

  static bool lacks(const InspectedField& found, Field field) {
    return found.values.lines_without[static_cast<std::size_t>(field)] == found.values.lines;
  }
  bool is_alias(const std::string& name) const {
    return std::any_of(found_.begin(), found_.end(), [&](const ProposedAlias& alias) {
      return record::loosened(alias.name) == record::loosened(name);
    });
  }

  void find(Field field) {
    struct Candidate {
      std::string name;
      std::uint64_t lines = 0;
      bool good = true;
    };
    std::map<std::string, Candidate> candidates;  // by loosened name
    const bool payload = field == Field::behaviour || field == Field::prediction;
    for (std::size_t group = 0; group < line_groups; ++group) {
      for (const InspectedField& found : near_top_[group]) {
        if (!is_in_scope(found, group, field)) continue;
        const std::string& name = found.names.back();
        const std::string loose = record::loosened(name);
        if (!can_be_named(name) || !may_be_meant(name, field) || is_alias(name)) continue;
        Candidate& candidate = candidates[loose];
        if (candidate.lines == 0) candidate.name = name;
        candidate.lines += found.values.lines;
        candidate.good &= fits(found, field) && lacks(found, field);
        if (payload) candidate.good &= lacks(found, Field::behaviour) && lacks(found, Field::prediction);
      }
    }
    const Candidate* best = nullptr;
    for (const auto& [loose, candidate] : candidates) {
      if (candidate.good && (best == nullptr || candidate.lines > best->lines)) best = &candidate;
    }
    if (best == nullptr) return;
    ProposedAlias alias{field, best->name, best->lines, {}};
    for (const auto& [loose, candidate] : candidates) {
      if (candidate.good && &candidate != best) alias.others.push_back(candidate.name);
    }
    found_.push_back(std::move(alias));
  }

  record::FieldNames names_;
  const FieldsNearTop& near_top_;
  std::vector<ProposedAlias> found_;
};

}  // namespace

bool may_be_meant(std::string_view name, Field field) {
  if (name.size() > longest_proposed_name) return false;
  const std::string loose = record::loosened(name);
  const bool one_word = !loose.empty() && loose.find(' ') == std::string::npos;
  for (const KnownNames& known : known_names) {
    if (one_word && known.field == field && known.names.find(" " + loose + " ") != std::string_view::npos) return true;
  }
  const std::string wanted = record::loosened(record::name_of(field));
  const std::size_t most = wanted.size() >= 8 ? 2 : 1;
  return loose.size() + 1 >= wanted.size() && text::edit_distance(loose, wanted) <= most;
}

bool can_be_named(const std::string& name) {
  return !name.empty() && name.size() <= longest_proposed_name && json::is_utf8(name) &&
         name.find('\0') == std::string::npos && name.front() != ' ' && name.back() != ' ';
}

std::vector<ProposedAlias> find_aliases(const Recipe& recipe, const FieldsNearTop& near_top) {
  return AliasFinder(recipe, near_top).find();
}

}  // namespace gristmill::inspect
