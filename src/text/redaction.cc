// A server may quote the request that it got, with all that signed it, and a message may quote a URL from a setting.
// Secrets that are known are looked for by their text, in each spelling; all others by their place. What is hidden too
// much does no harm. Tested in redaction_test.cc.
#include "text/redaction.h"

#include <algorithm>

namespace gristmill::text {
namespace {

constexpr std::string_view stars = "***";
constexpr std::size_t shortest_secret = 4;  // bytes; a shorter one would be found everywhere
constexpr std::size_t longest_words = 300;  // bytes

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Where `what`, in small letters, stands in `text` in whatever letters.
std::size_t find_any_case(std::string_view text, std::string_view what, std::size_t from) {
  const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())), text.end(),
                                 what.begin(), what.end(), [](char a, char b) { return lower(a) == b; });
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

void replace_all(std::string& text, std::string_view what) {
  for (std::size_t at = 0; (at = find_any_case(text, what, at)) != std::string::npos; at += stars.size()) {
    text.replace(at, what.size(), stars);
  }
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

// In small letters: digits of an escape are written in either case, and a secret in other letters is one still.
std::vector<std::string> spellings_of(std::string_view secret) {
  constexpr char digits[] = "0123456789abcdef";
  std::string as_it_is;
  std::string in_url;
  std::string in_json;
  std::string in_xml;
  for (const char c : secret) {
    const auto byte = static_cast<unsigned char>(c);
    const std::string hex = {digits[byte >> 4U], digits[byte & 15U]};
    as_it_is.push_back(lower(c));
    in_url.append(is_plain(c) ? std::string(1, lower(c)) : "%" + hex);
    in_json.append(c == '/' || c == '"' || c == '\\' ? "\\" : "").push_back(lower(c));
    in_xml.append(is_plain(c) ? std::string(1, lower(c)) : "&#x" + hex + ";");
  }
  return {as_it_is, in_url, in_json, in_xml};
}

// "https://user:password@host" as "https://***@host". All before the last '@': a password that should have been encoded
// may hold whatever.
void hide_users(std::string& text) {
  constexpr std::string_view mark = "://";
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) {
    const bool key_of_s3 =
        at >= 2 && (text.compare(at - 2, 2, "s3") == 0 || (at >= 3 && text.compare(at - 3, 3, "s3a") == 0));
    at += mark.size();
    const std::size_t end = std::min(text.find_first_of(" \t\r\n'\"<>", at), text.size());
    const std::size_t user_end = std::string_view(text).substr(0, end).rfind('@');
    if (key_of_s3 || user_end == std::string::npos || user_end < at) continue;
    text.replace(at, user_end - at, stars);
  }
}

// A value behind a name: up to the next mark that ends one.
void hide_values(std::string& text, std::string_view name, std::string_view ends) {
  for (std::size_t at = 0; (at = find_any_case(text, name, at)) != std::string::npos;) {
    at += name.size();
    std::size_t begin = at;
    while (begin < text.size() && (text[begin] == '"' || text[begin] == '\'' || text[begin] == ' ')) ++begin;
    if (begin < text.size() && (text[begin] == ':' || text[begin] == '=')) {
      ++begin;
    } else if (find_any_case(std::string_view(text).substr(begin, 3), "%3d", 0) == 0) {
      begin += 3;
    } else {
      continue;
    }
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '"')) ++begin;
    const std::size_t end = std::min(text.find_first_of(ends, begin), text.size());
    if (end > begin) text.replace(begin, end - begin, stars);
    at = begin;
  }
}

}  // namespace

std::string without_secrets(std::string_view text, const std::vector<std::string>& secrets) {
  std::string words(text);
  for (const std::string& secret : secrets) {
    if (secret.size() < shortest_secret) continue;
    for (const std::string& spelling : spellings_of(secret)) replace_all(words, spelling);
  }
  hide_users(words);
  for (const char* name : {"signature", "x-amz-security-token", "sessiontoken", "secretaccesskey",
                           "aws_secret_access_key", "aws_session_token"}) {
    hide_values(words, name, "&,; \t\r\n\"'<>");
  }
  for (const char* name : {"authorization", "x-aws-ec2-metadata-token", "x-amz-sso_bearer_token"}) {
    hide_values(words, name, "\r\n\"<>");
  }
  return words;
}

std::string first_line_redacted(std::string_view text, const std::vector<std::string>& secrets) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  text.remove_prefix(first);
  // Before it is cut, which could leave half of a secret that nothing knows.
  std::string words = without_secrets(text, secrets);
  words.resize(std::min(words.find_first_of("\r\n"), words.size()));
  if (words.size() <= longest_words) return words;
  std::size_t end = longest_words;
  while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0U) == 0x80U) --end;
  return words.substr(0, end) + "...";
}

}  // namespace gristmill::text
