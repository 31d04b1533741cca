// A file that was only touched, and one that was moved, are known by their bytes: hashing them costs a read, and no
// line is read twice. Tested in inputs_test.cc.
#include "growth/inputs.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "source/line_source.h"
#include "storage/hash.h"
#include "storage/system_error.h"

namespace gristmill::growth {
namespace {

using Key = std::pair<Dataset, std::string>;

bool has_times_of(const source::InputFile& file, const LedgerEntry& entry) {
  if (!entry.etag.empty() || !file.etag.empty()) return entry.etag == file.etag;
  return entry.modified == file.modified && entry.changed == file.changed;
}

void take_times(const source::InputFile& file, LedgerEntry& entry) {
  entry.etag = file.etag;
  entry.modified = file.modified;
  entry.changed = file.changed;
}

// Of an argument: the folder up to its first wildcard, or all of it.
std::string fixed_part(const std::string& argument) {
  const std::size_t wildcard = argument.find_first_of("*?[");
  if (wildcard == std::string::npos) return argument;
  const std::size_t slash = argument.rfind('/', wildcard);
  return slash == std::string::npos ? "." : argument.substr(0, slash + 1);
}

class Comparer {
 public:
  Comparer(Storage& storage, std::vector<LedgerEntry>& ledger, const std::function<bool()>& should_stop)
      : storage_(storage), ledger_(ledger), should_stop_(should_stop) {
    for (std::size_t i = 0; i < ledger.size(); ++i) {
      by_path_.emplace(Key{ledger[i].file.dataset, ledger[i].path}, i);
      by_size_.emplace(std::pair{ledger[i].file.dataset, ledger[i].file.stored_bytes}, i);
      names_.insert({ledger[i].file.dataset, ledger[i].file.name});
    }
    seen_.resize(ledger.size());
  }

  [[nodiscard]] Status take(source::InputFile file, std::uint32_t batch) {
    GM_ASSIGN(const std::string path, storage_.resolve(file.path));
    const auto found = by_path_.find({file.dataset, path});
    if (found != by_path_.end()) return compare(file, found->second);
    GM_ASSIGN(const bool moved, take_moved(file, path));
    if (moved) return {};
    file.path = path;
    while (!names_.insert({file.dataset, file.name}).second) file.name = std::to_string(batch) + "/" + file.name;
    result_.fresh.push_back(std::move(file));
    return {};
  }

  [[nodiscard]] Status find_gone(const std::array<std::vector<std::string>, dataset_count>& places) {
    for (std::size_t i = 0; i < ledger_.size(); ++i) {
      const auto dataset = static_cast<std::size_t>(ledger_[i].file.dataset);
      const std::string& path = ledger_[i].path;
      const auto lies_in = [&](const std::string& place) {
        return path.starts_with(place) &&
               (path.size() == place.size() || place.ends_with('/') || path[place.size()] == '/');
      };
      if (seen_[i] || std::none_of(places[dataset].begin(), places[dataset].end(), lies_in)) continue;
      GM_ASSIGN(const auto info, storage_.stat_file(ledger_[i].path));
      if (!info) result_.gone[dataset].push_back(ledger_[i].path);
    }
    return {};
  }

  LedgerComparison result() { return std::move(result_); }

 private:
  [[nodiscard]] Status compare(const source::InputFile& file, std::size_t index) {
    LedgerEntry& entry = ledger_[index];
    seen_[index] = true;
    bool same = file.size == entry.file.stored_bytes;
    if (same && !has_times_of(file, entry)) {
      GM_ASSIGN(const std::string hash, source::tree_hash_of(storage_, file, should_stop_));
      same = hash == entry.tree_hash;
      if (same) take_times(file, entry);
    }
    if (!same) result_.changed.push_back(file.path);
    result_.known += same ? 1 : 0;
    return {};
  }

