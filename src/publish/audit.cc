// One look at the tree, whatever its size: what the manifest lists and what the walk finds go as (hash of the path,
// size) through an external sort, and come back side by side. Where the walk itself is in order, as of S3's keys, it is
// merged with the manifest as it comes. Names are asked for only where something is wrong: of as many hashes as names
// will be given, by another look.
//
// Tried before: a table of hashes in memory, and a walk of its own for every 524,288 files. Sorting the names instead
// of their hashes would move five times as many bytes. Tested in audit_test.cc.
#include "publish/audit.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "publish/manifest.h"
#include "shuffle/sorter.h"
#include "storage/hash.h"
#include "storage/scratch_folder.h"

namespace gristmill::publish {
namespace {

// A fact's key is the hash of the path and one of these, so that what is listed comes before what is found.
constexpr char listed_fact = 'l';
constexpr char found_fact = 'm';
constexpr std::size_t hash_size = 16;

// What is wrong in one way: how often, and the hashes of the first paths, by hash, that will be named.
struct Wrong {
  std::uint64_t& count;
  std::vector<std::string>& names;
  std::vector<storage::Hash128> hashes = {};

  void add_hash(const storage::Hash128& hash) {
    if (++count <= audit_examples) hashes.push_back(hash);
  }
  void add_name(const std::string& name) {
    ++count;
    name_one(name);
  }
  void name_one(const std::string& name) {
    if (names.size() < audit_examples) names.push_back(name);
  }
  void name_if_known(const std::string& name) {
    if (hashes.empty()) return;
    if (std::find(hashes.begin(), hashes.end(), storage::hash128(name)) != hashes.end()) name_one(name);
  }
};

class Auditor {
 public:
  Auditor(Storage& storage, const std::string& folder, const std::string& manifest,
          const std::vector<std::string>& skip, const InterruptCheck& interrupted)
      : storage_(storage), folder_(folder), manifest_(manifest), skip_(skip), interrupted_(interrupted) {}

  Result<TreeAudit> run(std::uint64_t memory) {
    const bool in_order = storage_.traits(folder_).walks_in_order;
    Status compared = in_order ? merge() : sort_and_compare(memory);
    if (out_of_order_) {
      audit_ = {};
      compared = sort_and_compare(memory);
    }
    GM_RETURN_IF_ERROR(std::move(compared));
    GM_RETURN_IF_ERROR(name_what_is_wrong());
    for (auto* names : {&audit_.missing_names, &audit_.resized_names, &audit_.extra_names}) {
      std::sort(names->begin(), names->end());
    }
    return std::move(audit_);
  }

 private:
  Status poll() {
    if (interrupted_ && ++polls_ % 256 == 0 && interrupted_()) return Error::interrupted();
    return {};
  }

  void take_totals(const ListedFiles& files) {
    const ManifestReader* const manifest = files.manifest();
    if (manifest == nullptr) return;
    audit_.run_id = manifest->run_id();
    audit_.manifest_checksum = manifest->checksum();
    audit_.files = manifest->file_count();
    audit_.bytes = manifest->byte_count();
  }

  Status for_each_listed(const std::function<Status(const ManifestFile&)>& visit) {
    GM_ASSIGN(ListedFiles files, ListedFiles::open(storage_, manifest_));
    for (;;) {
      GM_RETURN_IF_ERROR(poll());
      GM_ASSIGN(const std::optional<ManifestFile> file, files.next());
      if (!file) break;
      GM_RETURN_IF_ERROR(visit(*file));
    }
    take_totals(files);
    return {};
  }

  // Regular files that may be listed.
  Status for_each_found(const std::function<Status(const FileInfo&)>& visit,
                        const std::function<void(const FileInfo&)>& strange) {
    return storage_.walk(
        folder_,
        [&](const FileInfo& file) -> Status {
          GM_RETURN_IF_ERROR(poll());
          if (file.type == FileType::file) {
            const bool record = file.name == manifest_name || file.name == success_name;
            audit_.published |= record;
            return record ? Status() : visit(file);
          }
          strange(file);
          return {};
        },
        skip_);
  }

  void note_special(const FileInfo& file) {
    audit_.special = true;
    extra_.add_name(file.name);
  }

  Status sort_and_compare(std::uint64_t memory) {
    shuffle::Sorter facts(storage_, storage::default_scratch_folder(), memory);
    std::string key;
    const auto add = [&](const std::string& path, char kind, std::uint64_t size) {
      const storage::Hash128 hash = storage::hash128(path);
      key.clear();
      shuffle::append_key_number(hash.high, key);
      shuffle::append_key_number(hash.low, key);
      key.push_back(kind);
      return facts.add(key, {reinterpret_cast<const char*>(&size), sizeof size});
    };
    GM_RETURN_IF_ERROR(
        for_each_listed([&](const ManifestFile& file) { return add(file.path, listed_fact, file.size); }));
    GM_RETURN_IF_ERROR(for_each_found([&](const FileInfo& file) { return add(file.name, found_fact, file.size); },
                                      [this](const FileInfo& file) { note_special(file); }));
    return compare(facts);
  }

