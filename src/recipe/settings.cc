// Every source is first turned into Assignments (which setting, which text, where it stands), from the
// lowest source to the highest; these are then carried out in that order, so that the last one holds and
// each has been checked. What settings mean to each other comes after that: severity by threshold,
// quiet or verbose, and check_recipe. Tested in settings_test.cc.
#include "recipe/settings.h"

#include <algorithm>

#include "recipe/dotenv.h"
#include "recipe/name_conflicts.h"
#include "recipe/recipe_file.h"
#include "recipe/value.h"
#include "storage/any_storage.h"
#include "text/nearest.h"

namespace gristmill::recipe {
namespace {

constexpr std::string_view test_prefix = "GRISTMILL_TEST_";

// From the lowest to the highest.
enum class Source : std::uint8_t { defaults, recipe_file, dotenv, environment, flag };

struct Assignment {
  const Setting* setting = nullptr;
  std::vector<std::string> values;
  Source source = Source::defaults;
  std::string place;      // "flag --threads", "gristmill.yaml line 7"
  std::string file = {};  // of .env and the recipe file
  std::size_t line = 0;
};

// `error`, about what an assignment says.
Error about(const Assignment& assignment, Error error) {
  return std::move(error).in_file(assignment.file, assignment.line).of_key(assignment.setting->key);
}

const Setting* find_environment(std::string_view name) {
  for (const Setting& setting : settings_table()) {
    if (setting.environment == name) return &setting;
  }
  return nullptr;
}

Error unknown_variable(const std::string& place, const std::string& name) {
  std::vector<std::string> known;
  for (const Setting& setting : settings_table()) known.push_back(setting.environment);
  const std::optional<std::string> near = text::nearest_match(name, known);
  return Error::usage(place + " is no setting",
                      near ? "did you mean " + *near + "?" : "unset it, or see the list of settings for its name");
}

class Resolver {
 public:
  explicit Resolver(const SettingsSources& sources) : sources_(sources) {}

  Result<Settings> resolve() {
    GM_RETURN_IF_ERROR(gather_flags());
    GM_RETURN_IF_ERROR(gather_environment());
    GM_RETURN_IF_ERROR(gather_dotenv());
    GM_RETURN_IF_ERROR(gather_recipe_file());
    std::stable_sort(assignments_.begin(), assignments_.end(),
                     [](const Assignment& a, const Assignment& b) { return a.source < b.source; });
    for (const Assignment& assignment : assignments_) GM_RETURN_IF_ERROR(carry_out(assignment));
    for (const CheckDescription& check : all_checks()) derive_severity(std::string(check.name));
    GM_RETURN_IF_ERROR(settle_quiet_and_verbose());
    GM_RETURN_IF_ERROR(check_field_names());
    GM_RETURN_IF_ERROR(check_models());
    GM_RETURN_IF_ERROR(check_s3());
    list_origins();
    return std::move(settings_);
  }

 private:
  Status check_field_names() const {
    Status status = check_names_together(settings_.recipe, [this](const std::string& key) {
      const Assignment* assignment = holding(key);
      return assignment == nullptr ? key : label(*assignment);
    });
    if (status) return status;
    const Assignment* assignment = holding(status.error().key);
    return assignment == nullptr ? std::move(status) : about(*assignment, std::move(status.error()));
  }

