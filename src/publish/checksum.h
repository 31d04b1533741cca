// Size and XXH3-128 of a whole file, as manifests spell it.
#pragma once

#include <cstdint>
#include <string>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::publish {

struct FileChecksum {
  std::uint64_t size = 0;  // bytes
  std::string xxh3_128;    // 32 lower-case hexadecimal digits
};
// XXH3-128 of a whole file, spelled so; empty if there is none.
Result<std::string> checksum_if_there(Storage& storage, const std::string& path);
// Reads the whole file through `buffer`, which must not be empty.
Result<FileChecksum> checksum_file(Storage& storage, const std::string& path, std::string& buffer);

}  // namespace gristmill::publish
