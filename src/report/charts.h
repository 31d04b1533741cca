// Charts as plain SVG, drawn where the page is made: no library, no script, the same bytes for the same numbers, and
// sharp on paper. Colours come from the page's style, so that light and dark both work.
//
// Each chart but a trend is a <figure> with a caption; it says its numbers in a <title> for each bar and band and, as a
// table, to whoever does not see it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill::report {

struct Bar {
  std::string label;  // our own text, or made visible and escaped by the caller
  std::uint64_t value = 0;
};

// A column for each bar. `caption`: our own text.
std::string bar_chart(std::string_view caption, std::string_view unit, const std::vector<Bar>& bars);

struct Series {
  std::string name;                   // HTML of the legend, safe
  std::vector<std::uint64_t> values;  // one for each label
};

// Columns of stacked series.
std::string stacked_chart(std::string_view caption, const std::vector<std::string>& labels,
                          const std::vector<Series>& series);

// Quartiles of values from 0 to 1; nothing where there is none.
struct QuartilePoint {
  std::optional<double> first;
  std::optional<double> median;
  std::optional<double> third;
};

struct QuartileSeries {
  std::string name;                   // our own text
  std::vector<QuartilePoint> points;  // one for each label
};

// For each series a line of medians with a band from the first to the third quartile, from 0 to 1. `caption`: HTML.
std::string quartile_chart(std::string_view caption, const std::vector<std::string>& labels,
                           const std::vector<QuartileSeries>& series);

struct Flow {
  std::uint64_t lines = 0;
  std::uint64_t clean = 0;     // accepted without a repair
  std::uint64_t repaired = 0;  // accepted
  std::uint64_t rejected = 0;
  std::uint64_t blank = 0;
  std::uint64_t forgotten = 0;
  std::uint64_t rows = 0;
};

// From lines to what became of them.
std::string flow_chart(std::string_view dataset, std::string_view rows_name, const Flow& flow);

// A small line of values, oldest first, with the last one as a dot and the usual range as a band; for a table's cell,
// so without a caption or numbers of its own.
std::string trend_line(const std::vector<double>& before, double now, double low, double high, bool is_flagged);

}  // namespace gristmill::report
