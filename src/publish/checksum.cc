// A thin cover over xxHash, so that nothing else sees its header. Tested in manifest_test.cc.
#include "publish/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

namespace gristmill {

struct Checksum::State {
  XXH3_state_t xxh3;
};

Checksum::Checksum() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh3); }
Checksum::~Checksum() = default;
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;

void Checksum::update(std::string_view bytes) {
  XXH3_128bits_update(&state_->xxh3, bytes.data(), bytes.size());
}

std::string Checksum::hex() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state_->xxh3));
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : canonical.digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

PathHash hash_path(std::string_view path) {
  const XXH128_hash_t hash = XXH3_128bits(path.data(), path.size());
  return {hash.high64, hash.low64};
}

Result<FileChecksum> checksum_file(Storage& storage, const std::string& path, std::string& buffer) {
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  Checksum checksum;
  FileChecksum result;
  for (;;) {
    GM_ASSIGN(const std::size_t got, file->read_at(result.size, buffer.data(), buffer.size()));
    checksum.update({buffer.data(), got});
    result.size += got;
    if (got < buffer.size()) break;
  }
  result.xxh3_128 = checksum.hex();
  return result;
}

}  // namespace gristmill
