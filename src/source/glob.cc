// A '**' and a '*' are tried again from one place each, so that no pattern takes more than a product of lengths. Tested
// in glob_test.cc.
#include "source/glob.h"

#include <algorithm>

namespace gristmill::source {
namespace {

// The first character of a text in UTF-8; a byte that begins none stands for itself. Compared as bytes,
// characters have the order of their code points.
std::string_view first_character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && length < 4 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
  return text.substr(0, static_cast<unsigned char>(text[0]) < 0xC0 ? 1 : length);
}

// One '[...]' at the start of `pattern`: its length, 0 if it is none. Sets whether `character` is in it.
std::size_t match_set(std::string_view pattern, std::string_view character, bool& in_set) {
  std::size_t i = 1;
  const bool negated = i < pattern.size() && pattern[i] == '!';
  if (negated) ++i;
  const std::size_t close = pattern.find(']', i + 1);  // a ']' that comes first is itself
  if (close == std::string_view::npos) return 0;
  bool found = false;
  while (i < close) {
    const std::string_view low = first_character(pattern.substr(i));
    i += low.size();
    if (i + 1 < close && pattern[i] == '-') {
      const std::string_view high = first_character(pattern.substr(i + 1));
      found |= low <= character && character <= high;
      i += 1 + high.size();
    } else {
      found |= low == character;
    }
  }
  in_set = found != negated;
  return close + 1;
}

// One component against one component's pattern, with one point to go back to.
bool component_matches(std::string_view pattern, std::string_view name) {
  if (name.starts_with('.') && !pattern.starts_with('.')) return false;
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_name = 0;
  while (n < name.size()) {
    const std::string_view character = first_character(name.substr(n));
    bool matched = false;
    std::size_t length = 1;
    if (p < pattern.size()) {
      if (pattern[p] == '*') {
        star = p++;
        star_name = n;
        continue;
      }
      if (pattern[p] == '[' && (length = match_set(pattern.substr(p), character, matched)) > 0) {
        // A set has decided.
      } else if (pattern[p] == '?') {
        length = 1;
        matched = true;
      } else {
        const std::string_view wanted = first_character(pattern.substr(p));
        length = wanted.size();
        matched = wanted == character;
      }
    }
    if (matched) {
      p += length;
      n += character.size();
    } else if (star != std::string_view::npos) {
      p = star + 1;
      star_name += first_character(name.substr(star_name)).size();
      n = star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// What stands between two slashes may be empty, in the key of an object.
std::vector<std::string_view> components_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash + 1);
  }
  parts.push_back(path);
  return parts;
}

// With one point to go back to as well: where the last "**" has swallowed too little, it takes one component
// more. An earlier one need not be asked, since what it would give up the last one can swallow, but for
// components that begin with a dot, and past these none may go.
bool components_match(const std::vector<std::string>& pattern, const std::vector<std::string_view>& name) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t stars = none;
  std::size_t swallowed = 0;  // components before which that "**" ends
  for (;;) {
    if (p < pattern.size() && pattern[p] == "**") {
      stars = p++;
      swallowed = n;
      // At the end it stands for one component or more: only folders match with nothing behind it.
      if (p < pattern.size()) continue;
    } else if (n == name.size()) {
      return p == pattern.size();
    } else if (p < pattern.size() && component_matches(pattern[p], name[n])) {
      ++p;
      ++n;
      continue;
    }
    if (stars == none || swallowed == name.size() || name[swallowed].starts_with('.')) return false;
    p = stars + 1;
    n = ++swallowed;
  }
}

}  // namespace

Glob::Glob(std::string_view pattern, bool parts_may_be_empty) {
  for (const std::string_view part : components_of(pattern)) {
    if (parts_may_be_empty || !part.empty()) parts_.emplace_back(part);
  }
  // A '/' at the end asks for folders.
  if (pattern.ends_with('/')) parts_.clear();
}

bool Glob::matches(std::string_view name) const {
  return !parts_.empty() && components_match(parts_, components_of(name));
}

bool Glob::may_match_below(std::string_view folder) const {
  const std::vector<std::string_view> name = components_of(folder);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i >= parts_.size()) return false;
    if (parts_[i] == "**") return true;
    if (!component_matches(parts_[i], name[i])) return false;
  }
  return name.size() < parts_.size();
}

}  // namespace gristmill::source
