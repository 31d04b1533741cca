// An alias that is wrong rejects lines (`duplicate_key`), so one is proposed only if its name is near to the field's,
// its values are of the right kind, and no line has both. What is proposed is said to be so in a comment with its
// share of the lines. Tested, with a run, by tests/programs/test_inspect.py.
#include "inspect/proposal.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "json/json_text.h"
#include "record/field_names.h"
#include "text/byte_size.h"
#include "text/figures.h"
#include "text/nearest.h"

namespace gristmill::inspect {
namespace {

constexpr std::size_t most_carried = 20;
constexpr std::size_t longest_proposed_name = 100;  // bytes
constexpr std::size_t most_files_named = 1'000;

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

bool is_near(const std::string& name, Field field) {
  for (const KnownNames& known : known_names) {
    if (known.field == field && known.names.find(" " + name + " ") != std::string_view::npos) return true;
  }
  const std::string wanted = record::loosened(record::name_of(field));
  const std::size_t most = wanted.size() >= 8 ? 2 : 1;
  return name.size() + 1 >= wanted.size() && text::edit_distance(name, wanted) <= most;
}

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

struct Alias {
  Field field;
  std::string name;
  std::uint64_t lines = 0;
  std::vector<std::string> others;  // that would have done as well
};

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g%%",
                whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string in_yaml(std::string_view text) {
  std::string quoted;
  json::append_json_string(text, quoted);
  return quoted;
}

bool can_be_named(const std::string& name) {
  return !name.empty() && name.size() <= longest_proposed_name && json::is_utf8(name) &&
         name.find('\0') == std::string::npos && name.front() != ' ' && name.back() != ' ';
}

class Proposal {
 public:
  Proposal(const Inspection& inspection, const Recipe& recipe, const std::vector<InspectedInput>& inputs,
           const std::array<std::vector<InspectedField>, line_groups>& near_top)
      : inspection_(inspection), recipe_(recipe), names_(recipe), inputs_(inputs), near_top_(near_top) {}

  std::string write() {
    for (const Field field : {Field::metadata, Field::behaviour, Field::prediction}) find_alias(field);
    decide_neither();
    for (std::size_t i = static_cast<std::size_t>(Field::profile_id); i < field_count; ++i)
      find_alias(static_cast<Field>(i));
    write_head();
    write_inputs();
    write_aliases();
    write_carry();
    write_models();
    write_settings();
    write_checks();
    return std::move(text_);
  }

