// A root that contains an output needs no rule of its own: its files are not in the manifest. Tested in
// tests/programs/test_planted_links.py.
#include "publish/nesting.h"

#include "publish/manifest.h"
#include "publish/publish.h"

namespace gristmill::publish {

std::string output_around(Storage& storage, const std::string& path) {
  // Far away each look is a request, and outputs lie beside each other rather than deep in one another.
  const bool near = storage.traits(path).exchanges_folders;
  std::string folder = path;
  for (int looks = 0; near || looks < 2; ++looks) {
    const std::size_t slash = folder.rfind('/');
    // "s3://bucket" has only the scheme above it.
    if (slash == std::string::npos || slash == 0 || folder[slash - 1] == '/') return {};
    folder.resize(slash);
    // Other programs write files of this name too. Whatever keeps from looking is no reason to refuse.
    if (ManifestReader::open(storage, folder + "/" + std::string(manifest_name)).ok()) return folder;
  }
  return {};
}

Status refuse_nested(Storage& storage, const OutputPlaces& places) {
  const std::string outer = output_around(storage, places.root);
  if (outer.empty()) return {};
  return Error::output("'" + places.root + "' lies within another output: '" + outer + "' has a " +
                           std::string(manifest_name) + " of gristmill's",
                       "choose an output outside of it; if it is no output any more, remove that file")
      .in_file(places.root);
}

}  // namespace gristmill::publish
