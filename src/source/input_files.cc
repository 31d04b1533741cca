// Folders are walked with the glob in hand, so that only those are listed below which something can match. Tested in
// input_files_test.cc.
#include "source/input_files.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <set>
#include <tuple>

#include "source/glob.h"
#include "storage/system_error.h"
#include "text/figures.h"

namespace gristmill::source {

Compression named_compression(std::string_view name) {
  if (name.ends_with(".gz")) return Compression::gzip;
  if (name.ends_with(".zst")) return Compression::zstandard;
  return Compression::none;
}

namespace {

constexpr std::string_view kinds[] = {".jsonl", ".ndjson", ".json"};
constexpr std::string_view standard_input_name = "stdin";

bool is_data_file(std::string_view name) {
  if (named_compression(name) != Compression::none) name = name.substr(0, name.rfind('.'));
  return std::any_of(std::begin(kinds), std::end(kinds),
                     [&](std::string_view kind) { return name.size() > kind.size() && name.ends_with(kind); });
}

bool is_skipped(std::string_view name) { return name.starts_with('_') || name.starts_with('.'); }

bool has_skipped_part(std::string_view path) {
  return is_skipped(path) || path.find("/_") != std::string_view::npos || path.find("/.") != std::string_view::npos;
}

class Lister {
 public:
  // `output`: resolved, empty for none.
  // `sorted`: the data set of the arguments is known, and errors name it.
  Lister(Storage& storage, std::string output, bool sorted = true, bool may_be_empty = false)
      : storage_(storage), output_(std::move(output)), sorted_(sorted), may_be_empty_(may_be_empty) {}

  Status add_argument(Dataset dataset, const std::string& argument) {
    const std::size_t before = found_.size();
    dataset_ = dataset;
    ++position_[static_cast<std::size_t>(dataset)];
    base_ = last_component(argument.substr(0, argument.find_last_not_of('/') + 1));
    if (argument.empty()) {
      return Error::usage("an input" + (sorted_ ? " of " + std::string(name_of(dataset)) : "") + " is empty",
                          "name a file, a folder or a glob");
    }
    GM_ASSIGN(const auto info, storage_.stat(argument));
    if (argument == standard_input_path) {
      if (standard_input_is_of_ && *standard_input_is_of_ != dataset) {
        return Error::usage("standard input ('-') is named for both data sets", "name a file for one of them");
      }
      standard_input_is_of_ = dataset;
      GM_RETURN_IF_ERROR(take(argument, std::string(standard_input_name), info.value_or(FileInfo{})));
    } else if (info && info->type == FileType::file) {
      if (info->size == 0) GM_RETURN_IF_ERROR(must_not_hide_a_prefix(argument));
      const std::size_t slash = argument.rfind('/');
      base_ = slash == std::string::npos ? "." : last_component(argument.substr(0, slash));
      GM_RETURN_IF_ERROR(take(argument, argument.substr(slash + 1), *info));
    } else if (info && info->type == FileType::folder) {
      GM_ASSIGN(const std::string folder, storage_.resolve(argument));
      if (is_inside(output_, folder)) return output_among_inputs(argument);
      pattern_.reset();
      const std::string inside = argument.ends_with('/') ? argument : argument + "/";
      GM_RETURN_IF_ERROR(storage_.traits(argument).exchanges_folders ? walk(inside, "") : take_all(inside));
    } else if (info) {
      return Error::input("'" + argument + "' is neither a file nor a folder", "name regular files, folders or globs")
          .in_file(argument);
    } else if (const std::size_t wildcard = argument.find_first_of(glob_wildcards); wildcard != std::string::npos) {
      const std::size_t slash = argument.rfind('/', wildcard);
      const std::string fixed = slash == std::string::npos ? "" : argument.substr(0, slash + 1);
      const std::string pattern = argument.substr(fixed.size());
      base_ = fixed.empty() ? "." : last_component(fixed.substr(0, slash));
      pattern_.emplace(pattern, !storage_.traits(argument).exchanges_folders);
      GM_ASSIGN(const auto folder, storage_.stat(fixed.empty() ? "." : fixed));
      if (folder && folder->type == FileType::folder) GM_RETURN_IF_ERROR(walk(fixed, ""));
    } else {
      return Error::no_input("'" + argument + "' does not exist" + of_data_set(),
                             "check the path; relative paths start at the working directory")
          .in_file(argument)
          .of_key(key());
    }
    const bool is_folder_or_glob = argument != standard_input_path && !(info && info->type == FileType::file);
    const bool may_be_empty = may_be_empty_ && is_folder_or_glob && here_.empty();
    if (matched_ == 0 && !may_be_empty) return nothing_to_read(argument, info.has_value());
    matched_ = 0;
    GM_RETURN_IF_ERROR(note_passed_over());
    std::sort(found_.begin() + static_cast<std::ptrdiff_t>(before), found_.end(),
              [](const InputFile& a, const InputFile& b) { return a.name < b.name; });
    // Of a file that one argument reaches by two names, the first name stays.
    std::vector<InputFile> kept;
    for (std::size_t i = before; i < found_.size(); ++i) {
      GM_ASSIGN(const std::string resolved, storage_.resolve(found_[i].path));
      if (is_inside(resolved, output_)) return output_among_inputs(found_[i].path);
      if (seen_.insert({dataset, resolved}).second) kept.push_back(std::move(found_[i]));
    }
    found_.resize(before);
    std::move(kept.begin(), kept.end(), std::back_inserter(found_));
    arguments_.push_back({dataset, base_, position_[static_cast<std::size_t>(dataset)], found_.size()});
    return {};
  }

