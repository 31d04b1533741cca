// Outputs that failed come first, then those with most warnings. Tested by tests/report/test_index.py.
#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "json/json_value.h"
#include "report/page.h"
#include "report/render.h"
#include "text/figures.h"

namespace gristmill::report {
namespace {

struct Row {
  bool failed = false;
  std::uint64_t warnings = 0;
  std::string html;
};

std::string link_to(const IndexedOutput& output) {
  if (output.link.empty()) return foreign(output.name);
  return "<a href=\"" + html_text(output.link) + "\">" + foreign(output.name) + "</a>";
}

Row row_of(const IndexedOutput& output, const json::JsonValue& report) {
  const json::JsonValue& verdict = report["verdict"];
  const json::JsonValue& drift = report["run"]["drift"];
  Row row;
  row.failed = !verdict["passed"].is_true();
  row.warnings = verdict["warned_checks"].elements().size();
  std::uint64_t lines = 0;
  std::uint64_t rejected = 0;
  std::uint64_t blank = 0;
  for (const auto& [name, total] : report["accounting"]["totals"].members()) {
    lines += total["lines"].count();
    rejected += total["rejected"].count();
    blank += total["blank"].count();
  }
  std::string unusual;
  for (const json::JsonValue& measure : drift["measures"].elements()) {
    if (measure["flagged"].is_true()) unusual += (unusual.empty() ? "" : ", ") + foreign(measure["name"].text(), 40);
  }
  const std::string_view status = row.failed ? "failed" : row.warnings > 0 ? "warned" : "passed";
  row.html =
      "<td class=\"whole\">" + link_to(output) + "</td>" + html_cell(html_text(report["run"]["started"].text())) +
      html_cell("<span class=\"status " + std::string(status) + "\">" + std::string(status) + "</span>") +
      number_cell(row.warnings) + number_cell(lines) + "<td class=\"number\">" + percent(rejected, lines - blank) +
      "</td>" + number_cell(report["accounting"]["rows"]["sessions"].count()) + html_cell(unusual);
  return row;
}

Row row_without_report(const IndexedOutput& output) {
  return {true, std::numeric_limits<std::uint64_t>::max(),
          "<td class=\"whole\">" + foreign(output.name) + "</td><td></td>" +
              html_cell("<span class=\"status failed\">no output</span>") + "<td colspan=\"5\">" + foreign(output.why) +
              "</td>"};
}

}  // namespace

Result<std::string> index_page(const std::vector<IndexedOutput>& outputs) {
  std::vector<Row> rows;
  std::size_t failed = 0;
  for (const IndexedOutput& output : outputs) {
    if (output.json.empty()) {
      rows.push_back(row_without_report(output));
      ++failed;
      continue;
    }
    const std::optional<json::JsonValue> report = json::JsonValue::parse(output.json);
    if (!report || report->type() != json::JsonType::object) {
      return Error::output("the report of '" + output.name + "' is no JSON", "make it again with 'gristmill run'")
          .in_file(output.name);
    }
    rows.push_back(row_of(output, *report));
    failed += rows.back().failed ? 1 : 0;
  }
  std::ranges::stable_sort(rows, std::greater<>(), [](const Row& row) { return std::pair(row.failed, row.warnings); });
  std::vector<std::string> cells;
  for (Row& row : rows) cells.push_back(std::move(row.html));
  const std::vector<Head> heads = {{"output"},      {"made"},           {"verdict"},        {"warnings", true},
                                   {"lines", true}, {"rejected", true}, {"sessions", true}, {"unusual"}};
  return html_page("gristmill: outputs",
                   "<header>\n<h1>" + text::counted(outputs.size(), "output") + "</h1>\n<p>" +
                       (failed == 0 ? std::string("None failed.") : text::grouped(failed) + " failed.") +
                       "</p>\n</header>\n<main>\n" + sortable_table(heads, cells) + "</main>\n");
}

}  // namespace gristmill::report
