// The manifest's paths are held as 128-bit hashes in a sorted table, and the tree is walked in whatever
// order the storage gives: each file found is looked up, checked and marked. When the manifest has more
// files than the table may hold, the hashes are split into classes and all is done once a class, so
// memory stays bounded and an unusually large output costs more walks. Rejected: a merge of the sorted
// manifest with a sorted walk, since one folder may hold a million partitions and sorting it means
// holding it. Tested in audit_test.cc.
#include "publish/audit.h"
#include "storage/hash.h"

#include <algorithm>

#include "publish/manifest.h"

namespace gristmill {
namespace {

struct ListedFile {
  Hash128 hash;
  std::uint64_t size = 0;
  bool found = false;
};

void note(std::uint64_t& count, std::vector<std::string>& names, const std::string& name) {
  if (++count <= audit_examples) names.push_back(name);
}

class Auditor {
 public:
  Auditor(Storage& storage, const std::string& folder, const std::string& manifest,
          const std::vector<std::string>& skip, const InterruptCheck& interrupted)
      : storage_(storage), folder_(folder), manifest_(manifest), skip_(skip), interrupted_(interrupted) {}

  Result<TreeAudit> run(std::uint64_t listed_at_once) {
    GM_RETURN_IF_ERROR(for_each_listed([](const ManifestFile&) { return Status(); }));
    classes_ = std::max<std::uint64_t>(1, (audit_.files + listed_at_once - 1) / listed_at_once);
    for (class_ = 0; class_ < classes_; ++class_) GM_RETURN_IF_ERROR(audit_class());
    for (auto* names : {&audit_.missing_names, &audit_.resized_names, &audit_.extra_names}) {
      std::sort(names->begin(), names->end());
    }
    return std::move(audit_);
  }

 private:
  bool in_class(const Hash128& hash) const { return hash.high % classes_ == class_; }

  Status poll() {
    if (interrupted_ && ++polls_ % 256 == 0 && interrupted_()) return Error::interrupted();
    return {};
  }

  Status for_each_listed(const std::function<Status(const ManifestFile&)>& visit) {
    GM_ASSIGN(ManifestReader reader, ManifestReader::open(storage_, manifest_));
    for (;;) {
      GM_RETURN_IF_ERROR(poll());
      GM_ASSIGN(const std::optional<ManifestFile> file, reader.next());
      if (!file) break;
      GM_RETURN_IF_ERROR(visit(*file));
    }
    audit_.run_id = reader.run_id();
    audit_.manifest_checksum = reader.checksum();
    audit_.files = reader.file_count();
    audit_.bytes = reader.byte_count();
    return {};
  }

  Status audit_class() {
    table_.clear();
    table_.reserve(audit_.files / classes_);
    GM_RETURN_IF_ERROR(for_each_listed([this](const ManifestFile& file) {
      const Hash128 hash = hash128(file.path);
      if (in_class(hash)) table_.push_back({hash, file.size, false});
      return Status();
    }));
    std::sort(table_.begin(), table_.end(),
              [](const ListedFile& a, const ListedFile& b) { return a.hash < b.hash; });
    GM_RETURN_IF_ERROR(storage_.walk(
        folder_, [this](const FileInfo& file) { return look_up(file); }, skip_));
    const bool all_found =
        std::all_of(table_.begin(), table_.end(), [](const ListedFile& file) { return file.found; });
    if (all_found) return {};
    return for_each_listed([this](const ManifestFile& file) {
      const ListedFile* listed = find(hash128(file.path));
      if (listed != nullptr && !listed->found) note(audit_.missing, audit_.missing_names, file.path);
      return Status();
    });
  }

  Status look_up(const FileInfo& file) {
    GM_RETURN_IF_ERROR(poll());
    const Hash128 hash = hash128(file.name);
    if (!in_class(hash)) return {};
    if (file.type == FileType::file) {
      if (file.name == manifest_name || file.name == success_name) return {};
      if (ListedFile* listed = find(hash)) {
        listed->found = true;
        if (listed->size != file.size) note(audit_.resized, audit_.resized_names, file.name);
        return {};
      }
    } else {
      audit_.special = true;
    }
    note(audit_.extra, audit_.extra_names, file.name);
    return {};
  }

  ListedFile* find(const Hash128& hash) {
    const auto place =
        std::lower_bound(table_.begin(), table_.end(), hash,
                         [](const ListedFile& file, const Hash128& wanted) { return file.hash < wanted; });
    return place != table_.end() && place->hash == hash ? &*place : nullptr;
  }

  Storage& storage_;
  const std::string& folder_;
  const std::string& manifest_;
  const std::vector<std::string>& skip_;
  const InterruptCheck& interrupted_;
  TreeAudit audit_;
  std::vector<ListedFile> table_;
  std::uint64_t classes_ = 1;
  std::uint64_t class_ = 0;
  std::uint64_t polls_ = 0;
};

}  // namespace

Result<TreeAudit> audit_tree(Storage& storage, const std::string& folder, const std::string& manifest,
                             const std::vector<std::string>& skip, const InterruptCheck& interrupted,
                             std::uint64_t listed_at_once) {
  return Auditor(storage, folder, manifest, skip, interrupted).run(listed_at_once);
}

std::string count_with_names(std::uint64_t count, const std::vector<std::string>& names) {
  std::string text = std::to_string(count) + (count == 1 ? " file (" : " files (");
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "'" : ", '") + names[i] + "'";
  return text + (count > names.size() ? " and others)" : ")");
}

}  // namespace gristmill