  InputListing take_listing() {
    make_names_unique();
    return {std::move(found_), passed_over()};
  }

  std::size_t size() const { return found_.size(); }

 private:
  static constexpr std::uint64_t most_files = 20'000'000;  // they are held in memory

  struct Argument {
    Dataset dataset;
    std::string base;      // of what its names are relative to, the last component
    std::size_t position;  // among the arguments of its data set, from 1
    std::size_t end;       // of its files in found_
  };

  static std::string last_component(std::string_view folder) {
    return std::string(folder.substr(folder.rfind('/') + 1));
  }

  void make_names_unique() {
    if (arguments_.size() < 2) return;
    std::vector<const Argument*> argument_of;
    for (const Argument& argument : arguments_) argument_of.resize(argument.end, &argument);
    const auto same_names =
        files_of_one_name([&](std::size_t a, std::size_t b) { return argument_of[a] != argument_of[b]; });
    const std::vector<InputFile> relative = same_names.empty() ? std::vector<InputFile>() : found_;
    for (const std::size_t file : same_names) found_[file].name.insert(0, argument_of[file]->base + "/");
    if (same_names.empty()) return;
    for (const std::size_t file : files_of_one_name([](std::size_t, std::size_t) { return true; })) {
      found_[file].name = std::to_string(argument_of[file]->position) + ":" + relative[file].name;
    }
  }

