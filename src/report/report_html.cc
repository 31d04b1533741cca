// The report for a browser: verdict, accounting, the nine checks at a glance, then each with its numbers and
// where to look. Long lists are cut here; report.json has them in full. Tested in report_html_test.cc.
#include "report/check_counts.h"
#include "report/figures.h"
#include "report/findings.h"
#include "report/page.h"
#include "report/report.h"

namespace gristmill {
namespace {

constexpr std::size_t most_files = 200;
constexpr std::size_t most_names = 100;
constexpr std::size_t most_findings = 100;
constexpr std::size_t raw_columns = 400;

std::string number_of(Check check) { return std::to_string(static_cast<std::size_t>(check) + 1); }

std::string status_html(CheckStatus status) {
  const std::string name(name_of(status));
  return "<span class=\"status " + name + "\">" + name + "</span>";
}

std::string place_html(std::string_view file, std::uint64_t line) {
  return foreign(file) + ":" + grouped(line);
}

std::string more_html(std::size_t all, std::size_t shown) {
  if (all <= shown) return {};
  return "<p class=\"soft\">and " + grouped(all - shown) + " more, see report.json</p>\n";
}

std::string verdict_html(const RunReport& report) {
  std::string failed;
  bool warned = false;
  for (std::size_t i = 0; i < check_count; ++i) {
    warned = warned || report.checks[i].status == CheckStatus::warned;
    if (report.checks[i].status != CheckStatus::failed) continue;
    failed.append(failed.empty() ? "" : ", ").append(html_text(title_of(static_cast<Check>(i))));
  }
  std::string html = "<h1>Validation</h1>\n<p class=\"verdict ";
  if (!report.passed) {
    html.append("failed\">Failed: ").append(failed);
  } else {
    html.append(warned ? "warned\">Passed, with warnings" : "passed\">Passed");
  }
  html.append("</p>\n<p class=\"soft\">inputs ").append(foreign(report.inputs_id));
  return html.append(", gristmill ").append(html_text(report.version)).append("</p>\n");
}

std::string line_cells(const FileReport& file) {
  return number_cell(file.lines) + number_cell(file.accepted) + number_cell(file.rejected) +
         number_cell(file.blank) + number_cell(file.bytes);
}

const std::vector<Head> line_heads = {
    {"lines", true}, {"accepted", true}, {"rejected", true}, {"blank", true}, {"bytes", true}};

std::string accounting_html(const RunReport& report) {
  std::vector<Head> heads = {{"data set"}};
  heads.insert(heads.end(), line_heads.begin(), line_heads.end());
  heads.insert(heads.end(), {{"rows", true}, {"without profile or session", true}});
  if (report.writes_rows) heads.push_back({"partitions", true});
  std::vector<std::string> rows;
  for (const Dataset dataset : all_datasets) {
    const DatasetAccount& account = report.accounting.of(dataset);
    std::string row = text_cell(name_of(dataset)) +
                      line_cells(report.totals[static_cast<std::size_t>(dataset)]) +
                      number_cell(account.rows) + number_cell(account.rows_without_session);
    if (report.writes_rows) row += number_cell(account.partitions);
    rows.push_back(std::move(row));
  }
  std::string html = "<h2>Accounting</h2>\n" + html_table(heads, rows);
  html += "<p>" + counted(report.sessions.rows, "session") + " aggregated; " +
          counted(report.sessions.predictions_of_unknown_sessions, "prediction row") +
          " of sessions that no collection has.</p>\n";

  heads = {{"file"}, {"data set"}};
  heads.insert(heads.end(), line_heads.begin(), line_heads.end());
  rows.clear();
  for (const FileReport& file : report.files) {
    if (rows.size() == most_files) break;
    rows.push_back(text_cell(foreign(file.name)) + text_cell(name_of(file.dataset)) + line_cells(file));
  }
  html += "<details" + std::string(report.files.size() <= 10 ? " open" : "") + "><summary>" +
          counted(report.files.size(), "file") + "</summary>\n";
  return html + html_table(heads, rows) + more_html(report.files.size(), most_files) + "</details>\n";
}

std::string overview_html(const RunReport& report) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < check_count; ++i) {
    const CheckOutcome& outcome = report.checks[i];
    const std::string number = number_of(static_cast<Check>(i));
    rows.push_back(text_cell("<a href=\"#check-" + number + "\">" + number + ". " +
                             html_text(title_of(static_cast<Check>(i))) + "</a>") +
                   number_cell(outcome.findings[0]) + number_cell(outcome.findings[1]) +
                   text_cell(status_html(outcome.status)) + text_cell(policy_text(outcome.policy)));
  }
  return "<h2>Checks</h2>\n" +
         html_table({{"check"}, {"collections", true}, {"predictions", true}, {"status"}, {"policy"}}, rows);
}

