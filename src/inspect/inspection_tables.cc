// A group of lines is told from the whole to the parts: how many, which shapes, which fields, what a run would do
// with them. Tested by tests/programs/test_inspect.py.
#include <algorithm>
#include <cstdio>

#include "inspect/inspect.h"
#include "text/figures.h"
#include "text/text_table.h"
#include "text/visible_text.h"

namespace gristmill::inspect {
namespace {

constexpr std::size_t most_files_shown = 20;
constexpr std::size_t longest_name = 1'000;  // of a file
constexpr std::size_t widest_value = 24;

// Columns for a part of a table that is cut: a share of the width, so that something is left for the last column.
std::size_t part_of(const text::TableStyle& style, std::size_t percent, std::size_t most) {
  constexpr std::size_t least = 12;
  return style.width == 0 ? most : std::clamp<std::size_t>(style.width * percent / 100, least, most);
}
std::size_t place_columns(const text::TableStyle& style) { return part_of(style, 22, 32); }

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  if (part == 0) return "0%";
  char text[16];
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  // What is not all of it is not shown as all of it, and what is there not as nothing.
  std::snprintf(text, sizeof text, "%.1f%%", part == whole ? share : std::clamp(share, 0.1, 99.9));
  return text;
}

std::string place_text(const LinePlace& place, std::size_t columns, const text::TableStyle& style) {
  // The name is cut before the line's number, which must be seen.
  const std::string line = ":" + std::to_string(place.line);
  return text::visible_text(place.file, columns > line.size() ? columns - line.size() : 1, style.unicode) + line;
}

void append_title(std::string_view title, const text::TableStyle& style, std::string& out) {
  out.append("\n").append(text::toned(title, text::Tone::bold, style)).append("\n");
}

std::string contents_text(const InspectedFile& file) {
  const std::pair<std::uint64_t, const char*> parts[] = {
      {file.collections, " with a behaviour"}, {file.predictions, " with a prediction"}, {file.both, " with both"},
      {file.neither, " with neither"},         {file.unreadable, " unreadable"},         {file.blank, " blank"}};
  std::string text;
  for (const auto& [lines, what] : parts) {
    if (lines > 0) text += (text.empty() ? "" : ", ") + text::grouped(lines) + what;
  }
  return text;
}

// A sentence over as many lines as it needs.
void append_note(std::string_view sentence, const text::TableStyle& style, std::string& out) {
  constexpr std::size_t longest = 1000;
  constexpr std::size_t indent = 4;
  const std::string text = "note: " + text::visible_text(sentence, longest, style.unicode);
  std::string line;
  const auto end_line = [&] {
    out.append(line.starts_with("note:") ? indent - 2 : indent, ' ');
    out.append(text::toned(line, text::Tone::warning, style)).push_back('\n');
    line.clear();
  };
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, space);
    if (!line.empty() && style.width > 0 &&
        indent + text::display_width(line) + 1 + text::display_width(word) > style.width)
      end_line();
    line.append(line.empty() ? "" : " ").append(word);
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  end_line();
}

// "values, gzip"
std::string holding_text(const source::Contents& contents) {
  std::string text(name_of(contents.framing));
  if (contents.compression != source::Compression::none)
    text.append(", ").append(source::name_of(contents.compression));
  return text;
}

void append_files(const Inspection& inspection, const text::TableStyle& style, std::string& out) {
  out.append(text::toned("Files", text::Tone::bold, style));
  out.append(": " + text::counted(inspection.files.size(), "file") + ", " + text::bytes_text(inspection.stored_bytes) +
             "\n");
  text::TextTable table(style);
  table.add_column("file", text::Align::left, longest_name);
  table.add_column("taken for", text::Align::left);
  table.add_column("holds", text::Align::left);
  table.add_column("lines", text::Align::right);
  table.add_column("of them", text::Align::left, 200);
  for (std::size_t i = 0; i < inspection.files.size() && i < most_files_shown; ++i) {
    const InspectedFile& file = inspection.files[i];
    table.add_row({file.name, std::string(name_of(file.group)), holding_text(file.contents), text::grouped(file.lines),
                   contents_text(file)});
  }
  out.append(table.str());
  if (inspection.files.size() > most_files_shown) {
    out.append("  and " + text::counted(inspection.files.size() - most_files_shown, "file") +
               " more, see --format json\n");
  }
  for (const std::string& remark : inspection.remarks) append_note(remark, style, out);
}