  Status gather_flags() {
    for (const FlagValue& flag : sources_.flags) {
      const Setting* setting = find_setting(flag.key);
      if (setting == nullptr) {
        std::vector<std::string> known;
        for (const Setting& candidate : settings_table()) known.push_back(candidate.key);
        const std::optional<std::string> near = text::nearest_match(flag.key, known);
        return Error::usage("unknown setting " + in_quotes(flag.key),
                            near ? "did you mean " + in_quotes(*near) + "?" : "see the list of settings")
            .of_key(flag.key);
      }
      auto given = std::find_if(assignments_.begin(), assignments_.end(),
                                [&](const Assignment& earlier) { return earlier.setting == setting; });
      if (given == assignments_.end()) {
        const std::string& name = sources_.flag_word == "flag" ? setting->flag : setting->key;
        given = assignments_.insert(given, {setting, {}, Source::flag, sources_.flag_word + " " + name});
      }
      Assignment& assignment = *given;
      for (const std::string& value : flag.values) {
        if (setting->type != SettingType::names) {
          assignment.values.push_back(value);
          continue;
        }
        for (std::string& name : split_list(value)) assignment.values.push_back(std::move(name));
      }
      if (setting->repeatable() && assignment.values.empty()) {
        return about(assignment, Error::usage(assignment.place + ": no value is given"));
      }
    }
    return {};
  }

  Status gather_environment() {
    for (const auto& [name, value] : sources_.environment) {
      if (name.starts_with(our_prefix)) {
        GM_RETURN_IF_ERROR(gather_variable(name, value, Source::environment, "environment variable " + name, 0));
      }
    }
    return {};
  }

  // A variable of ours, from the environment or, with its line, .env.
  Status gather_variable(const std::string& name, const std::string& value, Source source, std::string place,
                         std::size_t line) {
    if (name.starts_with(test_prefix)) return {};
    const Setting* setting = find_environment(name);
    const std::string file = source == Source::dotenv ? settings_.env_file : std::string();
    if (setting == nullptr) {
      return unknown_variable(source == Source::environment ? place : place + ": " + name, name).in_file(file, line);
    }
    if (source == Source::dotenv && !setting->in_dotenv) {
      return Error::usage(place + ": " + name + " says which file this is, so it cannot stand in it",
                          "use the flag " + setting->flag + " or set it in the environment")
          .in_file(file, line)
          .of_key(setting->key);
    }
    if (value.empty()) return {};
    Assignment assignment{setting, {value}, source, std::move(place), file, line};
    if (setting->type != SettingType::aggregates && setting->repeatable()) {
      assignment.values = split_list(value);
      if (assignment.values.empty()) {
        return about(assignment, Error::usage(label(assignment) + ": there is no value between the commas"));
      }
    }
    assignments_.push_back(std::move(assignment));
    return {};
  }

  Status gather_dotenv() {
    GM_RETURN_IF_ERROR(choose("env_file"));
    GM_ASSIGN(const std::optional<std::string> text, read("env_file", settings_.env_file));
    if (!text) return {};
    GM_ASSIGN(const Dotenv dotenv, parse_dotenv(*text, settings_.env_file));
    for (const std::size_t line : dotenv.skipped_lines) {
      settings_.warnings.push_back(settings_.env_file + " line " + std::to_string(line) +
                                   " is not NAME=value and is skipped");
    }
    std::map<std::string, const DotenvEntry*> last;  // of a name that occurs twice the last one holds
    for (const DotenvEntry& entry : dotenv.entries) last[entry.name] = &entry;
    for (const auto& [name, entry] : last) {
      if (!name.starts_with(our_prefix)) {
        settings_.dotenv.emplace(name, entry->value);
        continue;
      }
      const std::string place = settings_.env_file + " line " + std::to_string(entry->line);
      GM_RETURN_IF_ERROR(gather_variable(name, entry->value, Source::dotenv, place, entry->line));
    }
    return {};
  }

  Status gather_recipe_file() {
    GM_RETURN_IF_ERROR(choose("recipe"));
    GM_ASSIGN(const std::optional<std::string> text, read("recipe", settings_.recipe_file));
    if (!text) return warn_of_other_ending();
    GM_ASSIGN(const std::vector<RecipeFileEntry> entries, parse_recipe_file(*text, settings_.recipe_file));
    for (const RecipeFileEntry& entry : entries) {
      assignments_.push_back({entry.setting, entry.values, Source::recipe_file,
                              settings_.recipe_file + " line " + std::to_string(entry.line), settings_.recipe_file,
                              entry.line});
    }
    return {};
  }

