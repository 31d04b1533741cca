// XXH3-128 of bytes and files, as manifests spell it: 32 lower-case hexadecimal digits of the
// canonical (big-endian) form.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "storage/storage.h"

namespace gristmill {

class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;
  void update(std::string_view bytes);
  // Of everything so far; may be called again after further updates.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A 128-bit fingerprint of a path, for comparing sets of files without holding their names.
struct PathHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const PathHash&) const = default;
};
PathHash hash_path(std::string_view path);

struct FileChecksum {
  std::uint64_t size = 0;
  std::string xxh3_128;
};
// Reads the whole file through `buffer`, which must not be empty.
Result<FileChecksum> checksum_file(Storage& storage, const std::string& path, std::string& buffer);

}  // namespace gristmill
