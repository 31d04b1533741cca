// A key of 32 random bytes in a file of its own, which only its owner may read, and what is made with it. Whoever has
// no key can neither tell an id from what is kept of it, nor try likely ids one after the other.
#pragma once

#include <string>
#include <string_view>

#include "gristmill/result.h"

namespace gristmill::privacy {

class SecretKey {
 public:
  // Of a file with 64 hexadecimal digits, or Base64 of 32 bytes. A usage error where it is no such file, or where
  // others than its owner may read it. `setting`: its key in a recipe.
  [[nodiscard]] static Result<SecretKey> read(const std::string& path, const std::string& setting);
  // Of 32 bytes.
  static SecretKey of(std::string bytes) { return SecretKey(std::move(bytes)); }

  // HMAC-SHA-256 (RFC 2104), 32 bytes.
  std::string hmac(std::string_view text) const;
  const std::string& bytes() const { return bytes_; }  // SECRET

 private:
  explicit SecretKey(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

// Writes a new key, of mode 0600. A usage error where a file is there already.
[[nodiscard]] Status make_key(const std::string& path);

}  // namespace gristmill::privacy
