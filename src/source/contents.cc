// The rules of the data contract for `framing: auto`, in its order. A file of lines is told by its first line. Tested
// in contents_test.cc.
#include "source/contents.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "json/bracket_scanner.h"
#include "json/json_text.h"

namespace gristmill::source {
namespace {

using namespace std::string_view_literals;

// One of 16 magic numbers, 0x184D2A50 to 0x184D2A5F: RFC 8878, section 3.1.2.
bool is_skippable_frame(std::string_view beginning) {
  return beginning.size() >= 4 && (static_cast<unsigned char>(beginning[0]) & 0xF0U) == 0x50 &&
         beginning.substr(1, 3) == "\x2A\x4D\x18"sv;
}

struct Magic {
  std::string_view bytes;
  ForeignFormat format;
};

constexpr std::string_view decompress = "decompress it, or compress it with gzip or Zstandard instead";
constexpr std::string_view export_lines = "export it as JSON Lines: only JSON is read";
constexpr std::array foreign_formats = {
    Magic{"BZh"sv, {"compressed with bzip2", decompress}},
    Magic{"\xFD"
          "7zXZ\0"sv,
          {"compressed with xz", decompress}},
    Magic{"\x04\x22\x4D\x18"sv, {"compressed with lz4", decompress}},
    Magic{"PK\x03\x04"sv, {"a zip archive", "unpack it"}},
    Magic{"PK\x05\x06"sv, {"an empty zip archive", "unpack it"}},
    Magic{"PAR1"sv, {"a Parquet file", export_lines}},
    Magic{"Obj\x01"sv, {"an Avro file", export_lines}},
    Magic{"ORC"sv, {"an ORC file", export_lines}},
};

// Looks at the values of a text one after the other.
class Values {
 public:
  enum class Next : std::uint8_t { object, cut, other, none };

  Values(std::string_view text, std::uint32_t depth_limit)
      : p_(text.data()), end_(text.data() + text.size()), depth_limit_(depth_limit) {}

  // Goes over separators and one valid object. `cut`: the text ends before the object does; `other`: there is something
  // that is no valid object.
  Next next() {
    while (p_ < end_ && separates_values(*p_)) ++p_;
    const std::string_view rest(p_, static_cast<std::size_t>(end_ - p_));
    if (rest.starts_with(marked_brace)) p_ += json::byte_order_mark.size();
    if (p_ == end_) return Next::none;
    if (json::byte_order_mark.starts_with(rest)) return Next::cut;  // what it stands before is not there
    if (*p_ != '{') return Next::other;
    const std::size_t length = json::BracketScanner('{').scan({p_ + 1, static_cast<std::size_t>(end_ - p_ - 1)});
    if (length == 0) return Next::cut;
    object_ = {p_, length + 1};
    bool nan = false;
    if (json::check_value(p_, 0, depth_limit_, nan) != p_ + object_.size() || !json::is_utf8(object_))
      return Next::other;
    p_ += object_.size();
    return Next::object;
  }
  std::string_view object() const { return object_; }

 private:
  static constexpr std::string_view marked_brace = "\xEF\xBB\xBF{";

  const char* p_;
  const char* end_;
  std::uint32_t depth_limit_;
  std::string_view object_;
};

// Two valid objects or more, and nothing else; `may_be_cut`: but for one more that is cut off.
bool are_glued(std::string_view text, std::uint32_t depth_limit, bool may_be_cut) {
  Values values(text, depth_limit);
  for (std::size_t count = 0;; ++count) {
    switch (values.next()) {
      case Values::Next::object: break;
      case Values::Next::other: return false;
      case Values::Next::cut: return may_be_cut && count >= 2;
      case Values::Next::none: return count >= 2;
    }
  }
}

// `is_first`: a mark before it is none that would be skipped.
bool is_blank(std::string_view line, bool is_first) {
  if (!is_first && line.starts_with(json::byte_order_mark)) line.remove_prefix(json::byte_order_mark.size());
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

std::string_view name_of(Compression compression) {
  constexpr std::string_view names[] = {"none", "gzip", "zstd"};
  return names[static_cast<std::size_t>(compression)];
}

Compression compression_of(std::string_view beginning) {
  if (beginning.starts_with("\x1F\x8B"sv)) return Compression::gzip;
  if (beginning.starts_with("\x28\xB5\x2F\xFD"sv) || is_skippable_frame(beginning)) return Compression::zstandard;
  return Compression::none;
}

const ForeignFormat* foreign_format_of(std::string_view beginning) {
  static constexpr ForeignFormat tar = {"a tar archive", "unpack it"};
  constexpr std::size_t place_of_tar_mark = 257;  // POSIX, ustar
  if (beginning.size() > place_of_tar_mark && beginning.substr(place_of_tar_mark).starts_with("ustar") &&
      beginning.substr(0, place_of_tar_mark).find('\0') != std::string_view::npos) {
    return &tar;
  }
  const auto found =
      std::ranges::find_if(foreign_formats, [&](const Magic& magic) { return beginning.starts_with(magic.bytes); });
  return found == foreign_formats.end() ? nullptr : &found->format;
}

std::optional<Framing> framing_of(std::string_view beginning, bool ends, std::uint32_t depth_limit) {
  if (!ends && json::byte_order_mark.starts_with(beginning)) return std::nullopt;
  if (beginning.starts_with(json::byte_order_mark)) beginning.remove_prefix(json::byte_order_mark.size());
  ends = ends && beginning.size() <= framing_window;
  beginning = beginning.substr(0, framing_window);
  const bool all = ends || beginning.size() == framing_window;  // more bytes would not be asked

  const std::size_t first = beginning.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return all ? std::optional(Framing::lines) : std::nullopt;
  if (beginning[first] == '[' || beginning[first] == '\x1E') return Framing::values;
  Values values(beginning, depth_limit);
  const Values::Next next = values.next();
  if ((next == Values::Next::cut || next == Values::Next::none) && !all) return std::nullopt;
  if (next == Values::Next::object && values.object().find('\n') != std::string_view::npos) return Framing::values;
  const char* const begin = beginning.data();
  bool complete = false;  // a line that is not blank
  while (!beginning.empty()) {
    const std::size_t newline = beginning.find('\n');
    const bool cut = newline == std::string_view::npos && !ends;
    std::string_view line = beginning.substr(0, newline);
    beginning.remove_prefix(newline == std::string_view::npos ? beginning.size() : newline + 1);
    if (is_blank(line, line.data() == begin)) continue;
    if (cut && complete) break;
    if (cut && !all) return std::nullopt;
    if (!are_glued(line, depth_limit, cut)) return Framing::lines;
    if (cut) return Framing::values;
    complete = true;
  }
  if (!all) return std::nullopt;
  return complete ? Framing::values : Framing::lines;
}

}  // namespace gristmill::source