void append_shapes(const InspectedGroup& group, const text::TableStyle& style, std::string& out) {
  if (group.first_shapes.empty()) return;
  out.append("\n  Shapes\n");
  const std::size_t width = std::max<std::size_t>(style.width, 40);
  for (const InspectedShape& shape : group.first_shapes) {
    out.append("    " +
               text::toned(text::counted(shape.lines, "line") + ", " + share_text(shape.lines, group.readable) +
                               ", first " + place_text(shape.first, part_of(style, 50, 100), style),
                           text::Tone::bold, style) +
               "\n");
    // The shape takes up to three lines, its example one.
    std::string_view rest = shape.text;
    constexpr std::size_t most_rows = 3;
    for (std::size_t row = 0; row < most_rows && !rest.empty(); ++row) {
      std::size_t size = std::min(rest.size(), width - 6);
      if (row + 1 < most_rows && size < rest.size()) {
        const std::size_t cut = rest.substr(0, size).find_last_of(",{[");
        if (cut != std::string_view::npos && cut > size / 2) size = cut + 1;
        while (size > 0 && size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0U) == 0x80U) --size;
      } else {
        size = rest.size();
      }
      out.append("      " + text::visible_text(rest.substr(0, size), width - 6, style.unicode) + "\n");
      rest.remove_prefix(size);
    }
    out.append(
           text::toned("      " + text::visible_text(shape.example, width - 6, style.unicode), text::Tone::dim, style))
        .append("\n");
  }
  const std::uint64_t others = group.shapes - group.first_shapes.size();
  if (others > 0) {
    out.append("    and " + text::grouped(others) + " other " + (others == 1 ? "shape" : "shapes") + " of " +
               text::counted(group.lines_of_other_shapes, "line") + ", see --shapes\n");
  }
}

std::string types_text(const InspectedField& field) {
  std::vector<std::pair<std::uint64_t, std::string_view>> types;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < value_kind_count; ++i) {
    if (field.values.values[i] > 0) types.emplace_back(field.values.values[i], value_kind_names[i]);
    all += field.values.values[i];
  }
  std::stable_sort(types.begin(), types.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (const auto& [count, name] : types) {
    text += (text.empty() ? "" : ", ") + std::string(name) + (types.size() > 1 ? " " + share_text(count, all) : "");
  }
  return text;
}

std::string range_text(const InspectedField& field, const text::TableStyle& style) {
  const FieldStatistics& values = field.values;
  const auto range = [&](const std::string& least, const std::string& greatest) {
    const std::string from = text::visible_text(least, widest_value, style.unicode);
    return least == greatest ? from : from + " to " + text::visible_text(greatest, widest_value, style.unicode);
  };
  const auto count = [&](ValueKind kind) { return values.values[static_cast<std::size_t>(kind)]; };
  const std::uint64_t numbers = count(ValueKind::integer) + count(ValueKind::decimal);
  const std::uint64_t texts = count(ValueKind::text) + count(ValueKind::numeric_text) + count(ValueKind::time_text);
  if (numbers == 0 && texts == 0) return {};
  // Of numbers among texts, or the other way round, what there are more of.
  return numbers >= texts ? range(values.least_number_text, values.greatest_number_text)
                          : range(values.least_text, values.greatest_text);
}

// A path is told from others by its end.
std::string end_of_path(const std::string& path, std::size_t columns, const text::TableStyle& style) {
  const std::string visible = text::visible_text(path, path.size() * 8, style.unicode);
  std::size_t begin = 0;
  while (text::display_width(std::string_view(visible).substr(begin)) + 3 > columns && begin < visible.size()) {
    if (begin == 0 && text::display_width(visible) <= columns) return visible;
    do {
      ++begin;
    } while (begin < visible.size() && (static_cast<unsigned char>(visible[begin]) & 0xC0U) == 0x80U);
  }
  return begin == 0 ? visible : (style.unicode ? "…" : "...") + visible.substr(begin);
}

