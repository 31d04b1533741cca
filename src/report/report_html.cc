// The report for a browser, made of report.json and nothing else, so that it can be made again from that file. A person
// asks: may I use this data? what became of my lines? what is wrong, where, and whose fault is it? what is in there? In
// this order. Long texts and lists are cut; report.json has them whole. Tested in report_html_test.cc, and in a browser
// by tests/report.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <functional>
#include <optional>

#include "json/json_value.h"
#include "report/advice.h"
#include "report/changes_html.h"
#include "report/charts.h"
#include "report/distributions_html.h"
#include "report/findings.h"
#include "report/hints_html.h"
#include "report/mended.h"
#include "report/page.h"
#include "report/render.h"
#include "text/figures.h"
#include "text/visible_text.h"
#include "validate/all_checks.h"

namespace gristmill::report {
namespace {

constexpr std::size_t most_files = 200;
constexpr std::size_t most_files_named = 4;
constexpr std::size_t most_names = 100;
constexpr std::size_t largest_page = 950'000;  // bytes
constexpr std::size_t fewest_columns = 16;

std::string html_title(const json::JsonValue& check) {
  const std::optional<Check> known = check_named(check["name"].text());
  return html_text(known ? title_of(*known) : std::string_view(check["name"].text()));
}

std::string status_html(const std::string& status) {
  return "<span class=\"status " + html_text(status) + "\">" + html_text(status) + "</span>";
}

std::string threshold_text(const json::JsonValue& check) {
  const json::JsonValue& threshold = check["threshold"];
  return html_text(policy_text(check["severity"].text(), threshold["fail_above"].text(),
                               threshold["unit"].text() == "percent_of_lines"));
}

class ReportPage {
 public:
  // `columns`: of texts from the input.
  ReportPage(const json::JsonValue& report, bool with_run, std::size_t columns)
      : report_(report), with_run_(with_run), columns_(columns), accounting_(report["accounting"]) {}

  std::string html() const {
    return html_page("gristmill: report", header() + navigation() + "<main>\n" + changes() + overview() + checks() +
                                              hints_html(report_, most_files, columns_) +
                                              distributions_html(report_, columns_) + files() + fields() + settings() +
                                              run() + "</main>\n");
  }

  // What fits a notebook's cell: no links, no places, nothing to fold out but numbers.
  std::string glance() const {
    return html_page("gristmill: report", header() + "<main>\n" + overview() + "<h2>Checks</h2>\n" +
                                              table_of_checks(false) + hints_at_a_glance(report_) +
                                              sessions_html(report_) + "</main>\n");
  }

 private:
  std::string text(const json::JsonValue& value) const { return foreign(value.text(), columns_); }

  std::string place(const json::JsonValue& finding) const {
    return place_html(accounting_["files"], most_files, finding, columns_);
  }

  // What the page is about: with the run, its output, when and of what it was made.
  std::string heading() const {
    const json::JsonValue& run = report_["run"];
    if (!with_run_ || run["output"].text().empty()) return "<h1>gristmill: what is in the data</h1>\n";
    std::string when = run["started"].text();  // 2025-05-16T03:00:01Z
    if (when.size() == 20) when = when.substr(0, 10) + " " + when.substr(11, 5) + " UTC";
    std::string html = "<h1>" + foreign(run["output"].text(), columns_) + "</h1>\n<p>" + html_text(when) + ", from ";
    const auto& files = accounting_["files"].elements();
    html += text::counted(files.size() + accounting_["further_files"]["files"].count(), "file");
    for (std::size_t i = 0; i < std::min(files.size(), most_files_named); ++i)
      html += (i == 0 ? ": " : ", ") + text(files[i]["file"]);
    return html + (files.size() > most_files_named ? ", …" : "") + "</p>\n";
  }

  // The output as a user would write it, in a command.
  std::string output() const {
    const std::string& output = report_["run"]["output"].text();
    return with_run_ && !output.empty() ? output : "OUT";
  }

