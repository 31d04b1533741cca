// In a folder that several users share, another user's folder may be what hinders: the message names it, its owner and
// what that user is to do. Tested in tests/programs/test_shared_folders.py, which has two users.
#include "publish/obstacle.h"

namespace gristmill::publish {
namespace {

std::string sentence(const Obstacle& obstacle) {
  return "the folder '" + obstacle.folder + "' of '" + obstacle.owner + "' is in the way: " + obstacle.reason;
}

Error remedy(const Result<std::optional<Obstacle>>& found, const OutputPlaces& places, Error error) {
  if (!found.ok() || !*found) return error;
  error.message += "; " + sentence(**found);
  error.advice = "'" + (*found)->owner + "' must run 'gristmill recover " + places.root +
                 "', or make this folder and those beside it writable for this user, who then runs it";
  return error;
}

}  // namespace

Status refuse_obstacle(Storage& storage, const OutputPlaces& places, const std::string& staged, bool rest_stays) {
  GM_ASSIGN(const std::optional<Obstacle> found, storage.find_obstacle(staged, places.root, root_skips(), rest_stays));
  if (!found) return {};
  return Error::output("cannot publish to '" + places.root + "': " + sentence(*found),
                       "'" + found->owner + "' must make this folder and those beside it writable for this user")
      .in_file(places.root);
}

Error with_remedy(Storage& storage, const OutputPlaces& places, const std::string& staged, Error error) {
  return remedy(storage.find_obstacle(staged, places.root, root_skips(), false), places, std::move(error));
}

Error with_remedy(Storage& storage, const OutputPlaces& places, const StagingArea& area, Error error) {
  return remedy(storage.find_obstacle("", area.folder, {}, false), places, std::move(error));
}

}  // namespace gristmill::publish