void append_fields(const InspectedGroup& group, const text::TableStyle& style, std::string& out) {
  if (group.first_fields.empty()) return;
  out.append("\n  Fields\n");
  text::TextTable table(style, 4);
  const std::size_t path_columns = part_of(style, 32, 44);
  table.add_column("field", text::Align::left, path_columns);
  table.add_column("of lines", text::Align::right);
  table.add_column("types", text::Align::left, part_of(style, 18, 30));
  table.add_column("distinct", text::Align::right);
  table.add_column("values", text::Align::left, 200);
  for (const InspectedField& field : group.first_fields) {
    const bool has_values = field.distinct > 0;
    std::string values;
    // Few values are named, many are told by the least and the greatest.
    if (field.distinct <= most_samples && field.distinct_exact) {
      for (const SampleValue& sample : field.values.samples) {
        values += (values.empty() ? "" : ", ") + text::visible_text(sample.text, widest_value, style.unicode);
      }
    } else {
      values = range_text(field, style);
    }
    table.add_row({end_of_path(field.path, path_columns, style), share_text(field.values.lines, group.readable),
                   types_text(field),
                   has_values ? (field.distinct_exact ? "" : "~") + text::grouped(field.distinct) : "", values});
  }
  out.append(table.str());
  if (group.fields > group.first_fields.size()) {
    out.append("    and " + text::counted(group.fields - group.first_fields.size(), "field") + " more, see --fields\n");
  }
}

void append_issues(const char* title, const std::vector<InspectedIssue>& issues, std::uint64_t lines,
                   const text::TableStyle& style, std::string& out) {
  if (issues.empty()) return;
  out.append("\n  ").append(title).append("\n");
  text::TextTable table(style, 4);
  table.add_column("name", text::Align::left);
  table.add_column("lines", text::Align::right);
  table.add_column("of lines", text::Align::right);
  table.add_column("first", text::Align::left, place_columns(style) + 8);
  table.add_column("begins", text::Align::left, 400);
  for (const InspectedIssue& issue : issues) {
    const auto& [place, text] = issue.examples.front();
    table.add_row({issue.name, text::grouped(issue.lines), share_text(issue.lines, lines),
                   place_text(place, place_columns(style), style), text});
  }
  out.append(table.str());
  for (const InspectedIssue& issue : issues) {
    for (const auto& [look, like] : issue.looks) {
      append_note(text::counted(like, "line") + " of " + issue.name + ": " + marks::sentence_of(look), style, out);
    }
  }
}

void append_group(LineGroup which, const InspectedGroup& group, const text::TableStyle& style, std::string& out) {
  if (group.lines == 0) return;
  std::string title = which == LineGroup::neither ? "Lines that are neither" : std::string(name_of(which));
  title[0] = static_cast<char>(title[0] >= 'a' ? title[0] - 'a' + 'A' : title[0]);
  append_title(title, style, out);
  out.append("  " + text::counted(group.lines, "line") + ", of " + text::counted(group.shapes, "shape") + "\n");
  out.append("  a run would accept " + text::grouped(group.accepted) + ", repair " + text::grouped(group.repaired) +
             " of these, and reject " + text::grouped(group.rejected) + " (" + share_text(group.rejected, group.lines) +
             ")\n");
  append_shapes(group, style, out);
  append_fields(group, style, out);
  append_issues("Repairs that a run would make", group.repairs, group.lines, style, out);
  append_issues("Rejections that a run would make", group.rejections, group.lines, style, out);
}

}  // namespace

std::string inspection_tables(const Inspection& inspection, const text::TableStyle& style) {
  std::string out;
  append_files(inspection, style, out);
  for (std::size_t i = 0; i < line_groups; ++i) {
    append_group(static_cast<LineGroup>(i), inspection.groups[i], style, out);
  }
  return out;
}

}  // namespace gristmill::inspect
