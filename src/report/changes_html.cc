// Flagged measures come first, then those that people ask for; the others are folded. Tested in a browser by
// tests/report.
#include "report/changes_html.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "report/charts.h"
#include "report/findings.h"
#include "report/page.h"
#include "text/figures.h"

namespace gristmill::report {
namespace {

constexpr std::size_t most_names_in_a_change = 5;

bool is_asked_for(std::string_view name) {
  constexpr std::string_view ends[] = {".lines", ".rejected", ".median_score", ".hours_since_newest"};
  return name == "sessions" || std::ranges::any_of(ends, [&](std::string_view end) { return name.ends_with(end); });
}

std::string arrow_of(const json::JsonValue& measure) {
  const double value = measure["value"].number();
  const double median = measure["median"].number();
  if (value == median) return "<span aria-label=\"as before\">=</span>";
  return value > median ? "<span aria-label=\"higher\">↑</span>" : "<span aria-label=\"lower\">↓</span>";
}

std::string names_html(const json::JsonValue& names, std::string_view what, std::size_t columns) {
  const auto& all = names.elements();
  if (all.empty()) return {};
  std::string html = std::string(what) + " ";
  for (std::size_t i = 0; i < std::min(all.size(), most_names_in_a_change); ++i)
    html += (i == 0 ? "" : ", ") + foreign(all[i].text(), columns);
  if (all.size() > most_names_in_a_change)
    html += " and " + text::grouped(all.size() - most_names_in_a_change) + " more";
  return html + ". ";
}

std::string row_of(const json::JsonValue& measure, std::size_t columns) {
  const std::string& name = measure["name"].text();
  const std::string label = std::string("<td class=\"whole\">") +
                            (measure["flagged"].is_true() ? "<b class=\"warned\">" : "<b>") + foreign(name, columns) +
                            "</b></td>";
  if (measure["value"].is_null()) {
    const std::string names =
        names_html(measure["added"], "new:", columns) + names_html(measure["gone"], "gone:", columns);
    return label + "<td colspan=\"4\">" + (names.empty() ? "as before" : names) + "</td>";
  }
  std::vector<double> before;
  for (const json::JsonValue& value : measure["before"].elements()) before.push_back(value.number());
  const double low = std::max(measure["low"].number(), 0.0);
  return label + "<td class=\"number\">" + measure_text(name, measure["value"].number()) + "</td><td>" +
         arrow_of(measure) + "</td><td class=\"number\">" + measure_text(name, low) + " to " +
         measure_text(name, measure["high"].number()) + "</td><td>" +
         trend_line(before, measure["value"].number(), low, measure["high"].number(), measure["flagged"].is_true()) +
         "</td>";
}

std::string table_of(const std::vector<const json::JsonValue*>& measures, std::size_t columns) {
  std::vector<std::string> rows;
  for (const json::JsonValue* measure : measures) rows.push_back(row_of(*measure, columns));
  return html_table({{"measure"}, {"now", true}, {""}, {"usual", true}, {"runs before, and now"}}, rows);
}

}  // namespace

std::string changes_html(const json::JsonValue& report, std::size_t columns) {
  const json::JsonValue& drift = report["run"]["drift"];
  if (drift.is_null()) return {};
  std::string html = "<h2 id=\"changes\">Since the runs before</h2>\n";
  if (drift["measures"].elements().empty()) {
    return html + "<p class=\"soft\">" + text::counted(drift["runs"].count(), "run") +
           " before this one can be compared with, which are too few to say what is unusual, or all measures are "
           "ignored.</p>\n";
  }
  std::vector<const json::JsonValue*> shown_at_once;
  std::vector<const json::JsonValue*> folded;
  for (const json::JsonValue& measure : drift["measures"].elements()) {
    if (measure["flagged"].is_true()) shown_at_once.push_back(&measure);
  }
  const std::size_t flagged = shown_at_once.size();
  for (const json::JsonValue& measure : drift["measures"].elements()) {
    if (measure["flagged"].is_true()) continue;
    (is_asked_for(measure["name"].text()) ? shown_at_once : folded).push_back(&measure);
  }
  html += "<p>" +
          (flagged == 0 ? std::string("Nothing is unusual")
                        : text::counted(flagged, "measure") + (flagged == 1 ? " is" : " are") + " unusual") +
          ", against " + text::counted(drift["runs"].count(), "run") + " before.</p>\n" +
          table_of(shown_at_once, columns);
  if (!folded.empty()) {
    html += "<details><summary>" + text::counted(folded.size(), "other measure") + " as usual</summary>\n" +
            table_of(folded, columns) + "</details>\n";
  }
  return html;
}

}  // namespace gristmill::report