  // gristmill.yml is an easy slip that would otherwise go unnoticed.
  Status warn_of_other_ending() {
    if (!sources_.default_files) return {};
    constexpr const char* other = "gristmill.yml";
    GM_ASSIGN(const std::optional<std::string> text, sources_.read_file(in_working_directory(other), settings_));
    if (text) {
      settings_.warnings.push_back(std::string(other) +
                                   " is not read: rename it to gristmill.yaml, or name it with "
                                   "--recipe");
    }
    return {};
  }

  // Carries out what has been gathered for one setting, as it is needed before the rest.
  Status choose(const std::string& key) {
    const Assignment* assignment = holding(key);
    return assignment == nullptr ? Status() : carry_out(*assignment);
  }

  // How S3 is reached, as far as that is known: a recipe may lie there.
  Status choose_s3() {
    for (const Setting& setting : settings_table()) {
      if (setting.key.starts_with("s3.")) GM_RETURN_IF_ERROR(choose(setting.key));
    }
    return {};
  }

  // The text of the file that the setting `key` names; nullopt if it is the default one and not there.
  Result<std::optional<std::string>> read(const std::string& key, const std::string& name) {
    const Assignment* assignment = holding(key);
    if (assignment == nullptr && !sources_.default_files) return std::optional<std::string>();
    GM_RETURN_IF_ERROR(choose_s3());
    Result<std::optional<std::string>> text = sources_.read_file(in_working_directory(name), settings_);
    const std::string place = assignment == nullptr ? "" : assignment->place + ": ";
    if (!text) {
      Error error = std::move(text.error());
      error.kind = ErrorKind::usage;
      error.message.insert(0, place);
      error.key = assignment == nullptr ? std::string() : key;
      return error;
    }
    if (!text->has_value() && assignment != nullptr) {
      return Error::usage(place + in_quotes(name) + " is no file: it is not there, or it is a folder",
                          "check the path, or leave the setting out")
          .in_file(name)
          .of_key(key);
    }
    if (text->has_value()) settings_.files_read.push_back(name);
    return text;
  }

  std::string in_working_directory(const std::string& name) const {
    if (name.starts_with('/') || storage::is_s3(name) || sources_.working_directory.empty()) return name;
    return sources_.working_directory + (sources_.working_directory.ends_with('/') ? "" : "/") + name;
  }

  // The assignment that holds for a setting in the end; nullptr: the default does. A source has at most one.
  const Assignment* holding(std::string_view key) const {
    const Assignment* found = nullptr;
    for (const Assignment& assignment : assignments_) {
      if (assignment.setting->key == key && (found == nullptr || assignment.source > found->source)) {
        found = &assignment;
      }
    }
    return found;
  }

  // The place with what it sets, where the place does not say so itself.
  static std::string label(const Assignment& assignment) {
    if (assignment.source == Source::recipe_file) return assignment.place + ": " + assignment.setting->key;
    if (assignment.source == Source::dotenv) return assignment.place + ": " + assignment.setting->environment;
    return assignment.place;
  }

  Status carry_out(const Assignment& assignment) {
    const Setting& setting = *assignment.setting;
    if (assignment.source != Source::flag &&
        (setting.type == SettingType::path || setting.type == SettingType::paths)) {
      // A shell fills variables in, we do not: a folder called '$HOME' is never what is meant.
      for (const std::string& path : assignment.values) {
        if (path.starts_with('$') || path.find("${") != std::string::npos) {
          return about(assignment, Error::usage(label(assignment) + ": a variable ('$') is not filled in here",
                                                "write the path out, or give it as the flag " + setting.flag));
        }
      }
    }
    Status status = assign_setting(setting, assignment.values, settings_);
    if (status) return status;
    status.error().message.insert(0, label(assignment) + ": ");
    return about(assignment, std::move(status.error()));
  }

