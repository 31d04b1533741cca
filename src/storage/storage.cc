// What every storage can do by doing it one at a time.
#include "storage/storage.h"

namespace gristmill {

Status Storage::rename_files(const std::vector<Rename>& renames) {
  for (const Rename& one : renames) GM_RETURN_IF_ERROR(rename(one.from, one.to));
  return {};
}

Status Storage::remove_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) GM_RETURN_IF_ERROR(remove(path));
  return {};
}

}  // namespace gristmill
