// Recipe and .env files are read whole, through Storage like everything else. The limit keeps a data file
// that is named by mistake from being loaded. Tested in settings_file_test.cc.
#include "gristmill/storage.h"
#include "recipe/settings.h"
#include "recipe/value.h"

namespace gristmill::recipe {
namespace {

constexpr std::size_t largest = std::size_t{4} << 20;

Result<std::optional<std::string>> read_settings_file(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::optional<FileInfo> info, storage.stat(path));
  if (!info || info->type == FileType::folder) return std::optional<std::string>();
  if (path == "/dev/null") return std::optional<std::string>("");  // the usual way to say "none"
  if (info->type != FileType::file)
    return Error::usage(in_quotes(path) + " is no regular file", "name a file").in_file(path);
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  const std::uint64_t size = file->size();
  if (size > largest) {
    return Error::usage(in_quotes(path) + " is larger than 4MiB: no file of settings", "check the path").in_file(path);
  }
  std::string text(size, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    GM_ASSIGN(const std::size_t read, file->read_at(length, text.data() + length, text.size() - length));
    if (read == 0) break;
    length += read;
  }
  text.resize(length);
  return std::optional<std::string>(std::move(text));
}

}  // namespace

SettingsFileReader settings_file_reader(Storage& storage) {
  return [&storage](const std::string& path, const Settings&) { return read_settings_file(storage, path); };
}

}  // namespace gristmill::recipe