  // A name in the ledger may have the number of its batch before it.
  static bool has_name_of(const source::InputFile& file, const LedgerEntry& entry) {
    const std::string& name = entry.file.name;
    return name == file.name || name == std::to_string(entry.batch) + "/" + file.name;
  }

  Result<bool> take_moved(const source::InputFile& file, const std::string& path) {
    std::string hash;
    const auto [begin, end] = by_size_.equal_range({file.dataset, file.size});
    for (auto each = begin; each != end; ++each) {
      LedgerEntry& entry = ledger_[each->second];
      if (seen_[each->second] || !has_name_of(file, entry)) continue;
      GM_ASSIGN(const auto there, storage_.stat_file(entry.path));
      if (there) continue;
      if (hash.empty()) {
        GM_ASSIGN(hash, source::tree_hash_of(storage_, file, should_stop_));
      }
      if (hash != entry.tree_hash) continue;
      seen_[each->second] = true;
      entry.path = path;
      take_times(file, entry);
      ++result_.known;
      ++result_.moved;
      return true;
    }
    return false;
  }

  Storage& storage_;
  std::vector<LedgerEntry>& ledger_;
  const std::function<bool()>& should_stop_;
  std::map<Key, std::size_t> by_path_;
  std::multimap<std::pair<Dataset, std::uint64_t>, std::size_t> by_size_;
  std::set<Key> names_;
  std::vector<bool> seen_;
  LedgerComparison result_;
};

// "NAME", or "collections/NAME" of one data set.
bool names(const std::string& text, Dataset dataset, const std::string& name) {
  return text == name || text == std::string(name_of(dataset)) + "/" + name;
}

// A new file may have got the number of its batch before its name.
std::string without_batch(const std::string& name) {
  const std::size_t digits = name.find_first_not_of("0123456789");
  return digits != std::string::npos && digits > 0 && name[digits] == '/' ? name.substr(digits + 1) : name;
}

Status set_aside(const std::string& name, std::vector<source::InputFile>& fresh,
                 const std::vector<LedgerEntry>& ledger) {
  bool is_read = false;
  for (const LedgerEntry& entry : ledger) {
    if (!names(name, entry.file.dataset, entry.file.name)) continue;
    // Once and for all: a recipe may go on naming it.
    if (entry.file.set_aside) return {};
    is_read = true;
  }
  std::vector<source::InputFile*> found;
  for (source::InputFile& file : fresh) {
    const bool is_named = names(name, file.dataset, file.name) || names(name, file.dataset, without_batch(file.name));
    if (is_named) found.push_back(&file);
  }
  if (found.size() > 1) {
    return Error::usage("'" + name + "' is to be set aside, and several new files have this name",
                        "write 'collections/" + name + "' or 'predictions/" + name + "', with the folder of the file")
        .of_key("set_aside");
  }
  if (!found.empty()) {
    found.front()->left_out.emplace();
    return {};
  }
  // Of an output that is made anew a recipe may name what is gone.
  if (ledger.empty()) return {};
  Error error = is_read ? Error::usage("'" + name + "' cannot be set aside: the output has its lines",
                                       "make the output anew with 'gristmill run --accumulate --set-aside'")
                        : Error::usage("no new input has the name '" + name + "', which is to be set aside",
                                       "'gristmill explain --update' lists the names of what is new");
  return std::move(error).of_key("set_aside");
}

Result<std::string> sha256_of(Storage& storage, const source::InputFile& file,
                              const std::function<bool()>& should_stop) {
  GM_ASSIGN(const std::unique_ptr<ReadableFile> open, storage.open_listed(file.path, source::info_of(file)));
  storage::StreamSha256 hash;
  std::string piece(1U << 20, '\0');
  for (std::uint64_t position = 0; position < file.size;) {
    if (should_stop && should_stop()) return Error::interrupted();
    const std::uint64_t length = std::min<std::uint64_t>(piece.size(), file.size - position);
    GM_ASSIGN(const std::size_t got, open->read_at(position, piece.data(), length));
    if (got != length) return storage::changed_while_read(file.path);
    hash.update(std::string_view(piece).substr(0, got));
    position += got;
  }
  return hash.hex();
}

// Of files with the same bytes the first is read. Entries of before this was asked for get their SHA-256 where a new
// file may have it and theirs lies there still.
Status skip_same_content(Storage& storage, std::vector<source::InputFile>& fresh, std::vector<LedgerEntry>& ledger,
                         const std::function<bool()>& should_stop) {
  std::set<std::pair<Dataset, std::uint64_t>> sizes;
  for (const source::InputFile& file : fresh) sizes.insert({file.dataset, file.size});
  std::map<Key, std::string> names;          // by SHA-256
  std::map<Key, std::string> names_of_gone;  // by tree hash, of files that are not there to be asked for theirs
  for (LedgerEntry& entry : ledger) {
    if (is_left_out(entry.file)) continue;
    if (entry.sha256.empty() && sizes.contains({entry.file.dataset, entry.file.stored_bytes})) {
      source::InputFile file = file_of(entry);
      GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(file.path));
      if (!there || there->size != file.size) {
        names_of_gone.emplace(Key{entry.file.dataset, entry.tree_hash}, entry.file.name);
        continue;
      }
      source::set_info(*there, file);
      if (!has_times_of(file, entry)) continue;
      GM_ASSIGN(entry.sha256, sha256_of(storage, file, should_stop));
    }
    if (!entry.sha256.empty()) names.emplace(Key{entry.file.dataset, entry.sha256}, entry.file.name);
  }
  for (source::InputFile& file : fresh) {
    if (file.left_out) continue;
    GM_ASSIGN(file.sha256, sha256_of(storage, file, should_stop));
    const auto [first, is_first] = names.emplace(Key{file.dataset, file.sha256}, file.name);
    if (!is_first) file.left_out = {{}, first->second};
    if (!is_first || names_of_gone.empty()) continue;
    GM_ASSIGN(const std::string tree_hash, source::tree_hash_of(storage, file, should_stop));
    const auto gone = names_of_gone.find({file.dataset, tree_hash});
    if (gone != names_of_gone.end()) file.left_out = {{}, gone->second};
  }
  return {};
}

}  // namespace

