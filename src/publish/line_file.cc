// One block of the file is in memory, and the line that goes over its end. Tested in manifest_test.cc.
#include "publish/line_file.h"

#include <utility>

namespace gristmill::publish {
namespace {

constexpr std::size_t longest_line = 64 << 10;
constexpr std::size_t longest_of_any = 16 << 20;
constexpr std::size_t read_size = 256 << 10;

}  // namespace

Result<LineFile> LineFile::open(Storage& storage, const std::string& path, std::string_view noun) {
  auto file = storage.open(path);
  if (!file.ok()) {
    file.error().kind = ErrorKind::output;
    return std::move(file.error());
  }
  return LineFile(std::move(*file), path, noun);
}

Result<std::optional<std::string_view>> LineFile::next(bool any_length) {
  ++number_;
  std::size_t searched = begin_;
  bool cut = false;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      if (!any_length && end - begin_ > longest_line) return broken("the line is too long");
      // The rest of a line whose beginning was dropped may look like any line: give back what is none.
      const std::string_view line =
          cut ? std::string_view(" ") : std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      return std::optional<std::string_view>(line);
    }
    if (buffer_.size() - begin_ > (any_length ? longest_of_any : longest_line)) {
      if (!any_length) return broken("the line is too long");
      cut = true;
      begin_ = buffer_.size();
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    buffer_.resize(searched + read_size);
    GM_ASSIGN(const std::size_t got, file_->read_at(offset_, buffer_.data() + searched, read_size));
    buffer_.resize(searched + got);
    checksum_.update(std::string_view(buffer_).substr(searched));
    offset_ += got;
    if (got == 0) {
      if (buffer_.empty() && !cut) return std::optional<std::string_view>();
      return broken("its last line has no end");
    }
  }
}

Error LineFile::broken(std::string_view why) const {
  return Error::output(
             noun_ + " '" + path_ + "' is broken at line " + std::to_string(number_) + ": " + std::string(why),
             "it is not as gristmill wrote it: restore it, or move this output away and run again")
      .in_file(path_, number_);
}

}  // namespace gristmill::publish
