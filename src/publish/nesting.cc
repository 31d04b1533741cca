// A root that contains an output needs no rule of its own: its files are not in the manifest. Tested in
// publication_test.cc.
#include "publish/nesting.h"

#include "publish/manifest.h"

namespace gristmill {

Status refuse_nested(Storage& storage, const OutputPlaces& places) {
  std::string folder = places.root;
  for (;;) {
    const std::size_t slash = folder.rfind('/');
    // "s3://bucket" has only the scheme above it.
    if (slash == std::string::npos || slash == 0 || folder[slash - 1] == '/') return {};
    folder.resize(slash);
    const std::string path = folder + "/" + std::string(manifest_name);
    const auto found = storage.stat(path, false);
    if (!found.ok() || !*found || (*found)->type != FileType::file) continue;
    // Other programs write files of this name too.
    if (!ManifestReader::open(storage, path).ok()) continue;
    return Error::output("'" + places.root + "' lies within another output: '" + folder + "' has a " +
                             std::string(manifest_name) + " of gristmill's",
                         "choose an output outside of it; if it is no output any more, remove that file");
  }
}

}  // namespace gristmill
