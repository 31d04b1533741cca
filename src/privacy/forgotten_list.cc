// The file's first line tells its form, and a text under the key by which another key is noticed. Tested in
// forgotten_list_test.cc and by tests/programs/test_forget.py.
#include "privacy/forgotten_list.h"

#include <charconv>
#include <utility>

#include "json/json_value.h"
#include "json/json_writer.h"
#include "storage/whole_file.h"

namespace gristmill::privacy {
namespace {

constexpr std::uint64_t form = 1;
constexpr std::string_view known_text = "gristmill: the key of a list of forgotten ids";

std::string check_of(const SecretKey& key) { return hex_of(key.hmac(known_text)).substr(0, 32); }

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned byte = 0;
    const auto parsed = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + i + 2) return {};
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

}  // namespace

std::string hex_of(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes) {
    constexpr char hex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    digits.append({hex[byte >> 4], hex[byte & 15]});
  }
  return digits;
}

std::optional<ForgottenList> ForgottenList::of(std::string_view text) {
  ForgottenList list;
  bool is_first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::optional<json::JsonValue> line = json::JsonValue::parse(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (!line) return std::nullopt;
    if (std::exchange(is_first, false)) {
      list.check_ = (*line)["key"].text();
      if ((*line)["forgotten"].count() != form || list.check_.empty()) return std::nullopt;
      continue;
    }
    std::string hash = from_hex((*line)["hmac_sha256"].text());
    if (hash.size() != 32) return std::nullopt;
    list.hashes_.insert(std::move(hash));
  }
  if (is_first) return std::nullopt;
  return list;
}

Result<std::optional<ForgottenList>> ForgottenList::read(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(path));
  if (!there) return std::optional<ForgottenList>();
  GM_ASSIGN(const std::string text, storage::read_whole_file(storage, path));
  std::optional<ForgottenList> list = of(text);
  if (list) return list;
  return Error::output("'" + path + "' is no list of forgotten ids", "restore it as gristmill wrote it").in_file(path);
}

Status ForgottenList::unlock(SecretKey key, const std::string& path) {
  const std::string check = check_of(key);
  if (check_.empty()) check_ = check;
  if (check != check_) {
    return Error::usage("'" + path + "' is not the key by which ids were forgotten here",
                        "name the one that was used before (forget.key_file)")
        .in_file(path)
        .of_key("forget.key_file");
  }
  key_ = std::move(key);
  return {};
}

std::string ForgottenList::text() const {
  std::string text;
  const auto add_line = [&](const auto& write) {
    json::JsonWriter json(text);
    json.open_object(json::JsonLayout::one_line);
    write(json);
    json.close();
    text.push_back('\n');
  };
  add_line([&](json::JsonWriter& json) {
    json.number("forgotten", form);
    json.text("key", check_);
  });
  for (const std::string& hash : hashes_) {
    add_line([&](json::JsonWriter& json) { json.text("hmac_sha256", hex_of(hash)); });
  }
  return text;
}

}  // namespace gristmill::privacy
