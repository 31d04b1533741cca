// The marks are tried in the order of the data contract (docs/guide/data-contract.md); the first that fits is taken.
// What tells one is what its own kind always has and JSON Lines never do, so that a doubtful file is "not known".
// Tested in marks_test.cc.
#include "marks/marks.h"

#include <algorithm>
#include <array>
#include <string>

#include "json/bracket_scanner.h"
#include "json/json_text.h"

namespace gristmill::marks {
namespace {

using namespace std::string_view_literals;

// Deeper than any limit.depth, so that what is valid is told from what is not.
constexpr std::uint32_t depth_limit = 1024;

std::string_view without_space(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string_view first_line(std::string_view text) {
  text = without_space(text);
  return text.substr(0, text.find('\n'));
}

// The length of the valid object that begins `text`; 0: none does. A text that was cut may end inside it.
std::size_t object_length(std::string_view text) {
  if (!text.starts_with('{')) return 0;
  const std::size_t length = json::BracketScanner('{').scan(text.substr(1));
  if (length == 0) return 0;
  std::string object(text.substr(0, length + 1));
  object.append(json::text_padding, '\0');
  bool nan = false;
  return json::check_value(object.data(), 0, depth_limit, nan) == object.data() + length + 1 ? length + 1 : 0;
}

// Every other byte is zero, or three of four are.
bool is_utf16_or_32(std::string_view text) {
  for (const std::string_view mark : {"\xFF\xFE"sv, "\xFE\xFF"sv, "\0\0\xFE\xFF"sv}) {
    if (text.starts_with(mark)) return true;
  }
  // JSON begins with one of these, and has no zero byte.
  const auto begins_json = [&](std::size_t i) { return "{[\" \t\r\n-0123456789tfn"sv.find(text[i]) != text.npos; };
  if (text.size() >= 4 && ((begins_json(0) && text[1] == '\0') || (text[0] == '\0' && begins_json(1))) &&
      (text[2] == '\0') != (text[3] == '\0')) {
    return true;
  }
  text = text.substr(0, 1024);
  if (text.find('\0') == text.npos) return false;
  std::array<std::size_t, 4> zeros{};
  for (std::size_t i = 0; i < text.size(); ++i) zeros[i % 4] += text[i] == '\0' ? 1 : 0;
  const std::size_t most = text.size() / 4;
  if (most < 2) return false;
  const auto all = [&](std::size_t place) { return zeros[place] * 10 >= most * 9; };
  const auto none = [&](std::size_t place) { return zeros[place] * 10 <= most; };
  const bool even = all(0) && all(2);
  const bool odd = all(1) && all(3);
  return (even && none(1)) || (even && none(3)) || (odd && none(0)) || (odd && none(2));
}

bool has_zeros(std::string_view text) {
  constexpr std::size_t run = 16;
  static const std::string zeros(run, '\0');
  return text.find(zeros) != std::string_view::npos;
}

bool is_lfs_pointer(std::string_view text) { return text.starts_with("version https://git-lfs.github.com/spec/"); }

bool is_markup(std::string_view text) {
  text = without_space(text);
  if (text.size() < 2 || text[0] != '<') return false;
  const char next = text[1];
  return next == '!' || next == '?' || next == '/' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
}

bool is_array(std::string_view text) { return without_space(text).starts_with('['); }

// A line of an object over several lines: a bracket by itself, or a field that no bracket comes before.
bool is_part_of_one(std::string_view line) {
  line = without_space(line);
  line = line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
  constexpr std::string_view brackets[] = {"{", "}", "},", "[", "]", "],"};
  if (std::ranges::find(brackets, line) != std::end(brackets)) return true;
  if (!line.starts_with('"')) return false;
  const std::size_t end = line.find('"', 1);
  return end != std::string_view::npos && without_space(line.substr(end + 1)).starts_with(':');
}

// An object whose tokens stand on several lines; of one that is no JSON, its first two lines tell.
bool is_over_lines(std::string_view text) {
  text = without_space(text);
  if (text.substr(0, object_length(text)).find('\n') != std::string_view::npos) return true;
  const std::string_view first = first_line(text);
  return is_part_of_one(first) && is_part_of_one(first_line(without_space(text.substr(first.size()))));
}

bool has_carriage_returns_alone(std::string_view text) {
  const std::size_t at = text.find('\r');
  return at != std::string_view::npos && text.find('\n') == std::string_view::npos &&
         !without_space(text.substr(at)).empty();
}

bool has_several_values(std::string_view text) {
  const std::string_view line = first_line(text);
  const std::size_t length = object_length(line);
  if (length == 0) return false;
  const std::size_t next = line.find_first_not_of(" \t\r,\x1E", length);
  return next != std::string_view::npos && line[next] == '{';
}

// A string that encodes an object or an array.
bool is_encoded_twice(std::string_view text) {
  const std::string_view line = first_line(text);
  if (!line.starts_with('"') || line.size() < 3) return false;
  const std::string_view inside = without_space(line.substr(1));
  return inside.starts_with("{\\\"") || inside.starts_with("[{\\\"") || inside.starts_with("{}") ||
         inside.starts_with("{ \\\"");
}

bool is_python(std::string_view text) {
  std::string_view line = without_space(text);
  if (!line.starts_with('{')) return false;
  line = without_space(line.substr(1));
  return line.starts_with('\'') || line.starts_with("u'") || line.starts_with("b'");
}

// What stands before it is no JSON; from the first '{' on the line is a valid object.
bool has_text_before(std::string_view text) {
  std::string_view line = first_line(text);
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  const std::size_t brace = line.find('{');
  if (brace == std::string_view::npos || brace == 0 || line[0] == '"' || line[0] == '[') return false;
  return object_length(line.substr(brace)) == line.size() - brace;
}

// At least as many separators on the second line as on the first.
bool is_csv(std::string_view text) {
  const std::string_view first = first_line(text);
  const std::string_view rest = without_space(text);
  const std::string_view second = first_line(rest.substr(std::min(rest.size(), first.size())));
  if (first.find('{') != std::string_view::npos || second.empty()) return false;
  for (const char separator : {',', '\t', ';', '|'}) {
    const auto count = std::count(first.begin(), first.end(), separator);
    if (count > 0 && count <= std::count(second.begin(), second.end(), separator)) return true;
  }
  return false;
}

struct Mark {
  bool (*fits_file)(std::string_view text);
  bool (*fits_line)(std::string_view text);  // nullptr: a line cannot show it
  Likeness look;
};

constexpr std::string_view read_values = "set 'framing: values' for this data set";

constexpr std::array marks = {
    Mark{is_utf16_or_32,
         is_utf16_or_32,
         {"UTF-16 or UTF-32", "convert it to UTF-8: iconv -f UTF-16 (or UTF-32) -t UTF-8 FILE"}},
    Mark{has_zeros,
         has_zeros,
         {"a long run of NULs", "the file has a gap that was never written: get it again from where it came"}},
    Mark{is_lfs_pointer, is_lfs_pointer, {"a Git LFS pointer", "get the file that it stands for: git lfs pull"}},
    Mark{is_markup,
         is_markup,
         {"HTML or XML", "a page, perhaps an error, was stored instead of data: look at it, and get the data again"}},
    Mark{is_array, is_array, {"a JSON array", read_values, true}},
    Mark{is_over_lines, is_part_of_one, {"values over several lines", read_values, true}},
    Mark{has_carriage_returns_alone,
         has_carriage_returns_alone,
         {"carriage returns alone", "turn them into line feeds: tr '\\r' '\\n' < FILE"}},
    Mark{has_several_values, has_several_values, {"several values on a line", read_values, true}},
    Mark{is_encoded_twice, is_encoded_twice, {"JSON encoded twice", "set unwrap: '\"\"' for lines that are strings"}},
    Mark{is_python, is_python, {"Python literals", "write json.dumps(record), not str(record)"}},
    Mark{has_text_before,
         has_text_before,
         {"a text before the JSON", "take off what stands before the first brace: sed 's/^[^{]*//' FILE"}},
    Mark{is_csv, nullptr, {"CSV", "export it as JSON Lines: only JSON is read"}},
};

constexpr Likeness not_known = {"not known", ""};

}  // namespace

const Likeness& likeness_of_file(std::string_view beginning) {
  beginning = beginning.substr(0, file_window);
  if (beginning.starts_with(json::byte_order_mark)) beginning.remove_prefix(json::byte_order_mark.size());
  const auto found = std::ranges::find_if(marks, [&](const Mark& mark) { return mark.fits_file(beginning); });
  return found == marks.end() ? not_known : found->look;
}

const Likeness* likeness_of_line(std::string_view line) {
  line = line.substr(0, file_window);
  const auto found =
      std::ranges::find_if(marks, [&](const Mark& mark) { return mark.fits_line != nullptr && mark.fits_line(line); });
  return found == marks.end() ? nullptr : &found->look;
}

std::string sentence_of(const Likeness& look) {
  if (look.advice.empty()) return "what it looks like is not known";
  return "looks like " + std::string(look.name) + ": " + std::string(look.advice);
}

}  // namespace gristmill::marks
