// The checks as a person reads them: what was counted, how bad it is, where to look first. Every check
// stands there whether it found something or not, so that silence is never mistaken for a check that did not run.
// Tested in tables_test.cc.
#include "report/tables.h"

#include "report/findings.h"
#include "report/hint_list.h"
#include "text/figures.h"
#include "text/text_table.h"
#include "text/visible_text.h"
#include "text/wrapped_text.h"
#include "validate/check.h"

namespace gristmill::report {
namespace {

constexpr std::size_t first_culprits = 3;
constexpr std::size_t place_columns = 48;

text::Tone tone_of(CheckStatus status) {
  switch (status) {
    case CheckStatus::passed: return text::Tone::good;
    case CheckStatus::ignored: return text::Tone::dim;
    case CheckStatus::warned: return text::Tone::warning;
    case CheckStatus::failed: return text::Tone::bad;
  }
  return text::Tone::plain;
}

std::string status_text(CheckStatus status, const text::TableStyle& style) {
  static constexpr std::string_view marks[] = {"✓ ", "· ", "! ", "✗ "};
  std::string text(style.unicode ? marks[static_cast<std::size_t>(status)] : "");
  return text.append(name_of(status));
}

void append_title(const RunReport& report, Check check, const text::TableStyle& style, std::string& out) {
  const CheckOutcome& outcome = outcome_of(report, check);
  out.push_back('\n');
  out.append(text::toned(std::to_string(static_cast<std::size_t>(check) + 1) + ". " + std::string(title_of(check)),
                         text::Tone::bold, style));
  out.append(": ").append(text::toned(status_text(outcome.status, style), tone_of(outcome.status), style));
  if (outcome.policy.severity == Severity::fail) out.append(", " + policy_text(outcome.policy));
  out.push_back('\n');
}

void append_counts(const RunReport& report, Check check, const text::TableStyle& style, std::string& out) {
  const validation::CheckDefinition& definition = validation::definition_of(check);
  text::TextTable table(style);
  table.add_column("data set", text::Align::left);
  for (const auto& [head, number] : definition.table(report, Dataset::predictions)) {
    table.add_column(head, text::Align::right);
  }
  if (definition.note != nullptr) table.add_column(definition.note->head, text::Align::left);
  for (const Dataset dataset : all_datasets) {
    std::vector<std::string> cells = {std::string(name_of(dataset))};
    for (const auto& [head, number] : definition.table(report, dataset)) cells.push_back(text::grouped(number));
    if (definition.note != nullptr) cells.emplace_back(definition.note->cells[static_cast<std::size_t>(dataset)]);
    table.add_row(cells);
  }
  out.append(table.str());
}

void append_culprits(const RunReport& report, Check check, const text::TableStyle& style, std::string& out) {
  const FindingList findings = findings_of(report, check, first_culprits);
  if (findings.first.empty()) return;
  text::TextTable table(style, 4);
  table.add_column("", text::Align::left, place_columns);
  table.add_column("", text::Align::left, 400);
  for (const Finding& finding : findings.first) {
    // The name is cut before the line number, which must be seen.
    const std::string line = ":" + std::to_string(finding.line);
    table.add_row({text::visible_text(finding.file, place_columns - line.size(), style.unicode) + line, finding.text});
  }
  out.append(table.str());
  if (findings.more == 0) return;
  out.append(4, ' ').append(style.unicode ? "… and " : "... and ");
  if (findings.at_least) out.append("at least ");
  out.append(text::grouped(findings.more)).append(" more");
  if (report.writes_rows) out.append(", see report.json");
  out.push_back('\n');
}

// Of all data sets together, without zeros: what a check says of itself, and the kinds of its findings.
std::vector<std::string> details_of(const RunReport& report, const validation::CheckDefinition& check) {
  validation::NamedNumbers numbers;
  if (check.details != nullptr) numbers = check.details(report);
  if (check.kinds != nullptr) {
    DatasetAccount both = report.accounting.of(Dataset::collections);
    both.merge(report.accounting.of(Dataset::predictions));
    for (const validation::FindingKind& kind : check.kinds(both)) numbers.emplace_back(kind.name, kind.count);
  }
  std::vector<std::string> details;
  for (const auto& [name, count] : numbers) {
    if (count > 0) details.push_back(std::string(name) + " " + text::grouped(count));
  }
  return details;
}

void append_further_checks(const RunReport& report, const text::TableStyle& style, std::string& out) {
  out.append("\n").append(text::toned("Further checks", text::Tone::bold, style)).append("\n");
  text::TextTable table(style);
  table.add_column("check", text::Align::left);
  table.add_column("collections", text::Align::right);
  table.add_column("predictions", text::Align::right);
  table.add_column("status", text::Align::left);
  for (std::size_t i = 0; i < report.checks.size(); ++i) {
    const auto check = static_cast<Check>(i);
    if (validation::definition_of(check).has_own_table) continue;
    const CheckOutcome& outcome = report.checks[i];
    std::string status = status_text(outcome.status, style);
    if (outcome.policy.severity == Severity::fail) status += ", " + policy_text(outcome.policy);
    table.add_row({std::to_string(i + 1) + ". " + std::string(title_of(check)), text::grouped(outcome.findings[0]),
                   text::grouped(outcome.findings[1]), std::move(status)},
                  outcome.status == CheckStatus::passed ? text::Tone::plain : tone_of(outcome.status));
  }
  out.append(table.str());
  for (std::size_t i = 0; i < report.checks.size(); ++i) {
    const validation::CheckDefinition& check = validation::definition_of(static_cast<Check>(i));
    if (check.has_own_table) continue;
    const std::vector<std::string> details = details_of(report, check);
    if (details.empty()) continue;
    out.append(text::labelled_list(std::to_string(i + 1) + ".", 2, details, text::Tone::dim, style));
  }
}

}  // namespace

std::string validation_tables(const RunReport& report, const text::TableStyle& style) {
  std::string out = text::toned("Validation", text::Tone::bold, style) + "\n";
  for (std::size_t i = 0; i < report.checks.size(); ++i) {
    const auto check = static_cast<Check>(i);
    if (!validation::definition_of(check).has_own_table) continue;
    append_title(report, check, style, out);
    append_counts(report, check, style, out);
    append_culprits(report, check, style, out);
  }
  append_further_checks(report, style, out);
  out += hint_table_of(report, style);
  return out;
}

}  // namespace gristmill::report
