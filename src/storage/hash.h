// The hashes of gristmill: XXH3 of 64 and 128 bits, and SHA-256 for those who ask for it (docs/guide/formats.md
// says where which is written down).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gristmill::storage {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Hash128&) const = default;
  std::string hex() const;  // 32 lower-case digits, most significant first
};

std::uint64_t hash64(std::string_view bytes);
Hash128 hash128(std::string_view bytes);

// The 128-bit hash of a stream of bytes.
class StreamHash {
 public:
  StreamHash();
  ~StreamHash();
  StreamHash(StreamHash&&) noexcept;
  StreamHash& operator=(StreamHash&&) noexcept;
  void reset();
  void update(std::string_view bytes);
  Hash128 digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// SHA-256 of a stream of bytes (FIPS 180-4).
class StreamSha256 {
 public:
  StreamSha256();
  ~StreamSha256();
  void reset();
  void update(std::string_view bytes);
  std::string hex();  // 64 lower-case digits; ends the stream: reset() before the next

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gristmill::storage