  // All files that share their name in their data set with another one, if `differ` says so of two of them.
  std::vector<std::size_t> files_of_one_name(const std::function<bool(std::size_t, std::size_t)>& differ) const {
    std::vector<std::size_t> order(found_.size());
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](std::size_t file) { return std::tie(found_[file].dataset, found_[file].name); };
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return key(a) != key(b) ? key(a) < key(b) : a < b; });
    std::vector<std::size_t> shared;
    for (auto run = order.begin(); run != order.end();) {
      const auto end = std::find_if(run, order.end(), [&](std::size_t file) { return key(file) != key(*run); });
      if (end - run > 1 && differ(*run, *(end - 1))) shared.insert(shared.end(), run, end);
      run = end;
    }
    return shared;
  }

  // In the order of their names behind those of the arguments before. What several arguments hold is passed over once.
  Status note_passed_over() {
    std::sort(here_.begin(), here_.end());
    for (auto& [name, path] : here_) {
      GM_ASSIGN(const std::string resolved, storage_.resolve(path));
      if (noted_.insert({dataset_, resolved}).second) noted_in_order_.push_back({dataset_, resolved, std::move(name)});
    }
    here_.clear();
    return {};
  }

  Status pass_over(std::string name, std::string path) {
    if (here_.size() + noted_in_order_.size() >= most_files) return too_many(path, "lie");
    here_.emplace_back(std::move(name), std::move(path));
    return {};
  }

  static Error too_many(const std::string& path, const char* what_they_do) {
    return Error::input("more than " + std::to_string(most_files) + " files " + what_they_do + " there, '" + path +
                            "' among them",
                        "name fewer of them in one run")
        .in_file(path);
  }

  // But for what another argument reads.
  std::array<PassedOver, dataset_count> passed_over() const {
    std::array<PassedOver, dataset_count> all;
    for (const auto& [dataset, resolved, name] : noted_in_order_) {
      if (seen_.contains({dataset, resolved})) continue;
      PassedOver& one = all[static_cast<std::size_t>(dataset)];
      ++one.files;
      if (one.names.size() < PassedOver::most_names) one.names.push_back(name);
    }
    return all;
  }

  Error nothing_to_read(const std::string& argument, bool is_folder) {
    std::string what = "no file matches '" + argument + "'" + of_data_set();
    if (is_folder) {
      what = "there is nothing to read in '" + argument + "'" + of_data_set();
      std::sort(here_.begin(), here_.end());
      for (std::size_t i = 0; i < here_.size() && i < PassedOver::most_names; ++i) {
        what += i == 0 ? ": " + text::counted(here_.size(), "file") + " passed over (" : ", ";
        what += here_[i].first;
      }
      if (!here_.empty()) what += here_.size() > PassedOver::most_names ? ", ...)" : ")";
    }
    return Error::no_input(
               what, is_folder ? "a folder is searched for *.jsonl, *.ndjson and *.json, also with .gz or .zst, and "
                                 "without names that begin with '_' or '.'; name other files by themselves or by a glob"
                               : "check the pattern; '*' does not cross '/', '**' does")
        .in_file(argument)
        .of_key(key());
  }

  // An empty object that other tools have put where a folder would be.
  Status must_not_hide_a_prefix(const std::string& argument) {
    if (storage_.traits(argument).exchanges_folders || argument.ends_with('/')) return {};
    GM_ASSIGN(const auto below, storage_.stat(argument + "/"));
    if (!below) return {};
    return Error::no_input(
               "'" + argument + "' is an empty object, and other objects lie below '" + argument + "/'" + of_data_set(),
               "name '" + argument + "/' to read those, or remove the empty object")
        .in_file(argument)
        .of_key(key());
  }

  static bool is_inside(std::string_view path, std::string_view folder) {
    if (path.empty() || folder.empty()) return false;
    if (folder.ends_with('/')) folder.remove_suffix(1);
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
  }

  // The setting that names the arguments, where one does.
  std::string key() const { return sorted_ ? std::string(name_of(dataset_)) : std::string(); }
  std::string of_data_set() const { return sorted_ ? " (" + std::string(name_of(dataset_)) + ")" : std::string(); }

  Error output_among_inputs(const std::string& input) const {
    return Error::usage("the output '" + output_ + "' and the input '" + input + "' lie one inside the other",
                        "a later run would read its own output: name an output elsewhere")
        .in_file(output_)
        .of_key("output");
  }

  Status take(const std::string& path, std::string name, const FileInfo& info) {
    if (++matched_ > most_files) return too_many(path, "match");
    InputFile& file = found_.emplace_back();
    file.dataset = dataset_;
    file.path = path;
    file.named = named_compression(name);
    file.name = std::move(name);
    set_info(info, file);
    return {};
  }

  // Where folders are only parts of names, one listing of all that lies below takes fewer requests than one for each.
  Status take_all(const std::string& folder) {
    return storage_.walk(folder, [&](const FileInfo& file) -> Status {
      if (file.name.ends_with('/')) return {};  // stands for a folder
      if (is_data_file(last_component(file.name)) && !has_skipped_part(file.name)) {
        return take(folder + file.name, file.name, file);
      }
      return pass_over(file.name, folder + file.name);
    });
  }

  // `folder` ends with '/' or is empty; `name` is its name relative to the argument, likewise.
  Status walk(const std::string& folder, const std::string& name) {
    constexpr std::size_t deepest = 128;
    if (std::count(name.begin(), name.end(), '/') > static_cast<std::ptrdiff_t>(deepest)) {
      return Error::input("'" + folder + "' lies more than " + std::to_string(deepest) + " folders deep",
                          "look for a symbolic link that leads back to a folder above it")
          .in_file(folder);
    }
    GM_ASSIGN(const auto entries, storage_.list(folder.empty() ? "." : folder));
    for (const FileInfo& entry : entries) {
      FileInfo target = entry;
      const std::string path = folder + entry.name;
      const std::string entry_name = name + entry.name;
      if (!pattern_ && is_skipped(entry.name)) {
        GM_RETURN_IF_ERROR(pass_over_all(path, entry_name, entry.type));
        continue;
      }
      if (target.type == FileType::folder) {
        if (!pattern_ || pattern_->may_match_below(entry_name)) {
          GM_RETURN_IF_ERROR(walk(path + "/", entry_name + "/"));
        }
        continue;
      }
      const bool candidate = pattern_ ? pattern_->matches(entry_name) : is_data_file(entry.name);
      if (target.type == FileType::symlink) {
        GM_ASSIGN(const auto info, storage_.stat(path));
        if (!info) {
          if (!candidate) continue;
          return Error::input("'" + path + "' is a symbolic link that leads nowhere", "remove it or name its target")
              .in_file(path);
        }
        target = *info;
      }
      if (target.type == FileType::folder) {
        if (!pattern_ || pattern_->may_match_below(entry_name)) {
          GM_RETURN_IF_ERROR(walk(path + "/", entry_name + "/"));
        }
      } else if (target.type == FileType::file && candidate) {
        GM_RETURN_IF_ERROR(take(path, entry_name, target));
      } else if (!pattern_) {
        GM_RETURN_IF_ERROR(pass_over(entry_name, path));
      }
    }
    return {};
  }

  // What lies in a folder whose name is skipped. Nothing is followed there, and what cannot be listed is not counted.
  Status pass_over_all(const std::string& path, const std::string& name, FileType type) {
    if (type != FileType::folder) {
      return pass_over(name, path);
    }
    const auto entries = storage_.list(path + "/");
    if (!entries) return {};
    for (const FileInfo& entry : *entries) {
      GM_RETURN_IF_ERROR(pass_over_all(path + "/" + entry.name, name + "/" + entry.name, entry.type));
    }
    return {};
  }

  Storage& storage_;
  std::string output_;
  bool sorted_;
  bool may_be_empty_;
  std::vector<InputFile> found_;
  std::optional<Dataset> standard_input_is_of_;
  Dataset dataset_ = Dataset::collections;
  std::optional<Glob> pattern_;  // none: a folder
  std::size_t matched_ = 0;
  std::string base_;  // of the argument
  std::array<std::size_t, dataset_count> position_{};
  std::vector<Argument> arguments_;
  std::vector<std::pair<std::string, std::string>> here_;  // what the argument's folder holds beside: name, path
  std::set<std::pair<Dataset, std::string>> noted_;        // the same of all of them, resolved
  std::vector<std::tuple<Dataset, std::string, std::string>> noted_in_order_;  // resolved, and the name
  std::set<std::pair<Dataset, std::string>> seen_;
};

}  // namespace

