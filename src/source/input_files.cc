// A glob is matched component by component while folders are walked, so that only folders that can
// still match are listed. Tested in input_files_test.cc.
#include "source/input_files.h"
#include "storage/system_error.h"

#include <algorithm>
#include <set>

namespace gristmill::source {
namespace {

constexpr std::string_view kinds[] = {".jsonl", ".ndjson", ".json"};
constexpr std::string_view wildcards = "*?[";

Compression compression_of(std::string_view name) {
  if (name.ends_with(".gz")) return Compression::gzip;
  if (name.ends_with(".zst")) return Compression::zstandard;
  return Compression::none;
}

bool is_data_file(std::string_view name) {
  if (compression_of(name) != Compression::none) name = name.substr(0, name.rfind('.'));
  return std::any_of(std::begin(kinds), std::end(kinds),
                     [&](std::string_view kind) { return name.size() > kind.size() && name.ends_with(kind); });
}

bool is_skipped(std::string_view name) { return name.starts_with('_') || name.starts_with('.'); }

// The first character of a text in UTF-8; a byte that begins none stands for itself. Compared as bytes,
// characters have the order of their code points.
std::string_view first_character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && length < 4 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
  return text.substr(0, static_cast<unsigned char>(text[0]) < 0xC0 ? 1 : length);
}

// One '[...]' at the start of `pattern`: its length, 0 if it is none. Sets whether `character` is in it.
std::size_t match_set(std::string_view pattern, std::string_view character, bool& in_set) {
  std::size_t i = 1;
  const bool negated = i < pattern.size() && pattern[i] == '!';
  if (negated) ++i;
  const std::size_t close = pattern.find(']', i + 1);  // a ']' that comes first is itself
  if (close == std::string_view::npos) return 0;
  bool found = false;
  while (i < close) {
    const std::string_view low = first_character(pattern.substr(i));
    i += low.size();
    if (i + 1 < close && pattern[i] == '-') {
      const std::string_view high = first_character(pattern.substr(i + 1));
      found |= low <= character && character <= high;
      i += 1 + high.size();
    } else {
      found |= low == character;
    }
  }
  in_set = found != negated;
  return close + 1;
}

// One component against one component's pattern, with one point to go back to.
bool component_matches(std::string_view pattern, std::string_view name) {
  if (name.starts_with('.') && !pattern.starts_with('.')) return false;
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_name = 0;
  while (n < name.size()) {
    const std::string_view character = first_character(name.substr(n));
    bool matched = false;
    std::size_t length = 1;
    if (p < pattern.size()) {
      if (pattern[p] == '*') {
        star = p++;
        star_name = n;
        continue;
      }
      if (pattern[p] == '[' && (length = match_set(pattern.substr(p), character, matched)) > 0) {
        // A set has decided.
      } else if (pattern[p] == '?') {
        length = 1;
        matched = true;
      } else {
        const std::string_view wanted = first_character(pattern.substr(p));
        length = wanted.size();
        matched = wanted == character;
      }
    }
    if (matched) {
      p += length;
      n += character.size();
    } else if (star != std::string_view::npos) {
      p = star + 1;
      star_name += first_character(name.substr(star_name)).size();
      n = star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string_view> components_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

// With one point to go back to as well: where the last "**" has swallowed too little, it takes one component
// more. An earlier one need not be asked, since what it would give up the last one can swallow, but for
// components that begin with a dot, and past these none may go.
bool components_match(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& name) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t stars = none;
  std::size_t swallowed = 0;  // components before which that "**" ends
  for (;;) {
    if (p < pattern.size() && pattern[p] == "**") {
      stars = p++;
      swallowed = n;
      // At the end it stands for one component or more: only folders match with nothing behind it.
      if (p < pattern.size()) continue;
    } else if (n == name.size()) {
      return p == pattern.size();
    } else if (p < pattern.size() && component_matches(pattern[p], name[n])) {
      ++p;
      ++n;
      continue;
    }
    if (stars == none || swallowed == name.size() || name[swallowed].starts_with('.')) return false;
    p = stars + 1;
    n = ++swallowed;
  }
}

// Could something below the folder `name` match?
bool may_lead_to_match(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i >= pattern.size()) return false;
    if (pattern[i] == "**") return true;
    if (!component_matches(pattern[i], name[i])) return false;
  }
  return name.size() < pattern.size();
}

class Lister {
 public:
  // `output`: resolved, empty for none.
  // `sorted`: the data set of the arguments is known, and errors name it.
  Lister(Storage& storage, std::string output, bool sorted = true)
      : storage_(storage), output_(std::move(output)), sorted_(sorted) {}