  // A command to copy.
  static std::string command(const std::string& words) {
    return "<p class=\"command\"><code>" + html_text(text::visible_text(words, 1000, true)) + "</code></p>\n";
  }

  std::string changes() const { return with_run_ ? changes_html(report_, columns_) : std::string(); }

  std::string header() const {
    const json::JsonValue& verdict = report_["verdict"];
    std::string failed;
    for (const json::JsonValue& check : report_["checks"].elements()) {
      if (check["status"].text() != "failed") continue;
      failed += failed.empty() ? "" : ", ";
      failed += "<a href=\"#check-" + std::to_string(check["number"].count()) + "\">" + html_title(check) + "</a> (" +
                threshold_text(check) + ")";
    }
    std::string html = "<header>\n" + heading() + "<p class=\"verdict ";
    if (!verdict["passed"].is_true()) {
      html += "failed\" role=\"status\">Failed: " + failed +
              "</p>\n<p>Nothing is published by a run whose checks fail, unless it was "
              "told to: fix the data or the thresholds and run again, or publish it as it is with <code>gristmill "
              "publish</code>.</p>\n";
    } else if (!verdict["warned_checks"].elements().empty()) {
      html += "warned\" role=\"status\">Passed, with " +
              text::counted(verdict["warned_checks"].elements().size(), "warning") + "</p>\n";
    } else {
      html += "passed\" role=\"status\">Passed: no check found anything</p>\n";
    }
    html += "<ul class=\"figures\">";
    std::uint64_t lines = 0;
    std::uint64_t rejected = 0;
    std::uint64_t blank = 0;
    for (const std::string_view dataset : dataset_names) {
      const json::JsonValue& total = accounting_["totals"][dataset];
      lines += total["lines"].count();
      rejected += total["rejected"].count();
      blank += total["blank"].count();
    }
    const auto figure = [&](const std::string& number, std::string_view what) {
      html += "<li><b>" + number + "</b>" + html_text(what) + "</li>";
    };
    figure(text::grouped(lines), "lines in");
    figure(percent(rejected, lines - blank), "of them rejected");
    figure(text::grouped(accounting_["rows"]["labels"].count()), "label rows");
    figure(text::grouped(accounting_["rows"]["predictions"].count()), "prediction rows");
    figure(text::grouped(accounting_["rows"]["sessions"].count()), "sessions");
    html += "</ul>\n<p class=\"soft\">inputs " + foreign(report_["inputs_id"].text()) + ", gristmill " +
            html_text(report_["version"].text());
    if (with_run_) html += ", run " + foreign(report_["run"]["run_id"].text());
    return html + "</p>\n</header>\n";
  }

  std::string navigation() const {
    std::string html =
        "<nav aria-label=\"sections\">" +
        std::string(with_run_ && !report_["run"]["drift"].is_null() ? "<a href=\"#changes\">changes</a>" : "") +
        "<a href=\"#accounting\">accounting</a><a href=\"#checks\">checks</a><a "
        "href=\"#hints\">hints</a>"
        "<a href=\"#sessions\">sessions</a><a href=\"#models\">models</a><a href=\"#partitions\">partitions</a>"
        "<a href=\"#files\">files</a><a href=\"#settings\">settings</a>";
    if (with_run_) html += "<a href=\"#run\">run</a>";
    return html + "<button id=\"fold\" type=\"button\" aria-pressed=\"false\" hidden>expand all</button></nav>\n";
  }