  void derive_severity(const std::string& check) {
    const std::string severity = "checks." + check + ".severity";
    const Assignment* threshold = holding("checks." + check + ".fail_above");
    if (threshold == nullptr || holding(severity) != nullptr) return;
    *std::get<Severity*>(find_setting(severity)->target(settings_)) = Severity::fail;
    derived_.emplace(severity, "fail_above of " + threshold->place);
  }

  Status settle_quiet_and_verbose() {
    ConsoleSettings& console = settings_.console;
    if (!console.quiet || !console.verbose) return {};
    const Assignment* quiet = holding("quiet");
    const Assignment* verbose = holding("verbose");
    if (quiet->source == verbose->source) {
      return about(*quiet, Error::usage(label(*quiet) + ": quiet and verbose are both set", "set one of the two"));
    }
    const bool quiet_holds = quiet->source > verbose->source;
    console.quiet = quiet_holds;
    console.verbose = !quiet_holds;
    derived_.emplace(quiet_holds ? "verbose" : "quiet", (quiet_holds ? quiet : verbose)->place);
    return {};
  }

  // Models' names say what the usual columns are about, and a table has none of these.
  Status check_models() const {
    const Assignment* const aggregates = holding("aggregates");
    if (aggregates == nullptr) return {};
    for (const char* key : {"models.swipe", "models.keystroke"}) {
      if (const Assignment* const models = holding(key); models != nullptr) {
        return about(*models, Error::usage(label(*models) + ": it has no meaning beside aggregates, which " +
                                               aggregates->place + " gives",
                                           "remove it, and name the models in the rows of aggregates"));
      }
    }
    return {};
  }

  Status check_s3() const {
    const S3Settings& s3 = settings_.s3;
    const bool by_kms = s3.encryption == S3Encryption::kms || s3.encryption == S3Encryption::kms_dsse;
    if (s3.kms_key.empty() || by_kms) return {};
    const Assignment& key = *holding("s3.kms_key");
    return about(key, Error::usage(label(key) + ": a key of KMS is named, but the encryption is not by KMS",
                                   "set s3.encryption to kms or kms-dsse, or leave the key out"));
  }

  void list_origins() {
    for (const Setting& setting : settings_table()) {
      const Assignment* assignment = holding(setting.key);
      std::string origin = assignment == nullptr ? "default" : assignment->place;
      if (const auto derived = derived_.find(setting.key); derived != derived_.end()) origin = derived->second;
      settings_.origins.push_back({setting.key, show_setting(setting, settings_), std::move(origin)});
    }
  }

  const SettingsSources& sources_;
  Settings settings_;
  std::vector<Assignment> assignments_;
  std::map<std::string, std::string> derived_;  // key to origin, of values that follow from others
};

}  // namespace

Error with_place(Error error, const Settings& settings) {
  for (const GivenSetting& given : settings.origins) {
    const bool in_file = given.origin.find(" line ") != std::string::npos;
    if (given.key != error.key || !in_file || error.message.starts_with(given.origin)) continue;
    error.message.insert(0, given.origin + ": ");
  }
  return error;
}

Result<Settings> resolve_settings(const SettingsSources& sources) { return Resolver(sources).resolve(); }

std::vector<GivenSetting> given_settings(const Settings& settings) {
  std::vector<GivenSetting> given;
  for (const GivenSetting& setting : settings.origins) {
    // A URL or a command may hold what is nobody else's business.
    const bool is_private = setting.key == "s3.endpoint" || setting.key == "lineage" || setting.key == "on_end";
    if (setting.origin == "default" || is_private) continue;
    given.push_back(setting);
  }
  return given;
}

Error missing_setting(const Setting& setting) {
  std::string advice = "give " + setting.flag + ", set " + setting.environment;
  if (setting.in_recipe_file) {
    advice += ", or write '" + setting.key.substr(setting.key.rfind('.') + 1) + ":' into gristmill.yaml";
  }
  return Error::usage("no " + setting.key + (setting.repeatable() ? " are given" : " is given"), std::move(advice))
      .of_key(setting.key);
}

}  // namespace gristmill::recipe
