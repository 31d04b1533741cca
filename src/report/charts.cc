// Coordinates are in units of a viewBox that scales with the page. Tested in report_html_test.cc and, as they look, in
// a browser by tests/report.
#include "report/charts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "report/page.h"
#include "text/figures.h"
#include "text/visible_text.h"

namespace gristmill::report {
namespace {

constexpr double chart_width = 640;
constexpr double chart_height = 150;
constexpr double label_character = 8.8;  // width; at 15 px, as on a narrow page, in the widest of usual fonts
constexpr std::size_t colours = 8;       // classes c0 to c7 of the style

std::string number(double value) {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%.1f", value);
  return {text, static_cast<std::size_t>(length)};
}

std::string rect(double x, double y, double width, double height, std::string_view kind, std::string_view title) {
  return "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) + "\" height=\"" +
         number(height) + "\" class=\"" + std::string(kind) + "\"><title>" + std::string(title) + "</title></rect>";
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string(anchor) + "\">" +
         std::string(text) + "</text>";
}

std::string svg(double height, std::string_view label, std::string_view marks) {
  return "<svg viewBox=\"0 0 " + number(chart_width) + " " + number(height) + "\" role=\"img\" aria-label=\"" +
         html_text(label) + "\">" + std::string(marks) + "</svg>";
}

// `caption`: HTML, safe.
std::string figure_of(std::string_view caption, std::string_view drawing, std::string_view table) {
  return "<figure><figcaption>" + std::string(caption) + "</figcaption>" + std::string(drawing) +
         "<details class=\"numbers\"><summary>numbers</summary>" + std::string(table) + "</details></figure>\n";
}

std::string figure(std::string_view caption, std::string_view drawing, std::string_view table) {
  return figure_of(html_text(caption), drawing, table);
}

std::string swatch(std::string_view kind) {
  return "<svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect width=\"10\" height=\"10\" class=\"" +
         std::string(kind) + "\"/></svg>";
}

std::string hundredths(double value) {
  char text[16];
  const int length = std::snprintf(text, sizeof text, "%.2f", value);
  return {text, static_cast<std::size_t>(length)};
}

// The labels that find room below the columns: the first and as many of those after it.
std::string axis(const std::vector<std::string>& labels, double step) {
  std::string marks;
  std::size_t longest = 0;
  for (const std::string& label : labels) longest = std::max(longest, text::display_width(label));
  const double room = label_character * static_cast<double>(longest + 1);
  const auto every = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(room / step)));
  for (std::size_t i = 0; i < labels.size(); i += every) {
    marks += text_at(step * (static_cast<double>(i) + 0.5), chart_height + 14, "middle", labels[i]);
  }
  return marks;
}

std::string scale(std::uint64_t most) {
  return "<line x1=\"0\" y1=\"" + number(chart_height) + "\" x2=\"" + number(chart_width) + "\" y2=\"" +
         number(chart_height) + "\"/>" + text_at(2, 10, "start", text::grouped(most));
}

double height_of(std::uint64_t value, std::uint64_t most) {
  if (value == 0 || most == 0) return 0;
  // What is there is seen.
  return std::max(1.0, (chart_height - 16) * static_cast<double>(value) / static_cast<double>(most));
}

}  // namespace

std::string bar_chart(std::string_view caption, std::string_view unit, const std::vector<Bar>& bars) {
  if (bars.empty()) return {};
  std::uint64_t most = 0;
  for (const Bar& bar : bars) most = std::max(most, bar.value);
  const double step = chart_width / static_cast<double>(std::max<std::size_t>(bars.size(), 8));
  std::string marks = scale(most);
  std::vector<std::string> labels;
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double height = height_of(bars[i].value, most);
    marks += rect(step * static_cast<double>(i) + 1, chart_height - height, step - 2, height, "c0",
                  bars[i].label + ": " + text::grouped(bars[i].value));
    labels.push_back(bars[i].label);
    rows.push_back(html_cell(bars[i].label) + number_cell(bars[i].value));
  }
  return figure(caption, svg(chart_height + 20, caption, marks + axis(labels, step)),
                html_table({{""}, {unit, true}}, rows));
}

