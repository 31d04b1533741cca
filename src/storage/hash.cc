// xxHash's own run-time dispatch (libxxhash) takes AVX2 or AVX-512 where the processor has it: hashing
// every output byte costs little only that way. That code leaves the upper halves of the vector registers in
// use, and the SSE instructions of everything after it then wait for them: a parser was slower by a third until
// they were cleared here. Tested in hash_test.cc.
#include "storage/hash.h"

#include <openssl/evp.h>

#include <new>

#define XXH_STATIC_LINKING_ONLY  // for the size of the state
#if defined(__x86_64__)
#include <immintrin.h>
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

namespace gristmill::storage {
namespace {

void append_hexadecimal(unsigned char byte, std::string& text) {
  static constexpr char digits[] = "0123456789abcdef";
  text.push_back(digits[byte >> 4]);
  text.push_back(digits[byte & 15]);
}

#if defined(__x86_64__)
__attribute__((target("avx"))) void clear_upper_halves() { _mm256_zeroupper(); }
#endif

// Calls it and leaves the vector registers as other code expects them.
template <typename Hash>
auto hashed(const Hash& hash) {
  const auto result = hash();
#if defined(__x86_64__)
  static const bool has_avx = __builtin_cpu_supports("avx") != 0;
  if (has_avx) clear_upper_halves();
#endif
  return result;
}

}  // namespace

struct StreamHash::State {
  alignas(64) XXH3_state_t xxh;
};

std::string Hash128::hex() const {
  std::string text;
  for (const std::uint64_t half : {high, low}) {
    for (int shift = 56; shift >= 0; shift -= 8)
      append_hexadecimal(static_cast<unsigned char>(half >> shift & 0xFF), text);
  }
  return text;
}

std::uint64_t hash64(std::string_view bytes) {
  return hashed([&] { return XXH3_64bits(bytes.data(), bytes.size()); });
}

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = hashed([&] { return XXH3_128bits(bytes.data(), bytes.size()); });
  return {hash.high64, hash.low64};
}

StreamHash::StreamHash() : state_(std::make_unique<State>()) { reset(); }
StreamHash::~StreamHash() = default;
StreamHash::StreamHash(StreamHash&&) noexcept = default;
StreamHash& StreamHash::operator=(StreamHash&&) noexcept = default;

void StreamHash::reset() { XXH3_128bits_reset(&state_->xxh); }
void StreamHash::update(std::string_view bytes) {
  hashed([&] { return XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size()); });
}

Hash128 StreamHash::digest() const {
  const XXH128_hash_t hash = hashed([&] { return XXH3_128bits_digest(&state_->xxh); });
  return {hash.high64, hash.low64};
}

struct StreamSha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() {
    if (context == nullptr) throw std::bad_alloc();
  }
  ~State() { EVP_MD_CTX_free(context); }
};

StreamSha256::StreamSha256() : state_(std::make_unique<State>()) { reset(); }
StreamSha256::~StreamSha256() = default;

void StreamSha256::reset() { EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr); }
void StreamSha256::update(std::string_view bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }

std::string StreamSha256::hex() {
  unsigned char digest[32];
  EVP_DigestFinal_ex(state_->context, digest, nullptr);
  std::string text;
  for (const unsigned char byte : digest) append_hexadecimal(byte, text);
  return text;
}

}  // namespace gristmill::storage