  // The facts of one path follow each other.
  Status compare(shuffle::Sorter& sorter) {
    shuffle::SortedFacts facts({&sorter});
    std::string path;  // its hash, as in the key
    bool listed = false;
    std::uint64_t listed_size = 0;
    bool found = false;
    const auto end_path = [&] {
      if (listed && !found) missing_.add_hash(hash_of(path));
    };
    for (;;) {
      GM_RETURN_IF_ERROR(poll());
      GM_ASSIGN(const bool more, facts.next());
      if (!more) break;
      std::uint64_t size = 0;
      std::memcpy(&size, facts.value().data(), sizeof size);
      if (facts.key().substr(0, hash_size) != path) {
        end_path();
        path = facts.key().substr(0, hash_size);
        listed = found = false;
      }
      if (facts.key()[hash_size] == listed_fact) {
        listed = true;
        listed_size = size;
      } else if (!listed) {
        extra_.add_hash(hash_of(path));
      } else {
        if (!found && size != listed_size) resized_.add_hash(hash_of(path));
        found = true;
      }
    }
    end_path();
    return {};
  }

  static storage::Hash128 hash_of(std::string_view key) {
    storage::Hash128 hash;
    hash.high = shuffle::take_key_number(key);
    hash.low = shuffle::take_key_number(key);
    return hash;
  }

  Status merge() {
    GM_ASSIGN(ListedFiles files, ListedFiles::open(storage_, manifest_));
    GM_ASSIGN(std::optional<ManifestFile> listed, files.next());
    const auto next_listed = [&]() -> Status {
      GM_RETURN_IF_ERROR(poll());
      GM_ASSIGN(listed, files.next());
      return {};
    };
    std::string last;
    GM_RETURN_IF_ERROR(for_each_found(
        [&](const FileInfo& file) -> Status {
          // Not every server of S3's protocol lists as S3 does.
          out_of_order_ = file.name <= last;
          if (out_of_order_)
            return Error::internal("'" + file.name + "' was found after '" + last + "'").in_file(file.name);
          last = file.name;
          while (listed && listed->path < file.name) {
            missing_.add_name(listed->path);
            GM_RETURN_IF_ERROR(next_listed());
          }
          if (!listed || listed->path != file.name) {
            extra_.add_name(file.name);
            return {};
          }
          if (listed->size != file.size) resized_.add_name(file.name);
          return next_listed();
        },
        [this](const FileInfo& file) { note_special(file); }));
    while (listed) {
      missing_.add_name(listed->path);
      GM_RETURN_IF_ERROR(next_listed());
    }
    take_totals(files);
    return {};
  }

  Status name_what_is_wrong() {
    if (!missing_.hashes.empty() || !resized_.hashes.empty()) {
      GM_RETURN_IF_ERROR(for_each_listed([this](const ManifestFile& file) {
        missing_.name_if_known(file.path);
        resized_.name_if_known(file.path);
        return Status();
      }));
    }
    if (extra_.hashes.empty()) return {};
    return for_each_found(
        [this](const FileInfo& file) {
          extra_.name_if_known(file.name);
          return Status();
        },
        [](const FileInfo&) {});
  }

  Storage& storage_;
  const std::string& folder_;
  const std::string& manifest_;
  const std::vector<std::string>& skip_;
  const InterruptCheck& interrupted_;
  TreeAudit audit_;
  Wrong missing_{audit_.missing, audit_.missing_names};
  Wrong resized_{audit_.resized, audit_.resized_names};
  Wrong extra_{audit_.extra, audit_.extra_names};
  bool out_of_order_ = false;
  std::uint64_t polls_ = 0;
};

}  // namespace

Result<TreeAudit> audit_tree(Storage& storage, const std::string& folder, const std::string& manifest,
                             const std::vector<std::string>& skip, const InterruptCheck& interrupted,
                             std::uint64_t memory) {
  return Auditor(storage, folder, manifest, skip, interrupted).run(memory);
}

Result<TreeAudit> audit_changes(Storage& storage, const std::string& staged, const InterruptCheck& interrupted,
                                std::uint64_t memory) {
  const std::string changes(changes_name);
  GM_ASSIGN(TreeAudit audit, audit_tree(storage, staged, staged + "/" + changes, {changes}, interrupted, memory));
  const std::string path = staged + "/" + std::string(manifest_name);
  GM_ASSIGN(const ManifestReader manifest, ManifestReader::open(storage, path));
  audit.run_id = manifest.run_id();
  GM_ASSIGN(audit.manifest_checksum, checksum_if_there(storage, path));
  return audit;
}

std::string count_with_names(std::uint64_t count, const std::vector<std::string>& names) {
  std::string text = std::to_string(count) + (count == 1 ? " file" : " files");
  if (names.empty()) return text;  // gone before they could be named
  text += " (";
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "'" : ", '") + names[i] + "'";
  return text + (count > names.size() ? " and others)" : ")");
}

}  // namespace gristmill::publish