std::string stacked_chart(std::string_view caption, const std::vector<std::string>& labels,
                          const std::vector<Series>& series) {
  if (labels.empty() || series.empty()) return {};
  std::vector<std::uint64_t> sums(labels.size());
  for (const Series& each : series) {
    for (std::size_t i = 0; i < labels.size(); ++i) sums[i] += each.values[i];
  }
  const std::uint64_t most = *std::max_element(sums.begin(), sums.end());
  const double step = chart_width / static_cast<double>(std::max<std::size_t>(labels.size(), 8));
  std::string marks = scale(most);
  std::vector<double> top(labels.size(), chart_height);
  std::string legend = "<p class=\"legend\">";
  for (std::size_t s = 0; s < series.size(); ++s) {
    const std::string kind = "c" + std::to_string(s % colours);
    legend += "<span>" + swatch(kind) + " " + series[s].name + "</span> ";
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const double height = (chart_height - 16) * static_cast<double>(series[s].values[i]) /
                            static_cast<double>(std::max<std::uint64_t>(most, 1));
      if (height <= 0) continue;
      top[i] -= height;
      marks += rect(step * static_cast<double>(i) + 1, top[i], step - 2, height, kind,
                    labels[i] + ": " + text::grouped(series[s].values[i]));
    }
  }
  std::vector<Head> heads = {{""}};
  for (const Series& each : series) heads.push_back({each.name, true, true});
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::string row = html_cell(labels[i]);
    for (const Series& each : series) row += number_cell(each.values[i]);
    rows.push_back(std::move(row));
  }
  return figure(caption, svg(chart_height + 20, caption, marks + axis(labels, step)) + legend + "</p>",
                html_table(heads, rows));
}

std::string quartile_chart(std::string_view caption, const std::vector<std::string>& labels,
                           const std::vector<QuartileSeries>& series) {
  if (labels.empty() || series.empty()) return {};
  const double step = chart_width / static_cast<double>(std::max<std::size_t>(labels.size(), 8));
  const auto y_of = [](double value) { return chart_height - value * (chart_height - 16); };
  std::string marks = text_at(2, y_of(1) - 3, "start", "1") + "<line x1=\"0\" y1=\"" + number(y_of(0)) + "\" x2=\"" +
                      number(chart_width) + "\" y2=\"" + number(y_of(0)) + "\"/>";
  std::string legend = "<p class=\"legend\">";
  std::vector<std::string> names;
  for (std::size_t s = 0; s < series.size(); ++s) {
    const std::string kind = "c" + std::to_string(s % colours);
    legend += "<span>" + swatch(kind) + " " + series[s].name + "</span> ";
    std::string bands;
    std::string medians;
    bool is_drawn = false;  // the point before
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const QuartilePoint& point = series[s].points[i];
      // Beside each other, where there are two.
      const double x = step * (static_cast<double>(i) + 0.5 + 0.12 * (static_cast<double>(s) - 0.5));
      if (point.first && point.third) {
        bands += "M" + number(x) + " " + number(y_of(*point.first)) + "V" + number(y_of(*point.third));
      }
      if (point.median) {
        medians += (is_drawn ? "L" : "M") + number(x) + " " + number(y_of(*point.median)) + (is_drawn ? "" : "h0");
      }
      is_drawn = point.median.has_value();
    }
    marks += "<path class=\"band s" + std::to_string(s % colours) + "\" d=\"" + bands + "\"/><path class=\"medians s" +
             std::to_string(s % colours) + "\" d=\"" + medians + "\"/>";
    for (const char* name : {": first quartile", ": median", ": third quartile"})
      names.push_back(series[s].name + name);
  }
  std::vector<Head> heads = {{""}};
  for (const std::string& name : names) heads.push_back({name, true});
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::string row = html_cell(labels[i]);
    for (const QuartileSeries& each : series) {
      for (const auto& value : {each.points[i].first, each.points[i].median, each.points[i].third}) {
        row += "<td class=\"number\">" + (value ? hundredths(*value) : "") + "</td>";
      }
    }
    rows.push_back(std::move(row));
  }
  return figure_of(
      caption, svg(chart_height + 20, "median and quartiles over time", marks + axis(labels, step)) + legend + "</p>",
      html_table(heads, rows));
}