  std::string overview() const {
    std::string html =
        "<h2 id=\"accounting\">Accounting</h2>\n<p>Every line is exactly one of accepted, rejected or blank; the "
        "counts were checked from two sides.</p>\n<div class=\"charts\">";
    for (const std::string_view dataset : dataset_names) {
      const json::JsonValue& total = accounting_["totals"][dataset];
      const bool collections = dataset == "collections";
      Flow flow;
      flow.lines = total["lines"].count();
      if (flow.lines == 0) continue;
      flow.repaired = check(validation::checks::RepairedLines::id)["counts"][dataset]["lines"].count();
      flow.clean = total["accepted"].count() - std::min(flow.repaired, total["accepted"].count());
      flow.rejected = total["rejected"].count();
      flow.blank = total["blank"].count();
      flow.forgotten = total["forgotten"].count();
      flow.rows = accounting_["rows"][collections ? "labels" : "predictions"].count();
      html += flow_chart(dataset, collections ? "label rows" : "prediction rows", flow);
    }
    html += "</div>\n<p>" + text::counted(accounting_["rows"]["sessions"].count(), "session") + " aggregated; " +
            text::counted(report_["predictions_of_unknown_sessions"].count(), "prediction row") +
            " of sessions that no collection has";
    for (const std::string_view dataset : dataset_names) {
      html += "; " + text::counted(report_["without_profile_or_session"][dataset]["lines"].count(), "line") + " of " +
              std::string(dataset) + " without a profile or a session";
    }
    for (const std::string_view dataset : dataset_names) {
      const std::uint64_t resolved = accounting_["totals"][dataset]["resolved"].count();
      if (resolved > 0)
        html += "; " + text::counted(resolved, "rejected line") + " of " + std::string(dataset) +
                " resolved, having come back mended";
    }
    return html + ".</p>\n";
  }

  const json::JsonValue& check(Check which) const {
    static const json::JsonValue none;
    const auto& all = report_["checks"].elements();
    const auto index = static_cast<std::size_t>(which);
    return index < all.size() ? all[index] : none;
  }

  std::string checks() const {
    std::string html = "<h2 id=\"checks\">Checks</h2>\n" + table_of_checks(true);
    html +=
        "<p class=\"search\" hidden><label for=\"search\">Search in all findings: </label><input id=\"search\" "
        "type=\"search\" "
        "autocomplete=\"off\"> <span id=\"found\" role=\"status\"></span></p>\n";
    std::string passed;
    for (const std::string_view status : {"failed", "warned", "ignored"}) {
      for (const json::JsonValue& each : report_["checks"].elements()) {
        if (each["status"].text() == status) html += one_check(each);
      }
    }
    for (const json::JsonValue& each : report_["checks"].elements()) {
      if (each["status"].text() != "passed") continue;
      const std::string number = std::to_string(each["number"].count());
      passed += (passed.empty() ? "" : ", ") + ("<span id=\"check-" + number + "\">" + number) + ". " +
                html_title(each) + "</span>";
    }
    return html + (passed.empty() ? "" : "<p>" + status_html("passed") + ": " + passed + "</p>\n");
  }

  std::string table_of_checks(bool with_links) const {
    std::vector<std::string> rows;
    for (const json::JsonValue& each : report_["checks"].elements()) {
      const std::string number = std::to_string(each["number"].count());
      const std::string title = number + ". " + html_title(each);
      rows.push_back(html_cell(with_links ? "<a href=\"#check-" + number + "\">" + title + "</a>" : title) +
                     number_cell(each["findings"]["collections"].count()) +
                     number_cell(each["findings"]["predictions"].count()) +
                     html_cell(status_html(each["status"].text())) + html_cell(threshold_text(each)));
    }
    return html_table({{"check"}, {"collections", true}, {"predictions", true}, {"status"}, {"severity"}}, rows);
  }

  std::string one_check(const json::JsonValue& each) const {
    const std::string number = std::to_string(each["number"].count());
    std::string html = "<h3 id=\"check-" + number + "\">" + number + ". " + html_title(each) + " " +
                       status_html(each["status"].text()) + "</h3>\n" + counts(each);
    if (!each["examples"].is_null()) html += examples(each);
    return html + culprits(each);
  }

  // "metadata outside 2000–2100:" of metadata_outside_2000_2100.
  static std::string words_of(const std::string& name) {
    std::string words;
    for (std::size_t i = 0; i < name.size(); ++i) {
      const bool is_range = name[i] == '_' && i > 0 && std::isdigit(name[i - 1]) != 0 && i + 1 < name.size() &&
                            std::isdigit(name[i + 1]) != 0;
      words += is_range ? "–" : name[i] == '_' ? " " : std::string(1, name[i]);
    }
    return html_text(words) + ":";
  }

