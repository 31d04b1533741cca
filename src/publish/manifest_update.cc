// A list of files is written once and read by every later update, so one of changes stays beside the base until they
// are half as large together, or many; then they are merged. Tested in manifest_update_test.cc.
#include "publish/manifest_update.h"

#include <algorithm>
#include <utility>

namespace gristmill::publish {
namespace {

constexpr std::size_t most_lists = 16;
constexpr std::string_view changed_files = "_changed_files";  // staged: the changes, but for lists

storage::OutputOptions in_folder(const std::string& root, bool durable) {
  storage::OutputOptions options;
  options.root = root;
  options.durable = durable;
  return options;
}

}  // namespace

ManifestUpdate::ManifestUpdate(Storage& storage, ManifestUpdateOptions options)
    : storage_(storage),
      options_(std::move(options)),
      changes_(storage, in_folder(options_.staged, options_.durable)) {}

Status ManifestUpdate::begin() {
  GM_ASSIGN(ManifestReader old, ManifestReader::open(storage_, published_manifest()));
  GM_RETURN_IF_ERROR(old.check_end());
  old_lists_ = old.lists();
  if (old_lists_.empty() && old.files_by_its_end() <= options_.most_files) {
    GM_ASSIGN(manifest_, ManifestWriter::create(storage_, options_.staged + "/" + std::string(manifest_name),
                                                options_.run_id, options_.header_fields));
  }
  return changes_.open(std::string(manifest_ ? changes_name : changed_files));
}

bool ManifestUpdate::is_list(const std::string& path) const {
  return std::ranges::find(old_lists_, path, &ManifestFile::path) != old_lists_.end();
}

Status ManifestUpdate::keep(const ManifestFile& file) {
  if (is_list(file.path)) return {};
  ++files_;
  bytes_ += file.size;
  return manifest_ ? manifest_->add(file) : Status();
}

Status ManifestUpdate::put(const ManifestFile& file) {
  GM_RETURN_IF_ERROR(changes_.add({file, false}));
  return keep(file);
}

Status ManifestUpdate::drop(const std::string& path) {
  if (is_list(path)) return {};
  return changes_.add({{path, 0, "", ""}, true});
}

Status ManifestUpdate::finish() {
  GM_ASSIGN(ManifestFile list, changes_.finish());
  if (manifest_) return manifest_->finish(options_.durable);
  GM_RETURN_IF_ERROR(write_list(list, lists_));
  GM_RETURN_IF_ERROR(write_changes(list));
  GM_RETURN_IF_ERROR(storage_.remove(options_.staged + "/" + std::string(changed_files)));
  for (const ManifestFile& each : lists_) bytes_ += each.size;
  return write_manifest_head(storage_, options_.staged + "/" + std::string(manifest_name), options_.run_id,
                             options_.header_fields, lists_, files_ + lists_.size(), bytes_, options_.durable);
}

// Writes the one new list of files: of the changes, of these and earlier ones, or of all files. `list`: the changes,
// then the new list.
Status ManifestUpdate::write_list(ManifestFile& list, std::vector<ManifestFile>& lists) {
  std::uint64_t changes = list.size;
  for (std::size_t i = 1; i < old_lists_.size(); ++i) changes += old_lists_[i].size;
  const bool folds = old_lists_.empty() || changes > old_lists_.front().size / 2;
  const bool merges = old_lists_.size() >= most_lists;
  lists = old_lists_;
  if (folds || merges) lists.resize(folds ? 0 : 1);

  const std::string spool = options_.staged + "/" + std::string(changed_files);
  FileListWriter writer(storage_, in_folder(options_.staged, options_.durable));
  GM_RETURN_IF_ERROR(writer.open(std::string(lists_start) + options_.run_id));
  MergedLists merged;
  // The files of a manifest that has no lists are its own.
  std::optional<ManifestReader> manifest;
  std::optional<ManifestFile> file;
  if (old_lists_.empty()) {
    GM_ASSIGN(manifest, ManifestReader::open(storage_, published_manifest()));
    GM_ASSIGN(file, manifest->next());
  }
  for (std::size_t i = lists.size(); i < old_lists_.size(); ++i) {
    GM_RETURN_IF_ERROR(merged.add(storage_, options_.root + "/" + old_lists_[i].path, old_lists_[i].xxh3_128));
  }
  GM_RETURN_IF_ERROR(merged.add(storage_, spool, list.xxh3_128));
  for (;;) {
    GM_ASSIGN(const std::optional<ListedFile> change, merged.next());
    while (file && (!change || file->path <= change->file.path)) {
      if (!change || file->path != change->file.path) GM_RETURN_IF_ERROR(writer.add({*file, false}));
      GM_ASSIGN(file, manifest->next());
    }
    if (!change) break;
    if (!folds || !change->is_gone) GM_RETURN_IF_ERROR(writer.add(*change));
  }
  GM_ASSIGN(list, writer.finish());
  lists.push_back(list);
  return {};
}

Status ManifestUpdate::write_changes(const ManifestFile& list) {
  std::vector<ListedFile> of_lists;
  for (const ManifestFile& old : old_lists_) {
    const bool stays = std::ranges::find(lists_, old.path, &ManifestFile::path) != lists_.end();
    if (!stays) of_lists.push_back({{old.path, 0, "", ""}, true});
  }
  of_lists.push_back({list, false});
  std::ranges::sort(of_lists, {}, [](const ListedFile& each) { return each.file.path; });
  FileListWriter writer(storage_, in_folder(options_.staged, options_.durable));
  GM_RETURN_IF_ERROR(writer.open(std::string(changes_name)));
  GM_ASSIGN(FileListReader files, FileListReader::open(storage_, options_.staged + "/" + std::string(changed_files)));
  auto next = of_lists.begin();
  for (;;) {
    GM_ASSIGN(const std::optional<ListedFile> file, files.next());
    while (next != of_lists.end() && (!file || next->file.path < file->file.path)) {
      GM_RETURN_IF_ERROR(writer.add(*next++));
    }
    if (!file) break;
    GM_RETURN_IF_ERROR(writer.add(*file));
  }
  GM_ASSIGN([[maybe_unused]] const ManifestFile written, writer.finish());
  return {};
}

Result<Publication> begin_update(Storage& storage, const std::string& output, const std::string& run_id, bool fsync) {
  PublishOptions options;
  options.run_id = run_id;
  options.fsync = fsync;
  options.direct = false;
  options.adds = true;
  return Publication::begin(storage, output, options);
}

Result<Published> commit_update(Storage& storage, Publication& publication, ManifestUpdate& manifest, bool fsync,
                                const InterruptCheck& interrupted) {
  GM_RETURN_IF_ERROR(manifest.finish());
  GM_ASSIGN(const auto success, storage.create(publication.staging_root() + "/" + std::string(success_name)));
  GM_RETURN_IF_ERROR(success->close(fsync));
  return publication.commit(interrupted);
}

}  // namespace gristmill::publish
