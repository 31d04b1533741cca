// The lines are our own, but whatever a file holds is proved before it is walked. A rejected line may be gigabytes
// long: it lies in memory once, where it was read, and its end becomes the sentinel that the walkers need. Tested in
// json_lines_test.cc.
#include "browse/json_lines.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace gristmill::browse {
namespace {

constexpr std::size_t block_size = 1U << 20;
constexpr std::size_t shrinks_above = 8U << 20;  // bytes that a long line has left over
constexpr std::size_t piece_size = 64U << 10;
constexpr std::uint32_t depth_limit = 128;

// Whether an escape begins here: \ud and one of `second`.
bool is_surrogate(std::string_view escape, std::string_view second) {
  return escape.size() >= 6 && escape[0] == '\\' && escape[1] == 'u' && (escape[2] == 'd' || escape[2] == 'D') &&
         second.find(escape[3]) != std::string_view::npos;
}

// The first place from `begin + least` on where a string's spelling is cut neither inside an escape, a pair of
// surrogates nor a character.
std::size_t cut_behind(std::string_view spelling, std::size_t begin, std::size_t least) {
  std::size_t place = begin;
  while (place < spelling.size() && place - begin < least) {
    if (spelling[place] != '\\') {
      ++place;
      continue;
    }
    const std::string_view rest = spelling.substr(place, 12);
    const bool pair = is_surrogate(rest, "89abAB") && is_surrogate(rest.substr(6), "cdefCDEF");
    place += pair ? 12 : rest[1] == 'u' ? 6 : 2;
  }
  while (place < spelling.size() && (static_cast<unsigned char>(spelling[place]) & 0xC0U) == 0x80U) ++place;
  return place;
}

bool is_string(std::string_view value) { return value.front() == '"'; }

std::string unescaped_piece(std::string_view spelling) {
  std::string text;
  json::unescape("\"" + std::string(spelling) + "\"", text);
  return text;
}

}  // namespace

Error not_as_written(const std::string& path, std::string_view why) {
  return Error::output("'" + path + "' is not as gristmill writes it: " + std::string(why),
                       "compare the output with its manifest by 'gristmill verify', or run again to write it anew")
      .in_file(path);
}

Error JsonLines::wrong(std::string_view why) const {
  return not_as_written(paths_[next_path_], "line " + std::to_string(number_) + ": " + std::string(why));
}

Result<bool> JsonLines::fill() {
  if (next_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + next_, end_ - next_);
    end_ -= next_;
    searched_ -= next_;
    next_ = 0;
  }
  const std::size_t needed = end_ + block_size + json::text_padding;
  if (needed > capacity_ || capacity_ > needed + shrinks_above) {
    // The system moves large pieces without a copy.
    capacity_ = needed + end_ / 8;
    char* grown = static_cast<char*>(std::realloc(buffer_.get(), capacity_));
    if (grown == nullptr) throw std::bad_alloc();
    [[maybe_unused]] const char* const moved = buffer_.release();
    buffer_.reset(grown);
  }
  GM_ASSIGN(const std::size_t got, file_->read_at(offset_, buffer_.get() + end_, block_size));
  offset_ += got;
  end_ += got;
  std::memset(buffer_.get() + end_, 0, json::text_padding);
  return got > 0;
}

Result<bool> JsonLines::next() {
  for (;;) {
    if (file_ == nullptr) {
      if (next_path_ == paths_.size()) return false;
      GM_ASSIGN(file_, storage_.open(paths_[next_path_]));
      offset_ = number_ = 0;
      end_ = searched_ = next_ = 0;
    }
    char* const found = searched_ == end_
                            ? nullptr
                            : static_cast<char*>(std::memchr(buffer_.get() + searched_, '\n', end_ - searched_));
    if (found == nullptr) {
      searched_ = end_;
      GM_ASSIGN(const bool more, fill());
      if (more) continue;
      if (end_ > next_) return not_as_written(paths_[next_path_], "its last line has no end");
      file_.reset();
      ++next_path_;
      continue;
    }
    *found = '\0';
    begin_ = next_;
    size_ = static_cast<std::size_t>(found - buffer_.get()) - begin_;
    next_ = searched_ = begin_ + size_ + 1;
    ++number_;
    const json::JsonCheck check = json::check_json(line(), depth_limit);
    if (!check || json::type_of(buffer_.get() + begin_) != json::JsonType::object) {
      return not_as_written(paths_[next_path_], "line " + std::to_string(number_) + " is no JSON object" +
                                                    (check ? "" : ": " + std::string(check.what)));
    }
    return true;
  }
}

std::string_view member(const char* object, std::string_view name) {
  if (json::type_of(object) != json::JsonType::object) return {};
  std::string scratch;
  for (json::ObjectWalk walk(object); walk.next();) {
    if (json::unescaped(walk.key, scratch) == name) return walk.value_text();
  }
  return {};
}

bool is_null(std::string_view value) { return value.empty() || json::type_of(value.data()) == json::JsonType::null; }

std::string plain_text(std::string_view value) {
  if (is_null(value)) return {};
  if (!is_string(value)) return std::string(value);
  std::string text;
  json::unescape(value, text);
  return text;
}

std::string plain_beginning(std::string_view value, std::size_t most) {
  constexpr std::size_t longest_escape = 6;
  if (is_null(value)) return {};
  if (!is_string(value)) return json::beginning_of(value, most);
  const std::string_view spelling = value.substr(1, value.size() - 2);
  return json::beginning_of(unescaped_piece(spelling.substr(0, cut_behind(spelling, 0, longest_escape * most))), most);
}

Result<bool> for_each_plain_piece(std::string_view value, const std::function<Result<bool>(std::string_view)>& use) {
  if (is_null(value)) return true;
  if (!is_string(value)) return use(value);
  const std::string_view spelling = value.substr(1, value.size() - 2);
  for (std::size_t begin = 0; begin < spelling.size();) {
    const std::size_t end = cut_behind(spelling, begin, piece_size);
    GM_ASSIGN(const bool more, use(unescaped_piece(spelling.substr(begin, end - begin))));
    if (!more) return false;
    begin = end;
  }
  return true;
}

std::string member_fault(std::string_view object, std::span<const MemberRule> rules) {
  std::string scratch;
  std::vector<bool> seen(rules.size());
  const char* const begin = object.data();
  for (json::ObjectWalk walk(begin); walk.next();) {
    const std::string_view key = json::unescaped(walk.key, scratch);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].name != key) continue;
      const json::JsonType type = json::type_of(walk.value);
      const bool may_be_null = rules[i].presence == MemberPresence::or_null && type == json::JsonType::null;
      if (type != rules[i].type && !may_be_null) {
        return "its '" + std::string(key) + "' is " + std::string(json::name_of(type));
      }
      seen[i] = true;
    }
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].presence != MemberPresence::optional && !seen[i])
      return "it has no '" + std::string(rules[i].name) + "'";
  }
  return {};
}

}  // namespace gristmill::browse