  // The numbers of a check by data set, but for those by name, which stand with their examples.
  static std::string counts(const json::JsonValue& each) {
    std::string html;
    for (const auto& [dataset, numbers] : each["counts"].members()) {
      std::string parts;
      for (const auto& [name, value] : numbers.members()) {
        if (value.type() != json::JsonType::number || value.count() == 0) continue;
        parts += (parts.empty() ? "" : ", ") + words_of(name) + " " + text::grouped(value.count());
      }
      if (!parts.empty()) html += "<p><b>" + html_text(dataset) + "</b>: " + parts + "</p>\n";
    }
    return html.empty() ? "<p class=\"soft\">nothing found</p>\n" : html;
  }

  std::string examples(const json::JsonValue& each) const {
    const std::optional<Check> known = check_named(each["name"].text());
    const std::string_view kinds = known ? validation::definition_of(*known).kinds_name : "";
    std::string html;
    for (const auto& [dataset, by_name] : each["examples"].members()) {
      const json::JsonValue& counts = each["counts"][dataset][kinds];
      const auto count_of = [&](const std::string& name) { return counts[name].count(); };
      std::vector<std::pair<std::uint64_t, const std::pair<std::string, json::JsonValue>*>> worst_first;
      for (const auto& member : by_name.members()) worst_first.emplace_back(count_of(member.first), &member);
      std::ranges::stable_sort(worst_first, std::greater<>(), [](const auto& counted) { return counted.first; });
      const std::uint64_t lines = accounting_["totals"][dataset]["lines"].count();
      for (const auto& [count, member] : worst_first)
        html += one_kind(each["name"].text(), dataset, member->first, member->second, count, lines);
    }
    return html;
  }

  // Lines of one reason or repair: how many, what to do, and the first of them.
  std::string one_kind(std::string_view check, std::string_view dataset, const std::string& name,
                       const json::JsonValue& examples, std::uint64_t count, std::uint64_t lines) const {
    std::string_view seen;
    if (!examples.elements().empty()) {
      const json::JsonValue& raw = examples.elements().front()["raw"];
      if (!raw.is_null()) seen = raw.text();
    }
    const double share = lines == 0 ? 0 : 100 * static_cast<double>(count) / static_cast<double>(lines);
    char width[32];
    std::snprintf(width, sizeof width, "%.1f", share);
    std::string html =
        "<details><summary><svg class=\"share\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
        "aria-hidden=\"true\"><rect width=\"" +
        std::string(width) + "\" height=\"10\"/></svg><b>" + html_text(name) + "</b>: " + text::counted(count, "line") +
        " of " + html_text(dataset) + ", " + percent(count, lines) + "</summary>\n<p>" +
        html_text(advice_at_the_source(name, seen)) + "</p>\n";
    if (const MendedLine* example = mended_line(name))
      html += "<p>Instead of " + foreign(example->line, columns_) + " write " + foreign(example->mended, columns_) +
              "</p>\n";
    if (check == all_checks()[static_cast<std::size_t>(validation::checks::RejectedLines::id)].name)
      html += command("gristmill show " + output() + " quarantine --reason " + name);
    std::vector<std::string> rows;
    for (const json::JsonValue& line : examples.elements()) {
      const json::JsonValue& raw = line["raw"].is_null() ? line["raw_base64"] : line["raw"];
      rows.push_back(html_cell(place(line)) + html_cell(foreign(raw.text(), 2 * columns_)));
    }
    return html + html_table({{"for example"}, {line_head(examples)}}, rows, true) + "</details>\n";
  }

  static std::string_view line_head(const json::JsonValue& lines) {
    const bool encoded = std::any_of(lines.elements().begin(), lines.elements().end(),
                                     [](const json::JsonValue& line) { return line["raw"].is_null(); });
    return encoded ? "the line begins (what is not UTF-8: in Base64)" : "the line begins";
  }

