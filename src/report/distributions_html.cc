// Made of report.json, as the rest of the page. Tested in report_html_test.cc, and in a browser by tests/report.
#include "report/distributions_html.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "report/charts.h"
#include "report/page.h"
#include "text/figures.h"

namespace gristmill::report {
namespace {

constexpr std::size_t most_series = 8;        // models in a chart, all others among them
constexpr std::size_t most_score_charts = 4;  // of the models with the most rows

std::string count_chart(std::string_view caption, std::string_view unit, const json::JsonValue& counts) {
  std::vector<Bar> bars;
  std::uint64_t next = 0;  // where the next bin begins; those that are empty are left out of the report
  for (const json::JsonValue& bin : counts["bins"].elements()) {
    const std::uint64_t from = bin["from"].count();
    const std::uint64_t to = bin["to"].count();
    while (!bars.empty() && next < from) {
      const std::uint64_t end = 2 * (next - 1) + 1;
      bars.push_back({next == end ? text::grouped(next) : text::grouped(next) + "–" + text::grouped(end), 0});
      next = end + 1;
    }
    next = to + 1;
    bars.push_back(
        {from == to ? text::grouped(from) : text::grouped(from) + "–" + text::grouped(to), bin["count"].count()});
  }
  return bar_chart(caption, unit, bars);
}

std::string score_chart(std::string_view caption, const json::JsonValue& scores) {
  std::vector<Bar> bars;
  if (scores["below_0"].count() > 0) bars.push_back({"below 0", scores["below_0"].count()});
  const auto& bins = scores["bins"].elements();
  for (std::size_t i = 0; i < bins.size(); ++i) {
    bars.push_back({shown(static_cast<double>(i) / static_cast<double>(bins.size())), bins[i].count()});
  }
  if (scores["above_1"].count() > 0) bars.push_back({"above 1", scores["above_1"].count()});
  std::string words(caption);
  if (!scores["least"].is_null()) {
    words += ": " + shown(scores["least"].number()) + " to " + shown(scores["most"].number());
  }
  words += ", " + text::counted(scores["missing"].count(), "session") + " without";
  return bar_chart(words, "sessions", bars);
}

// A column in words.
std::string caption_of(std::string column) {
  std::replace(column.begin(), column.end(), '_', ' ');
  return html_text(column);
}

QuartilePoint quartiles_of(const json::JsonValue& values) {
  const auto at = [&](std::size_t i) {
    const json::JsonValue& value = values.elements()[i];
    return value.is_null() ? std::nullopt : std::optional<double>(value.number());
  };
  return {at(0), at(1), at(2)};
}

std::string median_and_quartiles(const json::JsonValue& values) {
  const auto word = [](const std::optional<double>& value) { return value ? shown(*value) : std::string("–"); };
  const QuartilePoint point = quartiles_of(values);
  if (!point.first && !point.median && !point.third) return "";
  return word(point.median) + " (" + word(point.first) + " to " + word(point.third) + ")";
}

// All times at which there are rows, in order.
std::vector<std::string> times_of(const json::JsonValue& all) {
  std::vector<std::string> times;
  const auto gather = [&](const json::JsonValue& model) {
    for (const json::JsonValue& each : model["over_time"].elements()) {
      if (!each["time"].is_null()) times.push_back(each["time"].text());
    }
  };
  for (const json::JsonValue& model : all["models"].elements()) gather(model);
  gather(all["others"]);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

// A model, or all others together, with its rows by time.
struct ModelOverTime {
  std::string name;  // HTML
  const json::JsonValue* model;
  std::uint64_t rows = 0;
  std::uint64_t untimed = 0;  // of them
  std::vector<std::uint64_t> values;
  QuartileSeries score;
  QuartileSeries confidence;
};

ModelOverTime over_time(std::string name, const json::JsonValue& model, const std::vector<std::string>& times) {
  ModelOverTime told{std::move(name),
                     &model,
                     model["rows"].count(),
                     0,
                     std::vector<std::uint64_t>(times.size()),
                     {"score", std::vector<QuartilePoint>(times.size())},
                     {"confidence", std::vector<QuartilePoint>(times.size())}};
  for (const json::JsonValue& use : model["over_time"].elements()) {
    if (use["time"].is_null()) {
      told.untimed += use["rows"].count();
      continue;
    }
    const auto at =
        static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), use["time"].text()) - times.begin());
    told.values[at] = use["rows"].count();
    told.score.points[at] = quartiles_of(use["score"]);
    told.confidence.points[at] = quartiles_of(use["confidence"]);
  }
  return told;
}

