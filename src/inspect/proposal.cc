// What is proposed says why in a comment, with its share of the lines. Tested in proposal_test.cc and, with a run, by
// tests/programs/test_inspect.py.
#include "inspect/proposal.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "json/json_text.h"
#include "recipe/aggregate_rows.h"
#include "record/field_names.h"
#include "text/byte_size.h"
#include "text/figures.h"

namespace gristmill::inspect {
namespace {

constexpr std::size_t most_carried = 20;
constexpr std::size_t most_files_named = 1'000;

std::string short_share(std::uint64_t part, std::uint64_t whole) {
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

class Proposal {
 public:
  Proposal(const Inspection& inspection, const ReadingRecipe& reading, const std::vector<InspectedInput>& inputs,
           const FieldsNearTop& near_top)
      : inspection_(inspection),
        given_(reading.given),
        recipe_(reading.read_by),
        aliases_(reading.aliases),
        names_(recipe_),
        inputs_(inputs),
        near_top_(near_top) {}

  std::string write() {
    write_head();
    write_inputs();
    write_framing();
    write_unwrap();
    write_aliases();
    write_carry();
    write_models();
    write_settings();
    write_checks();
    return std::move(text_);
  }

 private:
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
    constexpr std::size_t unreadable = line_groups;
    const auto kind_of = [&](std::size_t index) {
      const InspectedFile& file = inspection_.files[index];
      const bool any_read = file.collections + file.predictions + file.both + file.neither > 0;
      return file.group == LineGroup::neither && !any_read && file.lines > file.blank
                 ? unreadable
                 : static_cast<std::size_t>(file.group);
    };
    std::array<std::vector<std::string>, line_groups + 1> paths;
    for (const InspectedInput& input : inputs_) {
      std::set<std::size_t> kinds;
      for (const std::size_t file : input.files) kinds.insert(kind_of(file));
      if (kinds.size() == 1) {
        paths[*kinds.begin()].push_back(input.argument);
        continue;
      }
      for (const std::size_t file : input.files) paths[kind_of(file)].push_back(inspection_.files[file].path);
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
    const auto write_left_out = [&](const std::vector<std::string>& left_out, std::string_view why) {
      if (left_out.empty()) return;
      text_.append("# Left out, since ").append(why).append(":\n");
      write_paths(left_out, "#  - ");
    };
    write_left_out(paths[static_cast<std::size_t>(LineGroup::neither)],
                   "no line of them has a behaviour or a prediction under a name that is known");
    write_left_out(paths[unreadable], "no line of them can be read; inspect's notes say what they look like");
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

  void write_framing() {
    if (recipe_.framing == Recipe{}.framing) return;
    if (recipe_.framing != given_.framing) {
      text_ += "# Values over several lines, or several on a line, in files whose first bytes do not show it.\n";
    }
    if (recipe_.framing[0] == recipe_.framing[1]) {
      text_ += "framing: " + std::string(name_of(recipe_.framing[0])) + "\n\n";
      return;
    }
    text_ += "framing:\n";
    for (std::size_t i = 0; i < dataset_count; ++i) {
      text_ += "  " + std::string(dataset_names[i]) + ": " + std::string(name_of(recipe_.framing[i])) + "\n";
    }
    text_ += '\n';
  }

  void write_unwrap() {
    if (recipe_.unwrap == Recipe{}.unwrap) return;
    if (recipe_.unwrap != given_.unwrap)
      text_ += "# The records were found inside other ones, in this field of a line.\n";
    text_ += "unwrap:\n";
    for (std::size_t i = 0; i < dataset_count; ++i) {
      if (!recipe_.unwrap[i].empty())
        text_ += "  " + std::string(dataset_names[i]) + ": " + in_yaml(recipe_.unwrap[i]) + "\n";
    }
    text_ += '\n';
  }

  void write_aliases() {
    std::string section;
    for (std::size_t i = 0; i < field_count; ++i) {
      const std::vector<std::string>& names = recipe_.aliases[i];
      for (const ProposedAlias& alias : aliases_) {
        if (static_cast<std::size_t>(alias.field) != i) continue;
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
    // Lines of neither are of interest where they stand in files that a run reads.
    const bool read_neither = std::ranges::any_of(inspection_.files, [](const InspectedFile& file) {
      return file.group != LineGroup::neither && file.neither > 0;
    });
    for (std::size_t group = 0; group < (read_neither ? line_groups : dataset_count); ++group) {
      for (const InspectedField& found : near_top_[group]) {
        if (found.names.size() != 1 || !found.plain || names_.find(found.names[0])) continue;
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
            (shares.empty() ? "  # in " : ", ") + short_share(lines, inspection_.groups[group].readable) +
            " of the lines" +
            (group == static_cast<std::size_t>(LineGroup::neither) ? " of neither"
                                                                   : " of " + std::string(line_group_names[group]));
      }
      text_ += "  - " + in_yaml(name) + shares + "\n";
    }
    if (more > 0) text_ += "  # and " + text::counted(more, "field") + " more: are their names data?\n";
    text_ += "\n";
  }

  void write_models() {
    std::vector<std::string> swipe;
    std::vector<std::string> keystroke;
    std::string seen;
    for (const auto& [name, predictions] :
         inspection_.groups[static_cast<std::size_t>(LineGroup::predictions)].models) {
      const std::string loose = record::loosened(name);
      if (!can_be_named(name)) continue;
      seen += "#   " + in_yaml(name) + ": " + text::counted(predictions, "prediction") + "\n";
      if (loose.find("swipe") != std::string::npos) {
        swipe.push_back(name);
      } else if (loose.find("key") != std::string::npos) {
        keystroke.push_back(name);
      }
    }
    if (!recipe_.aggregates.empty()) {
      if (!seen.empty()) text_ += "# These models were seen:\n" + seen;
      text_ += "# Columns of the session rows.\naggregates:\n";
      for (const Aggregate& row : recipe_.aggregates) text_ += "  " + recipe::show_aggregate(row) + "\n";
      text_ += '\n';
      return;
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
                 " of " + std::string(line_group_names[i]) + " (" + short_share(count, group.lines) + ")";
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
             "\n#  missing_ids: {severity: fail, fail_above: 50%}\n";
  }

  static std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + in_yaml(name);
    return text;
  }

  const Inspection& inspection_;
  const Recipe& given_;
  const Recipe& recipe_;
  const std::vector<ProposedAlias>& aliases_;
  record::FieldNames names_;
  const std::vector<InspectedInput>& inputs_;
  const FieldsNearTop& near_top_;
  std::string text_;
};

}  // namespace

std::string propose_recipe(const Inspection& inspection, const ReadingRecipe& reading,
                           const std::vector<InspectedInput>& inputs, const FieldsNearTop& near_top) {
  return Proposal(inspection, reading, inputs, near_top).write();
}

}  // namespace gristmill::inspect