  std::string culprits(const json::JsonValue& each) const {
    const auto& all = each["culprits"].elements();
    if (all.empty()) return {};
    std::vector<std::string> rows;
    for (const json::JsonValue& culprit : all) {
      std::string what;
      if (culprit["session"].is_null()) {
        what = text(culprit["what"]);
      } else {
        what = text(culprit["session"]) + ": " + text::counted(culprit["profiles"].count(), "profile") + ", " +
               text::counted(culprit["rows"].count(), "row");
      }
      rows.push_back(html_cell(html_text(culprit["dataset"].text())) + html_cell(place(culprit)) + html_cell(what));
    }
    const std::string_view what = all.front()["session"].is_null() ? "what" : "session";
    return "<details><summary>where: the first " + text::grouped(rows.size()) + "</summary>\n" +
           html_table({{"data set"}, {"file and line"}, {what}}, rows, true) + "</details>\n";
  }

  static std::string share_cell(std::uint64_t part, std::uint64_t whole) {
    return "<td class=\"number\">" + percent(part, whole) + "</td>";
  }

  static std::string kibibytes(std::uint64_t bytes) { return text::grouped((bytes + 1023) / 1024); }

  std::string files() const {
    std::vector<std::string> rows;
    const auto& all = accounting_["files"].elements();
    for (std::size_t i = 0; i < std::min(all.size(), most_files); ++i) {
      std::string row = "<td id=\"file-" + std::to_string(i + 1) + "\">" + text(all[i]["file"]) + "</td>" +
                        html_cell(html_text(all[i]["dataset"].text()));
      const std::uint64_t judged = all[i]["lines"].count() - all[i]["blank"].count();
      for (const char* name : {"lines", "accepted", "rejected"}) row += number_cell(all[i][name].count());
      row += share_cell(all[i]["rejected"].count(), judged);
      if (all[i]["repaired"].is_null()) {
        row += "<td></td><td></td>";
      } else {
        row += number_cell(all[i]["repaired"].count()) + share_cell(all[i]["repaired"].count(), judged);
      }
      row +=
          number_cell(all[i]["blank"].count()) + "<td class=\"number\">" + kibibytes(all[i]["bytes"].count()) + "</td>";
      rows.push_back(std::move(row));
    }
    const std::vector<Head> heads = {{"file"},           {"data set"},         {"lines", true},    {"accepted", true},
                                     {"rejected", true}, {"% rejected", true}, {"repaired", true}, {"% repaired", true},
                                     {"blank", true},    {"KiB", true}};
    std::string html = "<h2 id=\"files\">Files</h2>\n" + sortable_table(heads, rows);
    if (all.size() > most_files)
      html += "<p class=\"soft\">and " + text::grouped(all.size() - most_files) + " more, see report.json</p>\n";
    return html;
  }

  std::string fields() const {
    std::string html;
    for (const auto& [dataset, fields] : report_["fields_not_carried"].members()) {
      std::vector<std::string> rows;
      const auto& names = fields["names"].members();
      for (std::size_t i = 0; i < std::min(names.size(), most_names); ++i) {
        rows.push_back(html_cell(foreign(names[i].first, columns_)) + number_cell(names[i].second.count()));
      }
      if (rows.empty()) continue;
      html += "<h3>" + html_text(dataset) + "</h3>\n" + html_table({{"field"}, {"lines", true}}, rows);
      if (names.size() > most_names)
        html += "<p class=\"soft\">and " + text::grouped(names.size() - most_names) + " more, see report.json</p>\n";
      if (fields["other"].count() > 0)
        html += "<p class=\"soft\">other names: " + text::grouped(fields["other"].count()) + "</p>\n";
    }
    if (html.empty()) return {};
    return "<h2 id=\"fields\">Fields not carried</h2>\n<p>Fields at the top level of lines that are in no row. The "
           "setting "
           "<code>carry</code> adds them as columns.</p>\n" +
           html;
  }

