// What a hint means and what to do about it stands in report.json, so that old reports keep their words. Tested in
// report_html_test.cc.
#include "report/hints_html.h"

#include <algorithm>

#include "gristmill/hints.h"
#include "report/page.h"
#include "text/figures.h"

namespace gristmill::report {
namespace {

std::string_view title_of_hint(std::string_view name) {
  const auto found =
      std::find_if(hint_table.begin(), hint_table.end(), [&](const HintEntry& hint) { return hint.name == name; });
  return found == hint_table.end() ? name : found->title;
}

// What there is one of, in words; empty: none.
std::string hint_in_words(const json::JsonValue& hint) {
  std::string counts;
  for (const auto& [dataset, count] : hint["counts"].members()) {
    if (count.count() == 0) continue;
    counts += (counts.empty() ? "" : ", ") + text::grouped(count.count()) + " in " + html_text(dataset);
  }
  if (counts.empty()) return {};
  return "<h3>" + html_text(title_of_hint(hint["name"].text())) + ": " + counts + "</h3>\n<p>" +
         html_text(hint["meaning"].text()) + " " + html_text(hint["advice"].text()) + "</p>\n";
}

std::string section(const std::string& hints) {
  return "<h2 id=\"hints\">Hints</h2>\n<p>What is legal but odd; no failure, and nothing was changed.</p>\n" + hints;
}

}  // namespace

std::string place_html(const json::JsonValue& files, std::size_t listed, const json::JsonValue& finding,
                       std::size_t columns) {
  std::string html = foreign(finding["file"].text(), columns / 2) + ":" + text::grouped(finding["line"].count());
  for (std::size_t i = 0; i < std::min(files.elements().size(), listed); ++i) {
    const json::JsonValue& file = files.elements()[i];
    if (file["file"].text() == finding["file"].text() && file["dataset"].text() == finding["dataset"].text()) {
      return "<a href=\"#file-" + std::to_string(i + 1) + "\">" + html + "</a>";
    }
  }
  return html;
}

std::string hints_html(const json::JsonValue& report, std::size_t files_listed, std::size_t columns) {
  std::string html;
  for (const json::JsonValue& hint : report["hints"].elements()) {
    const std::string words = hint_in_words(hint);
    if (words.empty()) continue;
    std::vector<std::string> rows;
    for (const json::JsonValue& found : hint["first"].elements()) {
      const bool is_in_file = !found["file"].is_null();
      rows.push_back(
          html_cell(html_text(found["dataset"].text())) +
          html_cell(is_in_file ? place_html(report["accounting"]["files"], files_listed, found, columns) : "") +
          html_cell(foreign(found["what"].text(), columns)));
    }
    html += words + "<details><summary>where: the first " + text::grouped(rows.size()) + "</summary>\n" +
            html_table({{"data set"}, {"file and line"}, {"what"}}, rows, true) + "</details>\n";
  }
  return section(html.empty() ? "<p class=\"soft\">nothing odd was seen</p>\n" : html);
}

std::string hints_at_a_glance(const json::JsonValue& report) {
  std::string html;
  for (const json::JsonValue& hint : report["hints"].elements()) html += hint_in_words(hint);
  return html.empty() ? html : section(html);
}

}  // namespace gristmill::report