std::string counts_html(const RunReport& report, Check check) {
  const CheckCounts counts = counts_of(report, check);
  std::vector<Head> heads = {{"data set"}};
  for (const std::string_view head : counts.heads) heads.push_back({head, true});
  std::vector<std::string> rows;
  for (const Dataset dataset : all_datasets) {
    const auto& numbers = counts.rows[static_cast<std::size_t>(dataset)];
    if (numbers.empty()) continue;
    std::string row = text_cell(name_of(dataset));
    for (const std::uint64_t number : numbers) row += number_cell(number);
    rows.push_back(std::move(row));
  }
  return html_table(heads, rows);
}

// Repairs or reasons with their counts, each with its examples.
std::string examples_html(const RunReport& report, Check check) {
  std::string html;
  for (const Dataset dataset : all_datasets) {
    const DatasetAccount& account = report.accounting.of(dataset);
    std::vector<std::string> rows;
    for (const NamedCount& count : check == Check::repairs ? repairs_of(account) : rejections_of(account)) {
      const std::vector<Culprit> examples = count.examples->sorted();
      std::string cells = text_cell(html_text(count.name)) + number_cell(count.count);
      if (examples.empty()) rows.push_back(cells + text_cell("") + text_cell(""));
      for (const Culprit& example : examples) {
        rows.push_back(cells + text_cell(place_html(file_name_of(report, example.place), example.line)) +
                       text_cell(foreign(example.what, raw_columns)));
        cells = text_cell("") + text_cell("");
      }
    }
    if (rows.empty()) continue;
    html += "<h3>" + std::string(name_of(dataset)) + "</h3>\n" +
            html_table(
                {{check == Check::repairs ? "repair" : "reason"}, {"lines", true}, {"example"}, {"begins"}},
                rows);
  }
  return html;
}

std::string findings_html(const RunReport& report, Check check) {
  const FindingList findings = findings_of(report, check, most_findings);
  if (findings.first.empty()) return {};
  std::vector<std::string> rows;
  for (const Finding& finding : findings.first) {
    rows.push_back(text_cell(name_of(finding.dataset)) + text_cell(place_html(finding.file, finding.line)) +
                   text_cell(foreign(finding.text, 200)));
  }
  std::string html = "<details><summary>where: the first " + grouped(rows.size()) + "</summary>\n" +
                     html_table({{"data set"}, {"place"}, {"what"}}, rows);
  if (findings.more > 0) html += "<p class=\"soft\">and " + grouped(findings.more) + " more</p>\n";
  return html + "</details>\n";
}

std::string check_html(const RunReport& report, Check check) {
  const CheckOutcome& outcome = outcome_of(report, check);
  std::string html = "<h2 id=\"check-" + number_of(check) + "\">" + number_of(check) + ". " +
                     html_text(title_of(check)) + " " + status_html(outcome.status) + "</h2>\n";
  html += counts_html(report, check);
  if (check == Check::rejected_lines || check == Check::repairs) html += examples_html(report, check);
  return html + findings_html(report, check);
}

std::string names_html(const RunReport& report) {
  std::string html;
  for (const Dataset dataset : all_datasets) {
    const SmallestNames& names = report.accounting.of(dataset).fields_not_carried;
    std::vector<std::string> rows;
    for (const auto& [name, count] : names.counts()) {
      if (rows.size() == most_names) break;
      rows.push_back(text_cell(foreign(name)) + number_cell(count));
    }
    if (rows.empty()) continue;
    html += "<h3>" + std::string(name_of(dataset)) + "</h3>\n" +
            html_table({{"field"}, {"lines", true}}, rows) + more_html(names.counts().size(), most_names);
    if (names.other() > 0) html += "<p class=\"soft\">other names: " + grouped(names.other()) + "</p>\n";
  }
  if (html.empty()) return {};
  return "<h2>Fields not carried</h2>\n<p>Fields at the top level of lines that are in no row. The setting "
         "<code>carry</code> adds them as columns.</p>\n" +
         html;
}

}  // namespace

std::string report_html(const RunReport& report) {
  std::string body = verdict_html(report) + accounting_html(report) + overview_html(report);
  for (std::size_t i = 0; i < check_count; ++i) body += check_html(report, static_cast<Check>(i));
  body += names_html(report);
  if (!report.recipe.empty()) body += "<h2>Recipe</h2>\n<p>" + foreign(report.recipe, 20000) + "</p>\n";
  return html_page("gristmill: validation", body);
}

}  // namespace gristmill
