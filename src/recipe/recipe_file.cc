// yaml-cpp reads the text into nodes; everything about what they mean is here, and yaml-cpp nowhere else,
// so that its exceptions end here. Things that it lets pass are refused: a key given twice, a tab before a
// line's text, a quote that is never closed (yaml-cpp 0.7 takes the rest of the file for the value), and
// anything after the first document. (Its LoadAll is of no use for the last: it never returns from a stray
// comma.) Tested in recipe_file_test.cc.
#include "recipe/recipe_file.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "json/json_text.h"
#include "recipe/aggregate_rows.h"
#include "recipe/value.h"
#include "text/nearest.h"

namespace gristmill::recipe {
namespace {

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool is_section(std::string_view path) {
  const std::span<const Setting> table = settings_table();
  return std::any_of(table.begin(), table.end(), [&](const Setting& setting) {
    return setting.key.size() > path.size() && setting.key.starts_with(path) && setting.key[path.size()] == '.';
  });
}

// The keys that may stand in the section `path` (empty: at the top).
std::vector<std::string> keys_of(std::string_view path) {
  std::vector<std::string> keys;
  const std::size_t skip = path.empty() ? 0 : path.size() + 1;
  for (const Setting& setting : settings_table()) {
    if (!setting.in_recipe_file || setting.key.size() <= skip || !setting.key.starts_with(path)) continue;
    if (skip != 0 && setting.key[path.size()] != '.') continue;
    std::string key = setting.key.substr(skip, setting.key.find('.', skip) - skip);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  return keys;
}

// What a key that is unknown in its section was probably meant to be: one of the section's keys, else a
// setting by the last part of its key or by its flag ("line" or "swipe_models" at the top).
std::string advice_for(const std::string& key, const std::string& section) {
  const std::vector<std::string> siblings = keys_of(section);
  if (const std::optional<std::string> near = text::nearest_match(key, siblings)) {
    return "did you mean " + in_quotes(*near) + "?";
  }
  std::map<std::string, std::string> elsewhere;  // spelling to key
  for (const Setting& setting : settings_table()) {
    if (!setting.in_recipe_file || setting.key.find('.') == std::string::npos) continue;
    elsewhere.emplace(setting.key, setting.key);
    elsewhere.emplace(setting.key.substr(setting.key.rfind('.') + 1), setting.key);
    elsewhere.emplace(setting.flag.substr(2), setting.key);
  }
  std::vector<std::string> spellings;
  for (const auto& [spelling, full] : elsewhere) spellings.push_back(spelling);
  if (const std::optional<std::string> near = text::nearest_match(key, spellings)) {
    std::string nested = elsewhere.at(*near);
    for (std::size_t dot = nested.find('.'); dot != std::string::npos; dot = nested.find('.', dot + 1)) {
      nested.replace(dot, 1, ": {");
      nested += '}';
    }
    const std::size_t closing = std::min(nested.find('}'), nested.size());
    return "did you mean " + nested.insert(closing, ": ...") + "?";
  }
  return "known here: " + list_of(siblings);
}

// Notes where a document begins and passes over the rest.
class DocumentStart : public YAML::EventHandler {
 public:
  YAML::Mark mark;
  void OnDocumentStart(const YAML::Mark& start) override { mark = start; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// A row of `aggregates`: NAME: {KEY: VALUE, KEY: [VALUE, VALUE]}
Result<Aggregate> read_row(const YAML::Node& name, const YAML::Node& row) {
  if (!name.IsScalar())
    return Error::usage("a column's name is a list, a map or nothing", "write 'name: {of: ..., count: rows}'");
  const std::string prefix = in_quotes(name.Scalar()) + ": ";
  if (!row.IsMap()) {
    return Error::usage(prefix + "it says nothing of the column",
                        "write " + name.Scalar() + ": {of: predictions, mean: score}, or the like");
  }
  std::vector<AggregateMember> members;
  for (const auto& member : row) {
    if (!member.first.IsScalar()) return Error::usage(prefix + "a key must be a name", "write 'of: predictions'");
    AggregateMember& read = members.emplace_back();
    read.key = member.first.Scalar();
    read.is_list = member.second.IsSequence();
    const auto add = [&](const YAML::Node& value) {
      if (value.IsScalar()) read.values.push_back(value.Scalar());
      return value.IsScalar();
    };
    const bool good = read.is_list ? std::all_of(member.second.begin(), member.second.end(), add) : add(member.second);
    if (!good) {
      return Error::usage(prefix + in_quotes(read.key) + " has no value, or one that is not plain",
                          "write '" + read.key + ": value', or a list [a, b] where it may be one");
    }
  }
  return read_aggregate(name.Scalar(), members);
}

class RecipeFileReader {
 public:
  RecipeFileReader(std::string_view text, std::string_view file_name) : file_name_(file_name) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    text_ = text;
    lines_ = split_lines(text);
  }

  Result<std::vector<RecipeFileEntry>> read() {
    GM_RETURN_IF_ERROR(check_text());
    try {
      std::istringstream stream{std::string(text_)};
      YAML::Parser parser(stream);
      DocumentStart document;
      if (!parser.HandleNextDocument(document)) return std::move(entries_);
      if (parser.HandleNextDocument(document)) {
        return error(document.mark, "this does not belong to what stands above",
                     "keep one recipe in a file; look at the indentation and brackets here");
      }
      const YAML::Node root = YAML::Load(std::string(text_));
      if (root.IsNull()) return std::move(entries_);
      if (!root.IsMap()) {
        return error(root.Mark(), "a recipe is a list of 'key: value' lines, and this is none",
                     "begin with a line such as 'output: out'");
      }
      GM_RETURN_IF_ERROR(read_map(root, ""));
      return std::move(entries_);
    } catch (const YAML::Exception& exception) {
      return syntax_error(exception);
    }
  }

 private:
  Error error(std::size_t line, const std::string& what, std::string advice) const {
    return Error::usage(std::string(file_name_) + " line " + std::to_string(line) + ": " + what, std::move(advice))
        .in_file(std::string(file_name_), line);
  }
  Error error(const YAML::Mark& mark, const std::string& what, std::string advice) const {
    return error(line_of(mark), what, std::move(advice));
  }
  std::size_t line_of(const YAML::Mark& mark) const {
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::max(mark.line, 0)) + 1, 1,
                                   std::max<std::size_t>(lines_.size(), 1));
  }

  Status check_text() const {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const std::string_view line = lines_[i];
      if (!json::is_utf8(line)) return error(i + 1, "this is not UTF-8", "save the file as UTF-8");
      if (line.find('\0') != line.npos) return error(i + 1, "there is a NUL byte", "is this a text file?");
      const std::size_t text = line.find_first_not_of(" \t\r");
      if (text != std::string_view::npos && line[text] != '#' && line.substr(0, text).find('\t') != line.npos) {
        return error(i + 1, "the line is indented with a tab", "indent with spaces: YAML knows no tabs");
      }
    }
    return {};
  }

