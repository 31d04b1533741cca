// The lock is tried for a moment, which can only meet a `recover`, or a run, that begins in that very moment. On S3 to
// try a lock is to write an object, so there it is not known who lives. Tested in publication_test.cc and by
// tests/programs/test_output_roots.py.
#include "publish/pending.h"

#include "publish/staged_run.h"

namespace gristmill::publish {
namespace {

enum class Publisher : std::uint8_t { lives, is_gone, is_done, unknown };

Publisher look_for_publisher(Storage& storage, const OutputPlaces& places) {
  const auto lock = storage.stat_file(places.inside.lock());
  if (!lock.ok() || !*lock) return Publisher::is_gone;
  if (!storage.traits(places.root).exchanges_folders) return Publisher::unknown;
  const auto taken = storage.try_lock(places.inside.lock());
  if (!taken.ok() || *taken == nullptr) return taken.ok() ? Publisher::lives : Publisher::is_gone;
  const auto commit = storage.stat_file(places.inside.commit());
  if (!commit.ok() || *commit) return Publisher::is_gone;
  // It came to its end since it was looked for: the lock may be one that was made only here.
  static_cast<void>(storage.remove(places.inside.lock()));
  static_cast<void>(storage.remove_folder(places.inside.folder));
  return Publisher::is_done;
}

std::string publisher_of(Storage& storage, const OutputPlaces& places) {
  const auto record = read_staged_run(storage, places.inside.commit());
  return record.ok() && *record ? " by run " + (*record)->run_id : std::string();
}

}  // namespace

Status refuse_pending(Storage& storage, const OutputPlaces& places) {
  GM_ASSIGN(const std::optional<FileInfo> pending, storage.stat_file(places.inside.commit()));
  if (!pending) return {};
  const Publisher publisher = look_for_publisher(storage, places);
  if (publisher == Publisher::is_done) return {};
  if (publisher == Publisher::lives) {
    return Error::output("'" + places.root + "' is being published just now" + publisher_of(storage, places),
                         "try again when it is done")
        .in_file(places.root);
  }
  const std::string recover = "run 'gristmill recover " + places.root + "' first";
  if (publisher == Publisher::unknown) {
    return Error::output("'" + places.root + "' is being published" + publisher_of(storage, places) +
                             ", or that was cut off before its end",
                         "try again when it is done; if that run has ended, " + recover)
        .in_file(places.root);
  }
  return Error::output("publishing to '" + places.root + "' was cut off before its end", recover).in_file(places.root);
}

}  // namespace gristmill::publish