bool reads_standard_input(const std::vector<std::string>& arguments) {
  return std::find(arguments.begin(), arguments.end(), standard_input_path) != arguments.end();
}

bool reads_standard_input(const Recipe& recipe) {
  return reads_standard_input(recipe.collections) || reads_standard_input(recipe.predictions);
}

Status check_unchanged(Storage& storage, const std::vector<InputFile>& files) {
  for (const InputFile& file : files) {
    if (file.is_known) continue;
    GM_ASSIGN(const auto info, storage.stat(file.path));
    if (!info || info->identity != file.identity) return storage::changed_while_read(file.path);
  }
  return {};
}

bool is_one_range(const InputFile& file) { return file.contents && *file.contents != Contents{}; }

FileInfo info_of(const InputFile& file) { return {file.path, FileType::file, file.size, file.identity, file.etag}; }

void set_info(const FileInfo& info, InputFile& file) {
  file.size = info.size;
  file.identity = info.identity;
  file.etag = info.etag;
  file.modified = info.modified;
  file.changed = info.changed;
}

Result<InputListing> list_input_files(Storage& storage, const Recipe& recipe, bool may_be_empty) {
  if (recipe.collections.empty() && recipe.predictions.empty()) {
    return Error::usage("no input is given", "name at least one of --collections and --predictions");
  }
  std::string output;
  if (!recipe.output.empty()) {
    GM_ASSIGN(output, storage.resolve(recipe.output));
  }
  Lister lister(storage, std::move(output), true, may_be_empty);
  for (const std::string& argument : recipe.collections) {
    GM_RETURN_IF_ERROR(lister.add_argument(Dataset::collections, argument));
  }
  for (const std::string& argument : recipe.predictions) {
    GM_RETURN_IF_ERROR(lister.add_argument(Dataset::predictions, argument));
  }
  return lister.take_listing();
}

Result<std::vector<InputFile>> list_unsorted_files(Storage& storage, const std::vector<std::string>& arguments,
                                                   std::vector<std::size_t>& ends) {
  Lister lister(storage, {}, false);
  for (const std::string& argument : arguments) {
    GM_RETURN_IF_ERROR(lister.add_argument(Dataset::collections, argument));
    ends.push_back(lister.size());
  }
  return lister.take_listing().files;
}

}  // namespace gristmill::source
