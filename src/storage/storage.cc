// What a storage can do by doing it one at a time, or need not do.
#include "storage/storage.h"

namespace gristmill {

void ReadableFile::release(std::uint64_t, std::uint64_t) {}

StorageTraits Storage::traits(const std::string&) const { return {}; }
Result<std::string> Storage::describe(const std::string&) { return std::string(); }
std::vector<RequestCount> Storage::requests() const { return {}; }
void Storage::hold_interruptions(bool) {}
void Storage::read_ahead(std::vector<ReadAhead>) {}
Status Storage::remove_unfinished(const std::string&) { return {}; }

void Storage::guard(const std::string&, const std::string&) {}
Result<std::string> Storage::find_trap(const std::string&, const std::string&) { return std::string(); }
Result<std::optional<Obstacle>> Storage::find_obstacle(const std::string&, const std::string&,
                                                       const std::vector<std::string>&) {
  return std::optional<Obstacle>();
}

Result<std::unique_ptr<ReadableFile>> Storage::open_listed(const std::string& path, const FileInfo&) { return open(path); }

Status Storage::rename_files(const std::vector<Rename>& renames) {
  for (const Rename& one : renames) GM_RETURN_IF_ERROR(rename(one.from, one.to));
  return {};
}

Status Storage::remove_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) GM_RETURN_IF_ERROR(remove(path));
  return {};
}

}  // namespace gristmill
