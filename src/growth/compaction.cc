// Old rows are copied as they are, and nothing else changes: neither state nor tables, report or accounting. Tested by
// tests/programs/test_growth.py.
#include "growth/compaction.h"

#include <algorithm>
#include <utility>

#include "growth/forgetting.h"
#include "growth/state.h"
#include "publish/manifest_update.h"

namespace gristmill::growth {
namespace {

constexpr std::string_view end_of_name = ".jsonl";

std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/')); }

// Of the name of a part, the stem and the numbers of its first and last batch; of a whole, no numbers.
struct PartName {
  explicit PartName(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') + 1);
    name.remove_suffix(end_of_name.size());
    const std::size_t begin = name.find('-');
    stem = name.substr(0, begin);
    if (begin == std::string_view::npos) return;
    first = name.substr(begin + 1, name.find('-', begin + 1) - begin - 1);
    last = name.substr(name.rfind('-') + 1);
  }
  std::string_view stem;
  std::string_view first;
  std::string_view last;
};

}  // namespace

bool is_partition_part(std::string_view path) {
  return (path.starts_with("labels/") || path.starts_with("predictions/")) && path.ends_with(end_of_name);
}

Status PartitionParts::add(PartitionPart part) {
  if (!parts_.empty() && folder_of(parts_.front().file.path) != folder_of(part.file.path)) GM_RETURN_IF_ERROR(finish());
  if (!is_partition_part(part.file.path)) return other_(part);
  parts_.push_back(std::move(part));
  return {};
}

Status PartitionParts::finish() {
  if (parts_.empty()) return {};
  // Its name is behind those of the parts that came after it.
  if (PartName(parts_.back().file.path).first.empty()) std::ranges::rotate(parts_, parts_.end() - 1);
  Status used = use_(parts_);
  parts_.clear();
  return used;
}

bool has_whole(const std::vector<PartitionPart>& parts) { return PartName(parts.front().file.path).first.empty(); }

// One file that has the rows of all of them.
static Result<publish::ManifestFile> merge_parts(Storage& storage, const std::string& root,
                                                 const storage::OutputOptions& output, Layout layout,
                                                 const std::vector<PartitionPart>& parts) {
  const std::string& first = parts.front().file.path;
  const PartName name(first);
  std::string path = std::string(folder_of(first)) + "/" + std::string(name.stem);
  if (layout != Layout::whole) {
    const std::string_view first_batch = name.first.empty() ? "000001" : name.first;
    path += "-" + std::string(first_batch) + "-" + std::string(PartName(parts.back().file.path).last);
  }
  storage::OutputFile file(storage, output);
  GM_RETURN_IF_ERROR(file.open(path + std::string(end_of_name)));
  for (const PartitionPart& part : parts) {
    const std::string source = (part.is_staged ? output.root : root) + "/" + part.file.path;
    GM_ASSIGN(const storage::Hash128 hash, file.append_file(source));
    if (hash.hex() == part.file.xxh3_128) continue;
    return Error::output("'" + source + "' is not what the manifest says",
                         "see what else is wrong with 'gristmill verify " + root + "'; nothing was changed")
        .in_file(source);
  }
  GM_ASSIGN(const storage::WrittenFile merged, file.close());
  return publish::ManifestFile{merged.path, merged.size, merged.hash.hex(), merged.sha256};
}

Status put_parts(std::vector<PartitionPart>& parts, publish::ManifestUpdate& manifest) {
  std::ranges::sort(parts, {}, [](const PartitionPart& part) { return part.file.path; });
  for (const PartitionPart& part : parts) {
    GM_RETURN_IF_ERROR(part.is_staged ? manifest.put(part.file) : manifest.keep(part.file));
  }
  return {};
}

Result<std::uint64_t> put_merged(Storage& storage, const std::string& root, const storage::OutputOptions& output,
                                 Layout layout, const std::vector<PartitionPart>& parts,
                                 publish::ManifestUpdate& manifest) {
  GM_ASSIGN(const publish::ManifestFile merged, merge_parts(storage, root, output, layout, parts));
  std::vector<std::string> gone;
  for (const PartitionPart& part : parts) {
    if (part.is_staged) {
      GM_RETURN_IF_ERROR(storage.remove(output.root + "/" + part.file.path));
    } else if (part.file.path != merged.path) {
      gone.push_back(part.file.path);
    }
  }
  // In the order of their names.
  std::ranges::sort(gone);
  const auto behind = std::ranges::upper_bound(gone, merged.path);
  for (auto path = gone.begin(); path != behind; ++path) GM_RETURN_IF_ERROR(manifest.drop(*path));
  GM_RETURN_IF_ERROR(manifest.put(merged));
  for (auto path = behind; path != gone.end(); ++path) GM_RETURN_IF_ERROR(manifest.drop(*path));
  return merged.size;
}

Result<Compacted> compact(Storage& storage, const std::string& output, const std::string& key_file,
                          const std::string& run_id, bool fsync, const publish::InterruptCheck& interrupted) {
  GM_ASSIGN([[maybe_unused]] const publish::ReadableTree there, publish::find_readable(storage, output));
  GM_ASSIGN(publish::Publication publication, publish::begin_update(storage, output, run_id, fsync));
  const std::string& root = publication.root();
  GM_ASSIGN(const std::optional<State> state, read_state(storage, root));
  if (!publication.adds() || !state) {
    return Error::usage("'" + root + "' does not grow, so that it has no parts to merge",
                        "name the output of 'gristmill update'")
        .in_file(root);
  }
  Recipe recipe;
  recipe.forget_key_file = key_file;
  GM_ASSIGN([[maybe_unused]] const std::optional<privacy::ForgottenList> forgotten,
            list_to_obey(storage, recipe, root));
  const std::string manifest_path = root + "/" + std::string(publish::manifest_name);
  GM_ASSIGN(publish::ManifestReader old, publish::ManifestReader::open(storage, manifest_path));
  publish::ManifestUpdate manifest(storage, {root, publication.staging_root(), run_id, old.header_fields(), fsync});
  GM_RETURN_IF_ERROR(manifest.begin());
  Compacted compacted;
  storage::OutputOptions staged;
  staged.root = publication.files_root();
  staged.durable = fsync;
  PartitionParts partitions(
      [&](std::vector<PartitionPart>& parts) -> Status {
        if (interrupted && interrupted()) return Error::interrupted();
        const bool has_name = state->layout != Layout::whole || has_whole(parts);
        if (parts.size() == 1 && has_name) return put_parts(parts, manifest);
        staged.sha256 = !parts.front().file.sha256.empty();
        GM_ASSIGN(const std::uint64_t bytes, put_merged(storage, root, staged, state->layout, parts, manifest));
        ++compacted.partitions;
        compacted.parts += parts.size();
        compacted.bytes += bytes;
        return {};
      },
      [&](const PartitionPart& part) { return manifest.keep(part.file); });
  for (;;) {
    GM_ASSIGN(std::optional<publish::ManifestFile> file, old.next());
    if (!file) break;
    GM_RETURN_IF_ERROR(partitions.add({std::move(*file), false}));
  }
  GM_RETURN_IF_ERROR(partitions.finish());
  if (compacted.partitions == 0) {
    GM_RETURN_IF_ERROR(publication.abandon());
    return compacted;
  }
  GM_ASSIGN(publish::Published published, publish::commit_update(storage, publication, manifest, fsync, interrupted));
  compacted.notes = std::move(published.notes);
  return compacted;
}

}  // namespace gristmill::growth
