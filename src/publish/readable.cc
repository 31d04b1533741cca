// Which of two trees is the one to read: the published output, or one that a failed check kept back. A
// complete tree has `_SUCCESS` beside its manifest. Tested by tests/programs/test_show.py.
#include "publish/manifest.h"
#include "publish/pending.h"
#include "publish/places.h"
#include "publish/publish.h"
#include "publish/staged_run.h"

namespace gristmill::publish {
namespace {

// The run whose complete output lies in `folder`; nullopt if none does.
Result<std::optional<std::string>> complete_run(Storage& storage, const std::string& folder) {
  GM_ASSIGN(const std::optional<FileInfo> success, storage.stat_file(folder + "/" + std::string(success_name)));
  if (!success || success->type != FileType::file) return std::optional<std::string>();
  GM_ASSIGN(ManifestReader manifest, ManifestReader::open(storage, folder + "/" + std::string(manifest_name)));
  GM_RETURN_IF_ERROR(manifest.check_end());
  return std::optional<std::string>(manifest.run_id());
}

// The kept output of either area; an empty folder if there is none.
Result<ReadableTree> find_kept(Storage& storage, const OutputPlaces& places) {
  for (const StagingArea* area : {&places.beside, &places.inside}) {
    // There is none beside an output on S3, and nobody need be allowed to look.
    if (area == &places.beside && !storage.traits(places.root).exchanges_folders) continue;
    GM_ASSIGN(const std::optional<StagedRun> record, read_staged_run(storage, area->kept()));
    if (!record) continue;
    const std::string folder = area->run(record->run_id);
    GM_ASSIGN(const std::optional<std::string> run, complete_run(storage, folder));
    if (run) return ReadableTree{folder, *run, true, {}};
  }
  return ReadableTree{};
}

// The folder of the tree is empty where there is none.
Result<ReadableTree> find_tree(Storage& storage, const OutputPlaces& places, bool kept) {
  GM_RETURN_IF_ERROR(refuse_pending(storage, places));
  GM_ASSIGN(ReadableTree waiting, find_kept(storage, places));
  if (kept) {
    if (!waiting.folder.empty()) return waiting;
    return Error::usage("no output is kept back at '" + places.root + "'", "leave --kept out to see what is published")
        .in_file(places.root);
  }
  GM_ASSIGN(const std::optional<std::string> run, complete_run(storage, places.root));
  if (run) return ReadableTree{places.root, *run, false, waiting.run_id};
  return waiting;
}

}  // namespace

Result<ReadableTree> find_readable(Storage& storage, const std::string& output, bool kept) {
  GM_ASSIGN_OUTPUT(const OutputPlaces places, find_places(storage, output));
  GM_ASSIGN_OUTPUT(ReadableTree tree, find_tree(storage, places, kept));
  if (!tree.folder.empty()) return tree;
  return no_output(storage, places, success_name);
}

}  // namespace gristmill::publish
