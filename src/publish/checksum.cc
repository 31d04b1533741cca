// Front to back through the caller's buffer: a file may be larger than memory. Tested in manifest_test.cc.
#include "publish/checksum.h"

#include <optional>

#include "storage/hash.h"

namespace gristmill::publish {

Result<FileChecksum> checksum_file(Storage& storage, const std::string& path, std::string& buffer) {
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  storage::StreamHash hash;
  FileChecksum result;
  for (;;) {
    GM_ASSIGN(const std::size_t got, file->read_at(result.size, buffer.data(), buffer.size()));
    hash.update({buffer.data(), got});
    result.size += got;
    if (got < buffer.size()) break;
  }
  result.xxh3_128 = hash.digest().hex();
  return result;
}

Result<std::string> checksum_if_there(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat_file(path));
  if (!found) return std::string();
  std::string buffer(64 << 10, '\0');
  GM_ASSIGN(const FileChecksum checksum, checksum_file(storage, path, buffer));
  return checksum.xxh3_128;
}

}  // namespace gristmill::publish