  // What yaml-cpp has to say, and what most often lies behind it.
  Error syntax_error(const YAML::Exception& exception) const {
    const std::size_t line = line_of(exception.mark);
    std::string advice = "look at the indentation, colons, quotes and brackets here and in the line above";
    const std::string_view text = line <= lines_.size() ? lines_[line - 1] : std::string_view{};
    const auto column = static_cast<std::size_t>(std::max(exception.mark.column, 0));
    constexpr std::string_view needs_quotes = "*&!%@`";
    if (column < text.size() && needs_quotes.find(text[column]) != std::string_view::npos) {
      advice = std::string("a value that begins with ") + text[column] + " must stand in quotes: '*.jsonl'";
    } else if (exception.msg == "illegal map value") {
      advice = "look at the indentation; a value that holds ': ' must stand in quotes";
    }
    return error(line, "this is not YAML: " + exception.msg + " (column " + std::to_string(column + 1) + ")",
                 std::move(advice));
  }

  // A quoted scalar must end: yaml-cpp takes the end of the file for a closing quote.
  Status check_quotes(const YAML::Node& node) const {
    const YAML::Mark mark = node.Mark();
    if (!node.IsScalar() || mark.line < 0 || line_of(mark) > lines_.size()) return {};
    const std::string_view first = lines_[line_of(mark) - 1];
    const auto column = static_cast<std::size_t>(std::max(mark.column, 0));
    if (column >= first.size() || (first[column] != '\'' && first[column] != '"')) return {};
    const char quote = first[column];
    for (auto at = static_cast<std::size_t>(first.data() - text_.data()) + column + 1; at < text_.size(); ++at) {
      if (text_[at] == '\\' && quote == '"') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 == text_.size() || text_[at + 1] != quote) return {};
        ++at;
      }
    }
    return error(mark, "the quote that begins here is not closed", "close it, or write the value without quotes");
  }

  Status read_map(const YAML::Node& map, const std::string& section) {
    std::map<std::string, std::size_t> seen;  // key to line
    for (const auto& member : map) {
      GM_RETURN_IF_ERROR(check_quotes(member.first));
      const std::size_t line = line_of(member.first.Mark());
      if (!member.first.IsScalar()) {
        return error(line, "a key must be a name", "write 'key: value'");
      }
      const std::string& key = member.first.Scalar();
      const auto [earlier, is_new] = seen.emplace(key, line);
      if (!is_new) {
        return error(line, in_quotes(key) + " is given a second time, after line " + std::to_string(earlier->second),
                     "keep one of the two")
            .of_key(section.empty() ? key : section + "." + key);
      }
      GM_RETURN_IF_ERROR(read_member(key, member.second, section, line));
    }
    return {};
  }

  Status read_member(const std::string& key, const YAML::Node& value, const std::string& section, std::size_t line) {
    const std::string path = section.empty() ? key : section + "." + key;
    const bool plain_key = !key.empty() && key.find('.') == std::string::npos;
    if (const Setting* setting = find_setting(path); setting != nullptr && plain_key) {
      if (setting->in_recipe_file) return read_values(*setting, value, line);
      return error(line, in_quotes(key) + " cannot be set in a recipe file",
                   "use the flag " + setting->flag + " or the environment variable " + setting->environment)
          .of_key(key);
    }
    if (!plain_key || !is_section(path)) {
      const std::string where = section.empty() ? "" : " in " + in_quotes(section);
      return error(line, "unknown key " + in_quotes(key) + where, advice_for(key, section)).of_key(path);
    }
    if (value.IsNull()) return {};  // all of the section is commented out
    if (value.IsMap()) return read_map(value, path);
    const Setting* severity = find_setting(path + ".severity");
    if (severity != nullptr && value.IsScalar()) return read_values(*severity, value, line);
    return error(line, in_quotes(path) + " is a section, not a value", "known in it: " + list_of(keys_of(path)))
        .of_key(path);
  }

  Status check_quotes_within(const YAML::Node& node) const {
    if (node.IsMap()) {
      for (const auto& member : node) {
        GM_RETURN_IF_ERROR(check_quotes_within(member.first));
        GM_RETURN_IF_ERROR(check_quotes_within(member.second));
      }
    } else if (node.IsSequence()) {
      for (const YAML::Node& element : node) GM_RETURN_IF_ERROR(check_quotes_within(element));
    }
    return check_quotes(node);
  }

  // The rows of `aggregates`, checked here, where their lines are known.
  Status read_rows(const YAML::Node& table, RecipeFileEntry& entry) const {
    const std::string& key = entry.setting->key;
    if (!table.IsMap() || table.size() == 0) {
      return error(
                 entry.line, in_quotes(key) + " is a table of columns, and holds none",
                 "write rows such as 'mean_tap_score: {of: predictions, mean: score, models: [tap_model]}', or remove "
                 "it for the usual columns")
          .of_key(key);
    }
    for (const auto& row : table) {
      GM_RETURN_IF_ERROR(check_quotes_within(row.first));
      GM_RETURN_IF_ERROR(check_quotes_within(row.second));
      const std::size_t line = line_of(row.first.Mark());
      Result<Aggregate> read = read_row(row.first, row.second);
      if (!read) return error(line, key + ": " + read.error().message, read.error().advice).of_key(key);
      entry.values.push_back(show_aggregate(*read));
    }
    return {};
  }

  Status read_values(const Setting& setting, const YAML::Node& value, std::size_t line) {
    RecipeFileEntry entry;
    entry.setting = &setting;
    entry.line = line;
    if (setting.type == SettingType::aggregates) {
      GM_RETURN_IF_ERROR(read_rows(value, entry));
    } else if (value.IsSequence() && setting.repeatable()) {
      for (const YAML::Node& element : value) {
        if (!element.IsScalar()) {
          return error(line, in_quotes(setting.key) + " holds something that is not a plain value",
                       "write a list of values: [a, b]")
              .of_key(setting.key);
        }
        GM_RETURN_IF_ERROR(check_quotes(element));
        entry.values.push_back(element.Scalar());
      }
    } else if (value.IsMap() && setting.type == SettingType::by_dataset) {
      for (const auto& member : value) {
        if (!member.first.IsScalar() || !member.second.IsScalar()) {
          return error(line, in_quotes(setting.key) + " holds something that is not a plain value",
                       "write " + setting.key + ": {collections: VALUE, predictions: VALUE}")
              .of_key(setting.key);
        }
        const std::string& dataset = member.first.Scalar();
        if (std::ranges::find(dataset_names, dataset) == dataset_names.end()) {
          return error(line, in_quotes(setting.key) + " has no data set " + in_quotes(dataset),
                       "write " + setting.key + ": {collections: VALUE, predictions: VALUE}")
              .of_key(setting.key);
        }
        GM_RETURN_IF_ERROR(check_quotes(member.second));
        entry.values.push_back(member.first.Scalar() + "=" + member.second.Scalar());
      }
    } else if (value.IsScalar()) {
      GM_RETURN_IF_ERROR(check_quotes(value));
      if (setting.repeatable() && value.Scalar().find(',') != std::string::npos) {
        return error(line, in_quotes(setting.key) + " holds a comma but is not a list",
                     "write a list: [a, b], or ['a,b'] for one value with a comma in it")
            .of_key(setting.key);
      }
      entry.values.push_back(value.Scalar());
    } else if (value.IsNull() || !value.IsDefined()) {
      return error(line, in_quotes(setting.key) + " has no value",
                   setting.repeatable() ? "write one, [] for an empty list, or remove the line"
                                        : "write one or remove the line")
          .of_key(setting.key);
    } else {
      const std::string name = setting.key.substr(setting.key.rfind('.') + 1);
      return error(line,
                   in_quotes(setting.key) + (setting.repeatable() ? " is a list" : " is one value") + ", not a " +
                       (value.IsMap() ? "map" : "list"),
                   "write '" + name + (setting.repeatable() ? ": [a, b]'" : ": value'"))
          .of_key(setting.key);
    }
    entries_.push_back(std::move(entry));
    return {};
  }

  std::string_view text_;
  std::string_view file_name_;
  std::vector<std::string_view> lines_;
  std::vector<RecipeFileEntry> entries_;
};

}  // namespace

Result<std::vector<RecipeFileEntry>> parse_recipe_file(std::string_view text, std::string_view file_name) {
  return RecipeFileReader(text, file_name).read();
}

Result<std::vector<Aggregate>> parse_aggregates(const std::string& text) {
  constexpr const char* advice = "write it as in the recipe file: 'mean_tap_score: {of: predictions, mean: score}'";
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    DocumentStart document;
    if (parser.HandleNextDocument(document) && parser.HandleNextDocument(document)) {
      return Error::usage(in_quotes(text) + " holds more than one document", advice);
    }
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap() || root.size() == 0) return Error::usage(in_quotes(text) + " is no column", advice);
    std::vector<Aggregate> rows;
    for (const auto& row : root) {
      GM_ASSIGN(rows.emplace_back(), read_row(row.first, row.second));
    }
    return rows;
  } catch (const YAML::Exception& exception) {
    return Error::usage(in_quotes(text) + " is not YAML: " + exception.msg, advice);
  }
}

}  // namespace gristmill::recipe