 private:
  // Has that name in the object where `field` is read?
  bool stands_for(const std::string& name, Field field) const {
    const auto found = names_.find(name);
    if (found) return *found == field;
    return std::any_of(aliases_.begin(), aliases_.end(), [&](const Alias& alias) {
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
    return std::any_of(aliases_.begin(), aliases_.end(),
                       [&](const Alias& alias) { return record::loosened(alias.name) == record::loosened(name); });
  }

  void find_alias(Field field) {
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
        if (!can_be_named(name) || !is_near(loose, field) || is_alias(name)) continue;
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
    Alias alias{field, best->name, best->lines, {}};
    for (const auto& [loose, candidate] : candidates) {
      if (candidate.good && &candidate != best) alias.others.push_back(candidate.name);
    }
    aliases_.push_back(std::move(alias));
  }

  // With one of the two payloads under another name it is plain what the files of neither are.
  void decide_neither() {
    const auto found = [&](Field field) {
      return std::any_of(aliases_.begin(), aliases_.end(), [&](const Alias& alias) { return alias.field == field; });
    };
    if (found(Field::behaviour) != found(Field::prediction)) {
      neither_ = found(Field::behaviour) ? LineGroup::collections : LineGroup::predictions;
    }
  }

  LineGroup group_of(const InspectedFile& file) const {
    return file.group == LineGroup::neither ? neither_ : file.group;
  }

  void write_head() {
    std::uint64_t lines = 0;
    for (const InspectedFile& file : inspection_.files) lines += file.lines;
    text_ =
        "# A recipe to start from, proposed by `gristmill inspect` after reading " + text::counted(lines, "line") +
        " in " + text::counted(inspection_.files.size(), "file") +
        ".\n"
        "# Look it through; `gristmill explain --recipe FILE` shows what would be done, `gristmill run --recipe FILE`\n"
        "# does it. Paths are relative to the folder that gristmill is started in.\n\n";
  }

  // The arguments whose files are all of one kind stay as they are; of the others each file is named.
  void write_inputs() {
    std::array<std::vector<std::string>, line_groups> paths;
    for (const InspectedInput& input : inputs_) {
      std::set<LineGroup> groups;
      for (const std::size_t file : input.files) groups.insert(group_of(inspection_.files[file]));
      if (groups.size() == 1) {
        paths[static_cast<std::size_t>(*groups.begin())].push_back(input.argument);
        continue;
      }
      for (const std::size_t file : input.files) {
        paths[static_cast<std::size_t>(group_of(inspection_.files[file]))].push_back(inspection_.files[file].path);
      }
    }
    if (inputs_.empty()) {
      paths[0] = recipe_.collections;
      paths[1] = recipe_.predictions;
    }
    for (std::size_t i = 0; i < dataset_count; ++i) {
      if (paths[i].empty()) {
        text_ += "#" + std::string(line_group_names[i]) + ": none was found\n";
        continue;
      }
      text_ += std::string(line_group_names[i]) + ":\n";
      write_paths(paths[i], "  - ");
    }
    const std::vector<std::string>& unknown = paths[static_cast<std::size_t>(LineGroup::neither)];
    if (!unknown.empty()) {
      text_ += "# Left out, since no line of them has a behaviour or a prediction under a name that is known:\n";
      write_paths(unknown, "#  - ");
    }
    // An output inside an input is refused.
    const bool whole_folder = std::any_of(inputs_.begin(), inputs_.end(), [](const InspectedInput& input) {
      return input.argument == "." || input.argument == "./";
    });
    const std::string output = whole_folder ? "../gristmill-out" : "out";
    text_ += "output: " + in_yaml(recipe_.output.empty() ? output : recipe_.output) + "\n\n";
  }

  void write_paths(const std::vector<std::string>& paths, const std::string& before) {
    for (std::size_t i = 0; i < paths.size() && i < most_files_named; ++i) {
      if (json::is_utf8(paths[i])) {
        text_ += before + in_yaml(paths[i]) + "\n";
      } else {
        text_ += "# a path that is no UTF-8 cannot stand in a recipe: name its folder or a glob\n";
      }
    }
    if (paths.size() > most_files_named) {
      text_ += "# and " + text::grouped(paths.size() - most_files_named) + " more: name them by a folder or a glob\n";
    }
  }

  void write_aliases() {
    std::string section;
    for (std::size_t i = 0; i < field_count; ++i) {
      std::vector<std::string> names = recipe_.aliases[i];
      for (const Alias& alias : aliases_) {
        if (static_cast<std::size_t>(alias.field) != i) continue;
        names.push_back(alias.name);
        section += "  # " + in_yaml(alias.name) + " stands in " + text::counted(alias.lines, "line") +
                   ", in none of them beside " + std::string(field_names[i]) + ": is it that field?\n";
        for (const std::string& other : alias.others) {
          section += "  # " + in_yaml(other) + " could be meant as well; a line may have one of them only\n";
        }
      }
      if (names.empty()) continue;
      section += "  " + std::string(field_names[i]) + ": [" + listed(names) + "]\n";
    }
    if (section.empty()) return;
    text_ += "# Further names of fields. A wrong one changes what rows say.\naliases:\n" + section + "\n";
  }

  void write_carry() {
    std::map<std::string, std::array<std::uint64_t, line_groups>> fields;
    for (std::size_t group = 0; group < line_groups; ++group) {
      for (const InspectedField& found : near_top_[group]) {
        if (found.names.size() != 1 || !found.plain || names_.find(found.names[0]) || is_alias(found.names[0]))
          continue;
        if (can_be_named(found.names[0])) fields[found.names[0]][group] = found.values.lines;
      }
    }
    for (const std::string& name : recipe_.carry) fields.try_emplace(name);
    std::vector<std::string> order = recipe_.carry;
    std::vector<std::string> found;
    for (const auto& [name, lines] : fields) {
      if (std::find(order.begin(), order.end(), name) == order.end()) found.push_back(name);
    }
    const auto lines_of = [&](const std::string& name) { return fields[name][0] + fields[name][1] + fields[name][2]; };
    std::stable_sort(found.begin(), found.end(),
                     [&](const std::string& a, const std::string& b) { return lines_of(a) > lines_of(b); });
    const std::size_t more = found.size() > most_carried ? found.size() - most_carried : 0;
    found.resize(found.size() - more);
    order.insert(order.end(), found.begin(), found.end());
    if (order.empty()) return;
    text_ += "# Fields at the top of lines that no row would have otherwise; remove those that nobody needs.\ncarry:\n";
    for (const std::string& name : order) {
      std::string shares;
      for (std::size_t group = 0; group < line_groups; ++group) {
        const std::uint64_t lines = fields[name][group];
        if (lines == 0) continue;
        shares +=
            (shares.empty() ? "  # in " : ", ") + share_text(lines, inspection_.groups[group].readable) +
            " of the lines" +
            (group == static_cast<std::size_t>(LineGroup::neither) ? " of neither"
                                                                   : " of " + std::string(line_group_names[group]));
      }
      text_ += "  - " + in_yaml(name) + shares + "\n";
    }
    if (more > 0) text_ += "  # and " + text::counted(more, "field") + " more: are their names data?\n";
    text_ += "\n";
  }

  // The names of models: those that a run would see, and the first values of a field that is proposed to hold them.
  std::vector<std::pair<std::string, std::string>> models() const {
    std::vector<std::pair<std::string, std::string>> models;  // with how often
    for (const auto& [name, predictions] :
         inspection_.groups[static_cast<std::size_t>(LineGroup::predictions)].models) {
      models.emplace_back(name, text::counted(predictions, "prediction"));
    }
    for (std::size_t group = 0; group < line_groups; ++group) {
      for (const InspectedField& found : near_top_[group]) {
        if (!is_in_scope(found, group, Field::model_name) || !stands_for(found.names.back(), Field::model_name))
          continue;
        for (const SampleValue& sample : found.values.samples) {
          if (sample.text.size() < shown_value) models.emplace_back(sample.text, "in " + found.path);
        }
      }
    }
    return models;
  }

  void write_models() {
    std::vector<std::string> swipe;
    std::vector<std::string> keystroke;
    std::string seen;
    for (const auto& [name, where] : models()) {
      const std::string loose = record::loosened(name);
      if (!can_be_named(name)) continue;
      seen += "#   " + in_yaml(name) + ": " + where + "\n";
      if (loose.find("swipe") != std::string::npos) {
        swipe.push_back(name);
      } else if (loose.find("key") != std::string::npos) {
        keystroke.push_back(name);
      }
    }
    if (seen.empty()) return;
    text_ += "# Which models the columns of the session aggregates are about. These names were seen:\n" + seen;
    if (swipe.empty() && keystroke.empty()) {
      text_ += "# None looks like a swipe or a keystroke model; as it is: swipe: [" + listed(recipe_.swipe_models) +
               "], keystroke: [" + listed(recipe_.keystroke_models) + "]\n\n";
      return;
    }
    text_ += "models:\n";
    write_model("swipe", swipe, recipe_.swipe_models);
    write_model("keystroke", keystroke, recipe_.keystroke_models);
    text_ += "\n";
  }

  void write_model(const char* key, const std::vector<std::string>& found, const std::vector<std::string>& otherwise) {
    text_ += "  " + std::string(key) + ": [" + listed(found.empty() ? otherwise : found) + "]" +
             (found.empty() ? "  # none was seen" : "") + "\n";
  }

  // Settings under which the lines were read.
  void write_settings() {
    const Recipe usual;
    std::string section;
    if (recipe_.strict) section += "strict: true\n";
    if (recipe_.sessions == SessionScope::all) section += "sessions: all\n";
    std::string limits;
    if (recipe_.line_limit != usual.line_limit)
      limits += "  line: " + text::format_byte_size(recipe_.line_limit) + "\n";
    if (recipe_.depth_limit != usual.depth_limit) limits += "  depth: " + std::to_string(recipe_.depth_limit) + "\n";
    if (recipe_.rows_limit != usual.rows_limit)
      limits += "  rows: " + text::format_byte_size(recipe_.rows_limit) + "\n";
    if (!limits.empty()) section += "limits:\n" + limits;
    if (!section.empty()) text_ += section + "\n";
  }

  void write_checks() {
    text_ += "# What a run would find, and a place to draw a line; without the '#' these are settings.\n#checks:\n";
    const auto per_dataset = [&](auto number) {
      std::string found;
      for (std::size_t i = 0; i < dataset_count; ++i) {
        const InspectedGroup& group = inspection_.groups[i];
        if (group.lines == 0) continue;
        const std::uint64_t count = number(group);
        found += (found.empty() ? "" : ", ") + text::grouped(count) + " of " + text::counted(group.lines, "line") +
                 " of " + std::string(line_group_names[i]) + " (" + share_text(count, group.lines) + ")";
      }
      return found.empty() ? std::string("nothing") : found;
    };
    text_ += "#  # found: " + per_dataset([](const InspectedGroup& group) { return group.rejected; }) +
             "\n"
             "#  rejected_lines: {severity: fail, fail_above: 5%}\n";
    text_ += "#  # found: " + per_dataset([](const InspectedGroup& group) { return group.repaired; }) +
             "\n"
             "#  repairs: {severity: warn, fail_above: 0}\n";
    text_ += "#  # found, without a profile: " +
             per_dataset([](const InspectedGroup& group) { return group.missing_ids[0]; }) +
             "\n#  missing_ids: {severity: warn, fail_above: 0}\n";
  }

  static std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + in_yaml(name);
    return text;
  }

  const Inspection& inspection_;
  const Recipe& recipe_;
  record::FieldNames names_;
  const std::vector<InspectedInput>& inputs_;
  const std::array<std::vector<InspectedField>, line_groups>& near_top_;
  std::vector<Alias> aliases_;
  LineGroup neither_ = LineGroup::neither;
  std::string text_;
};

}  // namespace

std::string propose_recipe(const Inspection& inspection, const Recipe& recipe,
                           const std::vector<InspectedInput>& inputs,
                           const std::array<std::vector<InspectedField>, line_groups>& near_top) {
  return Proposal(inspection, recipe, inputs, near_top).write();
}

}  // namespace gristmill::inspect
