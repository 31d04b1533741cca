// A look at aggregated-json without a library for it: the lines are our own, but whatever they hold is
// checked before it is walked, and a line that is no object is shown as it stands. Tested in
// tables_test.cc.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "json/json_text.h"
#include "json/number.h"
#include "report/tables.h"
#include "text/text_table.h"

namespace gristmill::report {
namespace {

constexpr std::uint32_t depth_limit = 128;
constexpr std::size_t most_exact = 8;      // characters of a number that is shown as it is spelled
constexpr unsigned uncut = 1U << 20;       // columns, more than an id has
constexpr unsigned width_of_numbers = 78;  // columns that are not the two ids'

struct Member {
  std::string name;
  std::string value;  // as shown
  bool number = false;
};

// A mean to four decimals: enough to look at, and the columns stay narrow.
std::string shown_number(std::string_view spelling) {
  if (spelling.size() <= most_exact || json::is_json_integer(spelling)) return std::string(spelling);
  const double value = json::to_double(spelling);
  const double magnitude = std::fabs(value);
  char text[32];
  const int length = std::snprintf(text, sizeof text, magnitude >= 1e-3 && magnitude < 1e6 ? "%.4f" : "%.3e", value);
  return {text, static_cast<std::size_t>(length)};
}

std::string shown_value(std::string_view value, const text::TableStyle& style) {
  std::string scratch;
  switch (json::type_of(value.data())) {
    case json::JsonType::string: return std::string(json::unescaped(value, scratch));
    case json::JsonType::number: return shown_number(value);
    case json::JsonType::null: return style.unicode ? "–" : "-";
    default: return std::string(value);
  }
}

// REQUIRES: `line` is followed by text_padding NULs.
std::vector<Member> members_of(std::string_view line, const text::TableStyle& style) {
  std::vector<Member> members;
  const char* begin = json::skip_space(line.data());
  if (!json::check_json(line, depth_limit) || json::type_of(begin) != json::JsonType::object) return members;
  std::string scratch;
  for (json::ObjectWalk walk(begin); walk.next();) {
    const json::JsonType type = json::type_of(walk.value);
    members.push_back({std::string(json::unescaped(walk.key, scratch)), shown_value(walk.value_text(), style),
                       type == json::JsonType::number || type == json::JsonType::null});
  }
  return members;
}

std::vector<std::vector<Member>> first_lines(std::string_view text, std::size_t rows, const text::TableStyle& style) {
  std::vector<std::vector<Member>> lines;
  std::string padded;
  while (!text.empty() && lines.size() < rows) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    padded.assign(line).append(json::text_padding, '\0');
    std::vector<Member> members = members_of({padded.data(), line.size()}, style);
    if (members.empty()) members.push_back({"", std::string(line)});
    lines.push_back(std::move(members));
  }
  return lines;
}

}  // namespace

std::string head_of_sessions(std::string_view json_lines, std::size_t rows, const text::TableStyle& style) {
  const std::vector<std::vector<Member>> lines = first_lines(json_lines, rows, style);
  if (lines.empty()) return "  no sessions\n";
  const unsigned room = style.width > width_of_numbers ? (style.width - width_of_numbers) / 2 : 0;
  const unsigned id_columns = style.width == 0 ? uncut : std::clamp(room, style.width < 80 ? 8U : 12U, 36U);
  std::vector<std::string> names;  // of all lines, as they are met
  for (const auto& line : lines) {
    for (const Member& member : line) {
      if (std::find(names.begin(), names.end(), member.name) == names.end()) names.push_back(member.name);
    }
  }
  const auto member_of = [](const std::vector<Member>& line, const std::string& name) -> const Member* {
    const auto found = std::find_if(line.begin(), line.end(), [&](const Member& each) { return each.name == name; });
    return found == line.end() ? nullptr : &*found;
  };
  text::TextTable table(style);
  for (const std::string& name : names) {
    const bool numbers = std::all_of(lines.begin(), lines.end(), [&](const std::vector<Member>& line) {
      const Member* const member = member_of(line, name);
      return member == nullptr || member->number;
    });
    table.add_column(name, numbers ? text::Align::right : text::Align::left, numbers ? 36 : id_columns);
  }
  for (const auto& line : lines) {
    std::vector<std::string> cells;
    for (const std::string& name : names) {
      const Member* const member = member_of(line, name);
      cells.push_back(member == nullptr ? std::string() : member->value);
    }
    table.add_row(cells);
  }
  return table.str();
}

}  // namespace gristmill::report
