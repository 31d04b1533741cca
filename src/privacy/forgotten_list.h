// Who asked to be erased: what is kept of each id is its HMAC-SHA-256 under a key, so that the person stays forgotten
// and nobody can read the id.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "privacy/secret_key.h"

namespace gristmill::privacy {

inline constexpr std::string_view forgotten_name = "_state/forgotten.jsonl";  // below the output root

class ForgottenList {
 public:
  // Of a file (docs/guide/formats.md); nullopt where there is none. An output error where it is damaged.
  [[nodiscard]] static Result<std::optional<ForgottenList>> read(Storage& storage, const std::string& path);

  // Before contains() and add(). A usage error where the list was made with another key. `path`: of the key's file.
  [[nodiscard]] Status unlock(SecretKey key, const std::string& path);
  bool is_unlocked() const { return key_.has_value(); }
  const SecretKey& key() const { return *key_; }

  // REQUIRES: both are unlocked by the same key.
  void merge(const ForgottenList& other) { hashes_.insert(other.hashes_.begin(), other.hashes_.end()); }

  // `id`: trimmed, unescaped, not empty. Safe to call from several threads.
  bool contains(std::string_view id) const { return hashes_.contains(key_->hmac(id)); }
  void add(std::string_view id) { hashes_.insert(key_->hmac(id)); }
  std::size_t size() const { return hashes_.size(); }
  bool empty() const { return hashes_.empty(); }

  // Of the file.
  std::string text() const;
  // The list in a text() that was written by this program.
  static std::optional<ForgottenList> of(std::string_view text);

 private:
  std::string check_;             // what the key makes of a known text, in hexadecimal digits
  std::set<std::string> hashes_;  // 32 bytes each
  std::optional<SecretKey> key_;
};

std::string hex_of(std::string_view bytes);

}  // namespace gristmill::privacy
