// The lines are our own, but whatever a file holds is proved before it is walked. A line is copied out of the
// block, since the walkers need a sentinel behind it. Tested in json_lines_test.cc.
#include "browse/json_lines.h"

#include <algorithm>

#include "json/json_text.h"

namespace gristmill::browse {
namespace {

constexpr std::size_t block_size = 1U << 20;
constexpr std::uint32_t depth_limit = 128;

}  // namespace

Error not_as_written(const std::string& path, std::string_view why) {
  return Error::output("'" + path + "' is not as gristmill writes it: " + std::string(why),
                       "compare the output with its manifest by 'gristmill verify', or run again to write it anew")
      .in_file(path);
}

Result<bool> JsonLines::fill() {
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + block_size);
  GM_ASSIGN(const std::size_t got, file_->read_at(offset_, buffer_.data() + kept, block_size));
  buffer_.resize(kept + got);
  offset_ += got;
  return got > 0;
}

Result<bool> JsonLines::next() {
  for (;;) {
    if (file_ == nullptr) {
      if (next_path_ == paths_.size()) return false;
      GM_ASSIGN(file_, storage_.open(paths_[next_path_]));
      offset_ = number_ = 0;
    }
    const std::size_t end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = buffer_.size();
      GM_ASSIGN(const bool more, fill());
      if (more) continue;
      if (!buffer_.empty()) return not_as_written(paths_[next_path_], "its last line has no end");
      file_.reset();
      searched_ = 0;
      ++next_path_;
      continue;
    }
    size_ = end - begin_;
    line_.assign(buffer_, begin_, size_).append(json::text_padding, '\0');
    begin_ = searched_ = end + 1;
    ++number_;
    const json::JsonCheck check = json::check_json(line(), depth_limit);
    if (!check || json::type_of(line_.data()) != json::JsonType::object) {
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
  if (json::type_of(value.data()) != json::JsonType::string) return std::string(value);
  std::string text;
  json::unescape(value, text);
  return text;
}

}  // namespace gristmill::browse
