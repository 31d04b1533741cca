// The last run's line in the history says that its drift is accepted; nothing else changes. Tested by
// tests/programs/test_history.py.
#include "history/accept.h"

#include <optional>

#include "history/run_line.h"
#include "json/json_value.h"
#include "publish/manifest.h"
#include "publish/manifest_update.h"
#include "storage/output_file.h"

namespace gristmill::history {
namespace {

Error nothing_to_accept(const std::string& root, std::string why) {
  return Error::usage("'" + root + "': " + std::move(why), "see 'gristmill history " + root + "'").in_file(root);
}

}  // namespace

Result<Accepted> accept_drift(Storage& storage, const std::string& output, const std::string& run_id, bool fsync,
                              const publish::InterruptCheck& interrupted) {
  GM_ASSIGN(const publish::ReadableTree there, publish::find_readable(storage, output));
  GM_RETURN_IF_ERROR(publish::check_listed(storage, there.folder, "validation/"));
  GM_ASSIGN(publish::Publication publication, publish::begin_update(storage, output, run_id, fsync));
  const std::string& root = publication.root();
  GM_ASSIGN(const std::optional<std::string> found, find_history(storage, root));
  const std::string name = found.value_or(std::string(history_name));
  GM_ASSIGN(std::vector<std::string> lines, read_lines(storage, root + "/" + name));
  const std::optional<json::JsonValue> last = lines.empty() ? std::nullopt : json::JsonValue::parse(lines.back());
  if (lines.empty()) return nothing_to_accept(root, "there is no run in its history");
  if (!last) {
    return Error::output("the last line of '" + root + "/" + name + "' is not as gristmill wrote it",
                         "restore it, or run again")
        .in_file(root + "/" + name, lines.size());
  }
  if ((*last)["accepted"].is_true()) return nothing_to_accept(root, "what its last run differs in is accepted already");
  Accepted accepted;
  for (const json::JsonValue& measure : (*last)["drift"].elements()) accepted.measures.push_back(measure.text());
  if (accepted.measures.empty()) return nothing_to_accept(root, "its last run differs in nothing from those before it");

  lines.back().insert(lines.back().rfind('}'), ",\"accepted\":true");
  const std::string manifest_path = root + "/" + std::string(publish::manifest_name);
  GM_ASSIGN(publish::ManifestReader old, publish::ManifestReader::open(storage, manifest_path));
  publish::ManifestUpdate manifest(storage, {root, publication.staging_root(), run_id, old.header_fields(), fsync});
  GM_RETURN_IF_ERROR(manifest.begin());
  for (;;) {
    GM_ASSIGN(const std::optional<publish::ManifestFile> file, old.next());
    if (!file) break;
    if (file->path != name) {
      GM_RETURN_IF_ERROR(manifest.keep(*file));
      continue;
    }
    storage::OutputFile written(
        storage, {publication.files_root(), fsync, !file->sha256.empty(), storage::OutputOptions{}.buffer_size});
    GM_RETURN_IF_ERROR(written.open(name));
    for (const std::string& line : lines) GM_RETURN_IF_ERROR(written.append(line + "\n"));
    GM_ASSIGN(const storage::WrittenFile made, written.close());
    GM_RETURN_IF_ERROR(manifest.put({made.path, made.size, made.hash.hex(), made.sha256}));
  }
  GM_ASSIGN(publish::Published published, publish::commit_update(storage, publication, manifest, fsync, interrupted));
  accepted.notes = std::move(published.notes);
  return accepted;
}

}  // namespace gristmill::history
