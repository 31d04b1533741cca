// A regular file is written beside its name and renamed over it at the end; everything else is opened and written as it
// stands. Tested in target_file_test.cc, with pipes by tests/programs/test_target_files.py.
#include "cli/target_file.h"

#include <algorithm>
#include <utility>

#include "cli/console.h"
#include "publish/places.h"
#include "storage/local_file.h"

namespace gristmill::cli {
namespace {

enum class TargetKind : std::uint8_t { file, stream, standard_output };

bool is_standard_output(std::string_view path) {
  return path == "/dev/stdout" || path == "/dev/fd/1" || path == "/proc/self/fd/1";
}

// Of a file that is not there.
Status check_folder_of(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::string file, storage.resolve(path));
  if (!storage.traits(file).exchanges_folders) return {};
  const std::string folder = file.substr(0, std::max<std::size_t>(file.rfind('/'), 1));
  GM_ASSIGN(const auto above, storage.stat(folder));
  if (above && above->type == FileType::folder) return {};
  return Error::output("cannot write '" + path + "': its folder '" + folder + "' does not exist",
                       "make the folder, or name another file")
      .in_file(path);
}

Result<TargetKind> kind_of(Storage& storage, const std::string& path) {
  if (is_standard_output(path)) return TargetKind::standard_output;
  auto found = storage.stat(path);
  if (!found.ok()) return publish::as_output(std::move(found.error()));
  if (!*found) {
    GM_RETURN_IF_ERROR(check_folder_of(storage, path));
    return TargetKind::file;
  }
  if ((*found)->type == FileType::folder) {
    return Error::output("cannot write '" + path + "': it is a folder", "name a file").in_file(path);
  }
  if ((*found)->type == FileType::file) return TargetKind::file;
  if (storage::is_local_stream(path)) return TargetKind::stream;
  return Error::output("cannot write '" + path + "': it is neither a file nor a pipe nor a character device",
                       "name a file")
      .in_file(path);
}

Status append_and_close(WritableFile& file, std::string_view text) {
  GM_RETURN_IF_ERROR(file.append(text));
  return file.close(false);
}

// Makes the file; removes what is there of it where that fails.
Status make_whole(Storage& storage, const std::string& path, std::string_view text) {
  Status written;
  {
    GM_ASSIGN(const std::unique_ptr<WritableFile> file, storage.create(path));
    written = append_and_close(*file, text);
  }
  if (!written.ok()) static_cast<void>(storage.remove(path));
  return written;
}

}  // namespace

Status check_target(Storage& storage, const std::string& path) {
  GM_RETURN_IF_ERROR(kind_of(storage, path));
  return {};
}

Status write_target(Storage& storage, const std::string& path, std::string_view text, ExistingTarget existing) {
  GM_ASSIGN(const TargetKind kind, kind_of(storage, path));
  if (kind == TargetKind::standard_output) {
    GM_RETURN_IF_ERROR(print_data(text));
    return {};
  }
  if (kind == TargetKind::stream) {
    GM_ASSIGN(const std::unique_ptr<WritableFile> stream, storage::open_local_stream(path));
    return append_and_close(*stream, text);
  }
  GM_ASSIGN(const std::string file, storage.resolve(path));
  return existing == ExistingTarget::replaced ? replace_file(storage, file, text) : make_file(storage, file, text);
}

Status replace_file(Storage& storage, const std::string& path, std::string_view text) {
  const std::string unfinished = path + ".unfinished";
  GM_RETURN_IF_ERROR(storage.remove(unfinished));
  GM_RETURN_IF_ERROR(make_whole(storage, unfinished, text));
  Status moved = storage.rename(unfinished, path);
  if (!moved.ok()) static_cast<void>(storage.remove(unfinished));
  return moved;
}

Status make_file(Storage& storage, const std::string& path, std::string_view text) {
  GM_RETURN_IF_ERROR(make_whole(storage, path, text));
  auto there = storage.stat(path, false);  // waits for what still goes up to S3
  if (!there.ok()) return publish::as_output(std::move(there.error()));
  return *there ? Status() : Status(Error::output("'" + path + "' is not there after it was written").in_file(path));
}

}  // namespace gristmill::cli