Result<LedgerComparison> compare_with_ledger(Storage& storage, const Recipe& recipe,
                                             const std::vector<source::InputFile>& listed, std::uint32_t batch,
                                             std::vector<LedgerEntry>& ledger,
                                             const std::function<bool()>& should_stop) {
  Comparer comparer(storage, ledger, should_stop);
  for (const source::InputFile& file : listed) GM_RETURN_IF_ERROR(comparer.take(file, batch));
  std::array<std::vector<std::string>, dataset_count> places;
  for (std::size_t dataset = 0; dataset < dataset_count; ++dataset) {
    for (const std::string& argument : dataset == 0 ? recipe.collections : recipe.predictions) {
      GM_ASSIGN(std::string place, storage.resolve(fixed_part(argument)));
      places[dataset].push_back(std::move(place));
    }
  }
  GM_RETURN_IF_ERROR(comparer.find_gone(places));
  return comparer.result();
}

Status leave_out(Storage& storage, const Recipe& recipe, std::vector<source::InputFile>& fresh,
                 std::vector<LedgerEntry>& ledger, const std::function<bool()>& should_stop) {
  for (const std::string& name : recipe.set_aside) GM_RETURN_IF_ERROR(set_aside(name, fresh, ledger));
  if (recipe.same_content == SameContent::skip) {
    GM_RETURN_IF_ERROR(skip_same_content(storage, fresh, ledger, should_stop));
  }
  for (source::InputFile& file : fresh) {
    if (!file.left_out) continue;
    GM_ASSIGN(file.left_out->tree_hash, source::tree_hash_of(storage, file, should_stop));
    file.is_known = true;
  }
  return {};
}

}  // namespace gristmill::growth
