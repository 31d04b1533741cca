// What a storage can do by doing it one at a time, or need not do.
#include "gristmill/storage.h"

namespace gristmill {

void ReadableFile::release(std::uint64_t, std::uint64_t) {}
std::string FileLock::share() { return {}; }

Result<std::unique_ptr<FileLock>> Storage::join_lock(const std::string& path, const std::string&) {
  return Error::internal("the lock '" + path + "' is its holder's alone").in_file(path);
}

Result<std::string> FileLock::describe_fence() { return std::string(); }

StorageTraits Storage::traits(const std::string&) const { return {}; }
Result<std::string> Storage::describe(const std::string&) { return std::string(); }
std::vector<RequestCount> Storage::requests() const { return {}; }
void Storage::hold_interruptions(bool) {}
Status Storage::keep_standard_input(const std::string&, const std::function<bool()>&) {
  return Error::input("standard input ('-') cannot be read here", "write it to a file first");
}
void Storage::read_ahead(std::vector<ReadAhead>) {}
Result<std::optional<FileInfo>> Storage::stat_file(const std::string& path) { return stat(path, false); }
Status Storage::remove_unfinished(const std::string&) { return {}; }
Result<bool> Storage::mark_new_files(const MarkedFiles&) { return false; }
Status Storage::remove_marked_files(const MarkedFiles&) { return {}; }
Status Storage::rename_marked_files(const MarkedFiles&, const std::vector<Rename>& renames) {
  return rename_files(renames);
}
Status Storage::remove_unfinished_marked_files(const MarkedFiles&) { return {}; }

void Storage::guard(const std::string&, const std::string&) {}
Result<std::string> Storage::find_trap(const std::string&, const std::string&) { return std::string(); }
Result<std::optional<Obstacle>> Storage::find_obstacle(const std::string&, const std::string&,
                                                       const std::vector<std::string>&, bool) {
  return std::optional<Obstacle>();
}

Result<std::unique_ptr<ReadableFile>> Storage::open_listed(const std::string& path, const FileInfo&) {
  return open(path);
}

// Under another name first, and then renamed.
Status Storage::create_whole(const std::string& path, std::string_view bytes, bool durable) {
  const std::string unfinished = path + ".new";
  GM_RETURN_IF_ERROR(remove(unfinished));
  GM_ASSIGN(const std::unique_ptr<WritableFile> file, create(unfinished));
  GM_RETURN_IF_ERROR(file->append(bytes));
  GM_RETURN_IF_ERROR(file->close(durable));
  GM_RETURN_IF_ERROR(rename_new(unfinished, path));
  return durable ? sync_folder(path.substr(0, path.rfind('/'))) : Status();
}

Status Storage::rename_files(const std::vector<Rename>& renames) {
  for (const Rename& one : renames) GM_RETURN_IF_ERROR(rename(one.from, one.to));
  return {};
}

Status Storage::remove_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) GM_RETURN_IF_ERROR(remove(path));
  return {};
}

}  // namespace gristmill