  // Leaves of a value, by dotted names.
  void add_leaves(const std::string& name, const json::JsonValue& value, std::vector<std::string>& rows) const {
    if (value.type() == json::JsonType::object) {
      for (const auto& [key, member] : value.members()) add_leaves(name.empty() ? key : name + "." + key, member, rows);
      return;
    }
    std::string cell;
    if (value.type() == json::JsonType::array) {
      for (const json::JsonValue& element : value.elements()) cell += (cell.empty() ? "" : " ") + text(element);
    } else {
      cell = text(value);
    }
    if (rows.size() < most_names) rows.push_back(html_cell("<code>" + html_text(name) + "</code>") + html_cell(cell));
  }

  std::string settings() const {
    std::string html = "<h2 id=\"settings\">Settings</h2>\n<p>Those that may change the data:</p>\n";
    std::vector<std::string> rows;
    add_leaves("", report_["recipe"], rows);
    html += html_table({{"setting"}, {"value"}}, rows);
    const auto& given = report_["run"]["settings"].elements();
    if (!with_run_ || given.empty()) return html;
    rows.clear();
    for (const json::JsonValue& setting : given) {
      rows.push_back(html_cell("<code>" + html_text(setting["key"].text()) + "</code>") +
                     html_cell(text(setting["value"])) + html_cell(text(setting["origin"])));
    }
    return html + "<p>Those that were given, and where:</p>\n" + html_table({{"setting"}, {"value"}, {"from"}}, rows);
  }

  std::string run() const {
    if (!with_run_) return {};
    const json::JsonValue& run = report_["run"];
    std::string html = "<h2 id=\"run\">This run</h2>\n";
    std::vector<std::string> rows;
    const auto row = [&](std::string_view name, const std::string& value) {
      rows.push_back(html_cell(html_text(name)) + html_cell(value));
    };
    for (const json::JsonValue& stage : run["stages"].elements()) {
      row(stage["name"].text(), text::seconds_text(stage["seconds"].number()));
    }
    row("all so far", text::seconds_text(run["seconds"].number()));
    row("threads", text::grouped(run["threads"].count()));
    row("memory", text::memory_text(run["peak_memory"].count()) + " at the peak, budget " +
                      text::memory_text(run["memory_budget"].count()));
    row("spilled", text::bytes_text(run["spilled_bytes"].count()));
    for (const auto& [kind, count] : run["requests"].members())
      row("requests to S3: " + kind, text::grouped(count.count()));
    if (!run["output"].text().empty()) row("output", foreign(run["output"].text()));
    return html + html_table({{""}, {""}}, rows);
  }

  const json::JsonValue& report_;
  bool with_run_;
  std::size_t columns_;
  const json::JsonValue& accounting_;
};

}  // namespace

namespace {

Result<json::JsonValue> parsed(std::string_view json) {
  std::optional<json::JsonValue> report = json::JsonValue::parse(json);
  if (!report || (*report)["format"].count() != 1 || (*report)["checks"].elements().size() != all_checks().size()) {
    return Error::output("this is no report.json of this version of gristmill", "make it again with 'gristmill run'");
  }
  return std::move(*report);
}

}  // namespace

Result<std::string> report_glance(std::string_view json) {
  GM_ASSIGN(const json::JsonValue report, parsed(json));
  return ReportPage(report, false, 120).glance();
}

Result<std::string> report_page(std::string_view json, bool with_run) {
  GM_ASSIGN(const json::JsonValue report, parsed(json));
  std::string page;
  for (std::size_t columns = 120; columns >= fewest_columns; columns /= 2) {
    page = ReportPage(report, with_run, columns).html();
    if (page.size() <= largest_page) break;
  }
  return page;
}

}  // namespace gristmill::report

std::string gristmill::report_html(const RunReport& report) {
  Result<std::string> page = report::report_page(report_json(report), false);
  return page.ok() ? std::move(*page) : page.error().message;
}