  Status add_argument(Dataset dataset, const std::string& argument) {
    const std::size_t before = found_.size();
    dataset_ = dataset;
    if (argument.empty()) {
      return Error::usage("an input" + (sorted_ ? " of " + std::string(name_of(dataset)) : "") + " is empty",
                          "name a file, a folder or a glob");
    }
    GM_ASSIGN(const auto info, storage_.stat(argument));
    if (info && info->type == FileType::file) {
      GM_RETURN_IF_ERROR(take(argument, argument.substr(argument.rfind('/') + 1), *info));
    } else if (info && info->type == FileType::folder) {
      GM_ASSIGN(const std::string folder, storage_.resolve(argument));
      if (is_inside(output_, folder)) return output_among_inputs(argument);
      pattern_.clear();
      const std::string inside = argument.ends_with('/') ? argument : argument + "/";
      GM_RETURN_IF_ERROR(storage_.traits(argument).exchanges_folders ? walk(inside, "") : take_all(inside));
    } else if (info) {
      return Error::input("'" + argument + "' is neither a file nor a folder", "name regular files, folders or globs")
          .in_file(argument);
    } else if (const std::size_t wildcard = argument.find_first_of(wildcards); wildcard != std::string::npos) {
      const std::size_t slash = argument.rfind('/', wildcard);
      const std::string fixed = slash == std::string::npos ? "" : argument.substr(0, slash + 1);
      const std::string pattern = argument.substr(fixed.size());
      pattern_ = components_of(pattern);
      GM_ASSIGN(const auto folder, storage_.stat(fixed.empty() ? "." : fixed));
      if (folder && folder->type == FileType::folder && !pattern.ends_with('/')) GM_RETURN_IF_ERROR(walk(fixed, ""));
    } else {
      return Error::input("'" + argument + "' does not exist" + of_data_set(),
                          "check the path; relative paths start at the working directory")
          .in_file(argument);
    }
    if (matched_ == 0) {
      return Error::input("no file matches '" + argument + "'" + of_data_set(),
                          info ? "a folder is searched for *.jsonl, *.ndjson and *.json, also with .gz or .zst"
                               : "check the pattern; '*' does not cross '/', '**' does")
          .in_file(argument);
    }
    matched_ = 0;
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
    return {};
  }

  std::vector<InputFile> found_;

 private:
  static bool is_inside(std::string_view path, std::string_view folder) {
    if (path.empty() || folder.empty()) return false;
    if (folder.ends_with('/')) folder.remove_suffix(1);
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
  }

  std::string of_data_set() const { return sorted_ ? " (" + std::string(name_of(dataset_)) + ")" : std::string(); }

  Error output_among_inputs(const std::string& input) const {
    return Error::usage("the output '" + output_ + "' and the input '" + input + "' lie one inside the other",
                        "a later run would read its own output: name an output elsewhere")
        .in_file(output_);
  }

  Status take(const std::string& path, std::string name, const FileInfo& info) {
    constexpr std::uint64_t most_files = 20'000'000;  // they are held in memory
    if (++matched_ > most_files) {
      return Error::input("more than " + std::to_string(most_files) + " files match, '" + path + "' among them",
                          "name fewer of them in one run")
          .in_file(path);
    }
    found_.push_back({dataset_, path, name, info.size, info.identity, compression_of(name), info.etag});
    return {};
  }

  // Where folders are only parts of names, one listing of all that lies below takes fewer requests than one for each.
  Status take_all(const std::string& folder) {
    return storage_.walk(folder, [&](const FileInfo& file) -> Status {
      const std::vector<std::string_view> parts = components_of(file.name);
      const bool skipped = std::any_of(parts.begin(), parts.end(), is_skipped);
      return skipped || !is_data_file(parts.back()) ? Status() : take(folder + file.name, file.name, file);
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
      if (pattern_.empty() && is_skipped(entry.name)) continue;
      if (target.type == FileType::folder) {
        if (pattern_.empty() || may_lead_to_match(pattern_, components_of(entry_name))) {
          GM_RETURN_IF_ERROR(walk(path + "/", entry_name + "/"));
        }
        continue;
      }
      const bool candidate =
          pattern_.empty() ? is_data_file(entry.name) : components_match(pattern_, components_of(entry_name));
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
        if (pattern_.empty() || may_lead_to_match(pattern_, components_of(entry_name))) {
          GM_RETURN_IF_ERROR(walk(path + "/", entry_name + "/"));
        }
      } else if (target.type == FileType::file && candidate) {
        GM_RETURN_IF_ERROR(take(path, entry_name, target));
      }
    }
    return {};
  }

  Storage& storage_;
  std::string output_;
  bool sorted_;
  Dataset dataset_ = Dataset::collections;
  std::vector<std::string_view> pattern_;  // empty: a folder
  std::size_t matched_ = 0;
  std::set<std::pair<Dataset, std::string>> seen_;
};

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view name) {
  // A '/' at the end asks for folders.
  return !pattern.ends_with('/') && components_match(components_of(pattern), components_of(name));
}

Status check_unchanged(Storage& storage, const std::vector<InputFile>& files) {
  for (const InputFile& file : files) {
    GM_ASSIGN(const auto info, storage.stat(file.path));
    if (!info || info->identity != file.identity) return storage::changed_while_read(file.path);
  }
  return {};
}

FileInfo info_of(const InputFile& file) { return {file.path, FileType::file, file.size, file.identity, file.etag}; }

Result<std::vector<InputFile>> list_input_files(Storage& storage, const Recipe& recipe) {
  if (recipe.collections.empty() && recipe.predictions.empty()) {
    return Error::usage("no input is given", "name at least one of --collections and --predictions");
  }
  std::string output;
  if (!recipe.output.empty()) {
    GM_ASSIGN(output, storage.resolve(recipe.output));
  }
  Lister lister(storage, std::move(output));
  for (const std::string& argument : recipe.collections) {
    GM_RETURN_IF_ERROR(lister.add_argument(Dataset::collections, argument));
  }
  for (const std::string& argument : recipe.predictions) {
    GM_RETURN_IF_ERROR(lister.add_argument(Dataset::predictions, argument));
  }
  return std::move(lister.found_);
}

Result<std::vector<InputFile>> list_unsorted_files(Storage& storage, const std::vector<std::string>& arguments,
                                                   std::vector<std::size_t>& ends) {
  Lister lister(storage, {}, false);
  for (const std::string& argument : arguments) {
    GM_RETURN_IF_ERROR(lister.add_argument(Dataset::collections, argument));
    ends.push_back(lister.found_.size());
  }
  return std::move(lister.found_);
}

}  // namespace gristmill::source
