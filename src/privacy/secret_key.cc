// Files of keys are local: a key beside the data that it guards guards nothing. Tested in forgotten_list_test.cc and by
// tests/programs/test_forget.py.
#include "privacy/secret_key.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "json/base64.h"

namespace gristmill::privacy {
namespace {

constexpr std::size_t key_size = 32;        // bytes
constexpr std::size_t longest_file = 1024;  // bytes
constexpr mode_t of_others = S_IRWXG | S_IRWXO;

std::string system_words(int number) { return std::generic_category().message(number); }

std::string trimmed_of_ends(std::string text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.back())) text.pop_back();
  std::size_t begin = 0;
  while (begin < text.size() && is_space(text[begin])) ++begin;
  return text.substr(begin);
}

// Empty: it is none.
std::string bytes_of(const std::string& text) {
  std::string bytes;
  if (text.size() == 2 * key_size) {
    for (std::size_t i = 0; i < text.size(); i += 2) {
      unsigned byte = 0;
      const auto parsed = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
      if (parsed.ec != std::errc() || parsed.ptr != text.data() + i + 2) return {};
      bytes.push_back(static_cast<char>(byte));
    }
  } else if (!json::append_bytes_of_base64(text, bytes)) {
    return {};
  }
  return bytes.size() == key_size ? bytes : std::string();
}

class OpenFile {
 public:
  explicit OpenFile(int number) : number_(number) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

Result<SecretKey> SecretKey::read(const std::string& path, const std::string& setting) {
  const auto refuse = [&](const std::string& why, const std::string& advice) {
    return Error::usage("'" + path + "' is no file of a key: " + why, advice).in_file(path).of_key(setting);
  };
  const std::string make = "'gristmill init --key FILE' makes one";
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat found{};
  if (file.number() < 0 || ::fstat(file.number(), &found) != 0) return refuse(system_words(errno), make);
  if (!S_ISREG(found.st_mode)) return refuse("it is no regular file", make);
  if ((found.st_mode & of_others) != 0)
    return refuse("others than its owner may read or write it", "chmod 600 '" + path + "'");
  std::string text(longest_file, '\0');
  const ssize_t got = ::read(file.number(), text.data(), text.size());
  if (got < 0) return refuse(system_words(errno), "let this user read it");
  text.resize(static_cast<std::size_t>(got));
  std::string bytes = bytes_of(trimmed_of_ends(std::move(text)));
  if (bytes.empty()) return refuse("it has not 32 bytes in hexadecimal digits or Base64", make);
  return SecretKey(std::move(bytes));
}

std::string SecretKey::hmac(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), bytes_.data(), static_cast<int>(bytes_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

Status make_key(const std::string& path) {
  std::array<unsigned char, key_size> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return Error::internal("no random bytes are to be had");
  std::string text;
  for (const unsigned char byte : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text.append({digits[byte >> 4], digits[byte & 15]});
  }
  text.push_back('\n');
  const OpenFile file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.number() < 0) {
    return Error::usage("cannot make the key '" + path + "': " + system_words(errno),
                        errno == EEXIST ? "name a new file: a key is never overwritten"
                                        : "name a file in a folder that you may write to")
        .in_file(path);
  }
  if (::write(file.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.number()) != 0) {
    const std::string why = system_words(errno);
    ::unlink(path.c_str());
    return Error::output("cannot write the key '" + path + "': " + why).in_file(path);
  }
  return {};
}

}  // namespace gristmill::privacy