std::string row_of(const ModelOverTime& told) {
  const json::JsonValue& model = *told.model;
  std::string life;
  if (model["new"].is_true()) life = "new, since " + model["first"].text();
  if (model["gone"].is_true()) life += (life.empty() ? "" : ", ") + ("gone, until " + model["last"].text());
  const auto percent_cell = [&](const char* of) {
    return "<td class=\"number\">" + percent(model[of].count(), told.rows) + "</td>";
  };
  return "<td class=\"whole\">" + told.name + "</td>" + number_cell(told.rows) +
         number_cell(model["without_score"].count()) + percent_cell("without_score") +
         percent_cell("without_confidence") + html_cell(median_and_quartiles(model["score"])) +
         html_cell(median_and_quartiles(model["confidence"])) +
         html_cell("<span class=\"whole\">" + html_text(life) + "</span>") + number_cell(told.untimed);
}

// `all`: those with the most rows first, which are drawn by themselves.
std::string rows_chart(const std::vector<ModelOverTime>& all, const std::vector<std::string>& times,
                       const std::string& unit) {
  std::vector<Series> series;
  Series rest{"all others", std::vector<std::uint64_t>(times.size())};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool by_itself = all.size() <= most_series || i + 1 < most_series;
    if (by_itself) series.push_back({all[i].name, all[i].values});
    for (std::size_t at = 0; at < times.size() && !by_itself; ++at) rest.values[at] += all[i].values[at];
  }
  if (all.size() > most_series) series.push_back(std::move(rest));
  return stacked_chart("Prediction rows by " + unit + " (UTC)", times, series);
}

std::string models(const json::JsonValue& all) {
  const std::string html = "<h2 id=\"models\">Models over time</h2>\n";
  const std::vector<std::string> times = times_of(all);
  std::vector<ModelOverTime> told;
  for (const json::JsonValue& model : all["models"].elements()) {
    told.push_back(
        over_time(model["model"].text().empty() ? "(no name)" : foreign(model["model"].text(), 40), model, times));
  }
  if (all["others"]["rows"].count() > 0) told.push_back(over_time("all others", all["others"], times));
  if (told.empty()) return html + "<p class=\"soft\">no predictions</p>\n";
  std::vector<std::string> rows;
  for (const ModelOverTime& each : told) rows.push_back(row_of(each));
  std::stable_sort(told.begin(), told.end(),
                   [](const ModelOverTime& a, const ModelOverTime& b) { return a.rows > b.rows; });
  const std::string unit = all["unit"].text();
  std::string charts;
  for (std::size_t i = 0; i < std::min(told.size(), most_score_charts); ++i) {
    if (told[i].untimed == told[i].rows) continue;
    charts +=
        quartile_chart(told[i].name + ": score and confidence by " + unit, times, {told[i].score, told[i].confidence});
  }
  return html + rows_chart(told, times, unit) +
         html_table({{"model"},
                     {"rows", true},
                     {"no score", true},
                     {"share", true},
                     {"no confidence", true},
                     {"score: median (quartiles)"},
                     {"confidence: median (quartiles)"},
                     {"in the data"},
                     {"no time in 2000–2100", true}},
                    rows) +
         "<div class=\"charts\">" + charts + "</div>\n";
}

std::string partitions(const json::JsonValue& all, std::size_t columns) {
  std::string html = "<h2 id=\"partitions\">Partitions</h2>\n";
  if (all.is_null()) return html + "<p class=\"soft\">nothing was written</p>\n";
  html += "<div class=\"charts\">";
  for (const auto& [name, sizes] : all.members()) {
    html += count_chart(name + ": bytes of a file, " + text::counted(sizes["count"].count(), "file"), "files", sizes);
  }
  html += "</div>\n";
  for (const auto& [name, sizes] : all.members()) {
    const auto& largest = sizes["largest"].elements();
    if (largest.empty()) continue;
    const std::uint64_t sum = sizes["sum"].count();
    std::vector<std::string> rows;
    for (const json::JsonValue& file : largest) {
      rows.push_back(html_cell(foreign(file["path"].text(), columns)) + number_cell(file["bytes"].count()) +
                     html_cell(percent(file["bytes"].count(), sum)));
    }
    html += "<details><summary>" + html_text(name) + ": the largest has " +
            percent(largest.front()["bytes"].count(), sum) + " of all bytes</summary>\n" +
            html_table({{"file"}, {"bytes", true}, {"of all"}}, rows) + "</details>\n";
  }
  return html;
}

}  // namespace

std::string sessions_html(const json::JsonValue& report) {
  std::string html = "<h2 id=\"sessions\">Sessions</h2>\n";
  if (report["accounting"]["rows"]["sessions"].count() == 0) return html + "<p class=\"soft\">no sessions</p>\n";
  html += "<div class=\"charts\">";
  for (const auto& [column, values] : report["distributions"]["sessions"].members()) {
    html += values["missing"].is_null() ? count_chart(caption_of(column), "sessions", values)
                                        : score_chart(caption_of(column), values);
  }
  return html + "</div>\n";
}

std::string distributions_html(const json::JsonValue& report, std::size_t columns) {
  const json::JsonValue& all = report["distributions"];
  return sessions_html(report) + models(all["models"]) + partitions(all["partitions"], columns);
}

}  // namespace gristmill::report
