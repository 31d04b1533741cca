// Names and sizes only: checksums are for verify(). Tested in listed_files_test.cc.
#include <map>

#include "publish/manifest.h"
#include "publish/places.h"
#include "publish/publish.h"

namespace gristmill::publish {
namespace {

// Sizes by path of what lies in `folder` and begins so.
Result<std::map<std::string, std::uint64_t>> sizes_of(Storage& storage, const std::string& folder,
                                                      const std::string& beginning) {
  const std::string top = beginning.substr(0, beginning.find('/'));
  std::map<std::string, std::uint64_t> sizes;
  GM_RETURN_IF_ERROR(storage.walk(folder + "/" + top, [&](const FileInfo& file) {
    const std::string path = top + "/" + file.name;
    if (path.starts_with(beginning) && file.type == FileType::file) sizes.emplace(path, file.size);
    return Status();
  }));
  return sizes;
}

Error damaged(const std::string& path, const std::string& what) {
  return Error::output("'" + path + "' " + what,
                       "compare the output with its manifest by 'gristmill verify', or run again to write it anew")
      .in_file(path);
}

Status compare(Storage& storage, const std::string& folder, const std::string& beginning) {
  GM_ASSIGN(auto sizes, sizes_of(storage, folder, beginning));
  GM_ASSIGN(ManifestReader manifest, ManifestReader::open(storage, folder + "/" + std::string(manifest_name)));
  for (;;) {
    GM_ASSIGN(const std::optional<ManifestFile> file, manifest.next());
    if (!file) break;
    if (!file->path.starts_with(beginning)) {
      if (file->path > beginning) break;  // they are in order
      continue;
    }
    const std::string path = folder + "/" + file->path;
    const auto found = sizes.find(file->path);
    if (found == sizes.end()) return damaged(path, "is missing, which the manifest lists");
    if (found->second != file->size) {
      return damaged(path, "has " + std::to_string(found->second) + " bytes, but " + std::to_string(file->size) +
                               " by the manifest");
    }
    sizes.erase(found);
  }
  if (sizes.empty()) return {};
  return damaged(folder + "/" + sizes.begin()->first, "is not in the manifest");
}

}  // namespace

Status check_listed(Storage& storage, const std::string& folder, const std::string& beginning) {
  GM_RETURN_IF_OUTPUT_ERROR(compare(storage, folder, beginning));
  return {};
}

}  // namespace gristmill::publish
