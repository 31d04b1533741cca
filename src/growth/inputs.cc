// A file that was only touched, and one that was moved, are known by their bytes: hashing them costs a read, and no
// line is read twice. Tested in inputs_test.cc.
#include "growth/inputs.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "source/line_source.h"

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

}  // namespace gristmill::growth