std::string flow_chart(std::string_view dataset, std::string_view rows_name, const Flow& flow) {
  constexpr double height = 132;
  constexpr double bar = 14;
  constexpr double gap = 10;
  constexpr double left = 110;
  constexpr double right = 380;
  constexpr std::string_view forgotten = "forgotten";  // told where there are any
  const struct {
    std::string_view name;
    const char* kind;
    std::uint64_t lines;
  } ends[] = {{"accepted as they came", "flow-clean", flow.clean},
              {"accepted after repair", "flow-repaired", flow.repaired},
              {"rejected", "flow-rejected", flow.rejected},
              {"blank", "flow-blank", flow.blank},
              {forgotten, "flow-blank", flow.forgotten}};
  const double unit = (height - 3 * gap) / static_cast<double>(std::max<std::uint64_t>(flow.lines, 1));
  std::string marks;
  std::string caption(dataset);
  caption += ": from lines to rows";
  double from = 1.5 * gap;
  double to = 0;
  marks +=
      rect(left, from, bar, unit * static_cast<double>(flow.lines), "flow-lines", text::counted(flow.lines, "line"));
  marks += text_at(left - 8, height / 2 - 2, "end", text::grouped(flow.lines)) +
           text_at(left - 8, height / 2 + 12, "end", "lines in");
  std::vector<std::string> rows;
  for (const auto& end : ends) {
    const double thick = unit * static_cast<double>(end.lines);
    if (end.lines > 0) {
      const double shown = std::max(thick, 1.0);
      const double middle = (left + bar + right) / 2;
      const std::string share = text::counted(end.lines, "line") + " " + std::string(end.name);
      marks += "<path class=\"" + std::string(end.kind) + "\" d=\"M" + number(left + bar) + " " + number(from) + "C" +
               number(middle) + " " + number(from) + " " + number(middle) + " " + number(to) + " " + number(right) +
               " " + number(to) + "V" + number(to + shown) + "C" + number(middle) + " " + number(to + shown) + " " +
               number(middle) + " " + number(from + shown) + " " + number(left + bar) + " " + number(from + shown) +
               "Z\"><title>" + share + "</title></path>";
      marks += rect(right, to, bar, shown, end.kind, share);
      // Thin bands lie close together: their labels keep a line's distance.
      const double label = std::max(to + shown / 2 + 4, 12.0);
      marks += text_at(right + bar + 8, label, "start", text::grouped(end.lines) + " " + std::string(end.name));
      from += thick;
      to = std::max(to + shown + gap, label + 10);
    }
    if (end.lines > 0 || end.name != forgotten) rows.push_back(html_cell(end.name) + number_cell(end.lines));
  }
  rows.push_back(html_cell(html_text(rows_name)) + number_cell(flow.rows));
  const std::string result = "<p class=\"flow-end\">" + text::grouped(flow.clean + flow.repaired) +
                             " accepted lines became <b>" + text::grouped(flow.rows) + "</b> " + html_text(rows_name) +
                             "</p>";
  return figure(caption, svg(height + 14, caption, marks) + result, html_table({{""}, {"number", true}}, rows));
}

std::string trend_line(const std::vector<double>& before, double now, double low, double high, bool is_flagged) {
  constexpr double width = 140;
  constexpr double height = 28;
  constexpr double edge = 3;
  std::vector<double> values = before;
  values.push_back(now);
  const double least = std::min(*std::ranges::min_element(values), low);
  const double most = std::max(*std::ranges::max_element(values), high);
  const double range = most > least ? most - least : 1;
  const auto y_of = [&](double value) { return edge + (height - 2 * edge) * (most - value) / range; };
  const double step = (width - 2 * edge) / static_cast<double>(std::max<std::size_t>(values.size() - 1, 1));
  std::string points;
  for (std::size_t i = 0; i < values.size(); ++i)
    points += (i == 0 ? "" : " ") + number(edge + step * static_cast<double>(i)) + "," + number(y_of(values[i]));
  return "<svg class=\"trend\" viewBox=\"0 0 " + number(width) + " " + number(height) +
         "\" role=\"img\" aria-label=\"the last " + text::counted(before.size(), "run") +
         ", and this one\"><rect x=\"0\" y=\"" + number(y_of(high)) + "\" width=\"" + number(width) + "\" height=\"" +
         number(y_of(low) - y_of(high)) + "\" class=\"usual\"/><polyline points=\"" + points + "\"/><circle cx=\"" +
         number(width - edge) + "\" cy=\"" + number(y_of(now)) + "\" r=\"3\" class=\"" + (is_flagged ? "odd" : "now") +
         "\"/></svg>";
}

}  // namespace gristmill::report
