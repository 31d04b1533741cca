#include <gtest/gtest.h>

#include <regex>

#include <set>

#include "json/json_text.h"
#include "record/record.h"
#include "report/advice.h"
#include "report/page.h"
#include "report/render.h"
#include "report/sample_report_testing.h"

namespace gristmill::report {
namespace {

// The names of all tags, and whether they are well nested.
std::set<std::string> tags_of(const std::string& html, bool& well_nested) {
  static const std::set<std::string> single = {"!doctype", "meta", "input"};
  std::set<std::string> names;
  std::vector<std::string> open;
  well_nested = true;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const bool closing = html[at + 1] == '/';
    const std::size_t begin = at + (closing ? 2 : 1);
    const std::string name = html.substr(begin, html.find_first_of(" >\n/", begin) - begin);
    names.insert(name);
    if (single.contains(name) || html[html.find('>', at) - 1] == '/') continue;
    if (name == "script" && !closing) at = html.find("</script>", at) - 1;
    if (!closing) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      well_nested = false;
    } else {
      open.pop_back();
    }
  }
  well_nested = well_nested && open.empty();
  return names;
}

TEST(ReportHtml, HoldsVerdictAccountingAndChecks) {
  const std::string html = report_html(sample_report());
  EXPECT_TRUE(has(html, "Failed: <a href=\"#check-5\">Rejected lines</a> (fail above 0.5%)</p>"));
  EXPECT_TRUE(has(html, "<li><b>1,235,770</b>lines in</li>"));
  EXPECT_TRUE(has(html, "41 sessions aggregated; 12 prediction rows of sessions that no collection has"));
  for (int check = 1; check <= 9; ++check) {
    EXPECT_TRUE(has(html, "<h3 id=\"check-" + std::to_string(check) + "\">" + std::to_string(check) + ". "));
  }
  EXPECT_TRUE(has(html, "<a href=\"#file-3\"><code><bdi>predictions.jsonl</bdi></code>:1,234,567</a>"));
  EXPECT_TRUE(has(html, "<td id=\"file-3\"><code><bdi>predictions.jsonl</bdi></code></td>"));
  EXPECT_TRUE(has(html, "<b>invalid_json</b>: 5 lines of collections"));
  EXPECT_TRUE(has(html, "two writers share one file"));
  EXPECT_TRUE(has(html, "{\"Metadata\":{}}"));
  EXPECT_TRUE(has(html, "prefers-color-scheme: dark"));
}

TEST(ReportHtml, TellsHints) {
  RunReport report = sample_report();
  EXPECT_TRUE(has(report_html(report), "<a href=\"#hints\">hints</a>"));
  EXPECT_TRUE(has(report_html(report), "nothing odd was seen"));
  EXPECT_FALSE(has(*report_glance(report_json(report)), "Hints"));
  report.accounting.of(Hint::page_clock).add(Dataset::predictions, {2, 5}, 1234567, hostile_id());
  report.carry_not_found[0] = {"apo"};
  const std::string html = report_html(report);
  EXPECT_FALSE(has(html, "nothing odd was seen"));
  EXPECT_TRUE(has(html, "<h3>Times of a page&#39;s clock: 1 in predictions</h3>"));
  EXPECT_TRUE(has(html, "performance.timeOrigin + performance.now()"));
  EXPECT_TRUE(has(html, "<a href=\"#file-3\"><code><bdi>predictions.jsonl</bdi></code>:1,234,567</a>"));
  EXPECT_TRUE(has(html, "did you mean \"app\"?"));
  EXPECT_TRUE(has(*report_glance(report_json(report)), "Names in carry that did not occur: 1 in collections"));
  bool well_nested = false;
  tags_of(html, well_nested);
  EXPECT_TRUE(well_nested);
}

TEST(ReportHtml, DrawsWhatIsInThere) {
  const std::string html = report_html(sample_report());
  EXPECT_TRUE(has(html, "<title>1,182 lines accepted as they came</title>"));
  EXPECT_TRUE(has(html, "<title>8 lines rejected</title>"));
  EXPECT_TRUE(has(html, "<title>64–127: 4</title>"));
  EXPECT_TRUE(has(html, "<title>32–63: 2</title>"));
  EXPECT_TRUE(has(html, "weighted mean model score: 0.025 to 1, 1 session without"));
  EXPECT_TRUE(has(html, "<title>below 0: 10</title>"));
  EXPECT_TRUE(has(html, "Prediction rows by day (UTC)"));
  EXPECT_TRUE(has(html, "<title>2025-05-16: 1</title>"));
  EXPECT_TRUE(has(html,
                  "<td class=\"whole\">(no name)</td><td class=\"number\">1</td><td class=\"number\">1</td><td "
                  "class=\"number\">100.00 %</td><td class=\"number\">100.00 %</td><td></td><td></td><td><span "
                  "class=\"whole\"></span></td><td class=\"number\">1</td>"));
  EXPECT_TRUE(has(html, "labels: the largest has 99.96 % of all bytes"));
}

TEST(ReportHtml, DrawsScoresOfAModelOverTime) {
  RunReport report = sample_report();
  report.accounting.models = {};
  const double may = 1747267200000.0;  // 2025-05-15T00:00:00Z
  const double day = 86'400'000.0;
  report.accounting.models.add("tap_model", may, 0.25, 0.5);
  report.accounting.models.add("tap_model", may + day, std::nullopt, std::nullopt);
  report.accounting.models.add("tap_model", may + 2 * day, 0.75, 0.5);
  report.accounting.models.add("new_model", may + 2 * day, 0.75, 0.5);
  const std::string html = report_html(report);
  EXPECT_TRUE(has(html, "tap_model</bdi></code>: score and confidence by day"));
  // A day without scores breaks the line of medians: two points that are not joined.
  EXPECT_TRUE(std::regex_search(html, std::regex("class=\"medians s0\" d=\"M[0-9. ]+h0M[0-9. ]+h0\"")));
  EXPECT_TRUE(has(html, "new, since 2025-05-17"));
  EXPECT_TRUE(has(html, "0.25 (0.25 to 0.75)"));
}

TEST(ReportHtml, EmptyBinsAreShownAsSuch) {
  RunReport report = sample_report();
  CountDistribution counts;
  for (const std::uint64_t count : {1, 9}) counts.add(count);
  report.sessions.distributions = {{"number_of_collections", counts}};
  const std::string html = report_html(report);
  EXPECT_TRUE(has(html, "<title>2–3: 0</title>"));
  EXPECT_TRUE(has(html, "<title>4–7: 0</title>"));
  EXPECT_FALSE(has(html, "<title>0: 0</title>"));
}

TEST(ReportHtml, EveryRepairAndReasonSaysWhatToDo) {
  for (std::size_t i = 0; i < reason_count; ++i) {
    const std::string_view name = name_of(static_cast<Reason>(i));
    EXPECT_FALSE(advice_at_the_source(name).empty()) << name;
  }
  EXPECT_TRUE(advice_at_the_source("another").empty());
}

TEST(ReportHtml, AdviceFitsTheLine) {
  const auto advice = [](std::string_view name, std::string_view line) { return advice_at_the_source(name, line); };
  EXPECT_TRUE(advice("not_an_object", "[{},{}]").starts_with("It looks like a JSON array: "));
  EXPECT_TRUE(advice("invalid_json", "{}{}").starts_with("It looks like several values on a line: "));
  EXPECT_EQ(advice("invalid_json", "{\"a\":"), advice_at_the_source("invalid_json"));
  const auto entries = [&](const std::string& value) {
    return advice("entry_not_in_list", R"({"behaviour":{"mobile":{"swipes":)" + value + "}}}");
  };
  EXPECT_TRUE(entries(R"("[{\"x\":1}]")").starts_with("The list was encoded twice"));
  EXPECT_TRUE(entries(R"({"x":[1,2],"t":[3,4]})").starts_with("The entries stand as columns"));
  EXPECT_TRUE(entries(R"({"0":{"x":1},"1":{"x":2}})").starts_with("A level stands between"));
  EXPECT_EQ(entries(R"({"x":1})"), advice_at_the_source("entry_not_in_list"));
}

TEST(ReportHtml, IsMadeOfTheJsonAgain) {
  const RunReport report = sample_report();
  const auto again = report_page(report_json(report), false);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, report_html(report));
  const auto of_the_run = report_page(report_json(report), true);
  ASSERT_TRUE(of_the_run.ok());
  EXPECT_FALSE(has(*again, "run-7"));
  EXPECT_TRUE(has(*of_the_run, "run-7"));
  EXPECT_TRUE(has(*of_the_run, "<td>route</td><td>1.50 s</td>"));
  for (const char* none : {"", "{}", "[1]", "{\"format\":2}", "{\"format\":1,\"checks\":[]}", "not json"}) {
    EXPECT_FALSE(report_page(none, false).ok()) << none;
  }
}

TEST(ReportHtml, WhatTheInputBroughtIsNeverMarkup) {
  const std::string html = report_html(sample_report());
  bool well_nested = false;
  const std::set<std::string> tags = tags_of(html, well_nested);
  EXPECT_TRUE(well_nested);
  EXPECT_EQ(tags, (std::set<std::string>{"!doctype", "a",      "b",          "bdi",    "body",  "button", "code",
                                         "details",  "div",    "figcaption", "figure", "h1",    "h2",     "h3",
                                         "head",     "header", "html",       "input",  "label", "li",     "line",
                                         "main",     "meta",   "nav",        "p",      "path",  "rect",   "script",
                                         "span",     "style",  "summary",    "svg",    "table", "tbody",  "td",
                                         "text",     "th",     "thead",      "title",  "tr",    "ul"}));
  EXPECT_TRUE(has(html, "&lt;script&gt;alert(1)&lt;/script&gt;\"'&amp;\\x1b[31m"));
  for (const char* bad : {"\x1b", "\xe2\x80\xae", "\xc2\x9b", "\xff", "\x7f"}) EXPECT_FALSE(has(html, bad));
  EXPECT_TRUE(json::is_utf8(html));
}

TEST(ReportHtml, LongNamesAreCut) {
  const std::string html = report_html(sample_report());
  EXPECT_FALSE(has(html, std::string(300, 'x')));
  EXPECT_TRUE(has(html, "xxx…"));
}

TEST(ReportHtml, StaysSmallForManyFiles) {
  RunReport report = sample_report();
  const FileReport file = report.files[2];
  report.files.resize(5000, file);
  const std::string html = report_html(report);
  EXPECT_TRUE(has(html, "and 4,800 more, see report.json"));
  EXPECT_LT(html.size(), 200000U);
}

TEST(ReportHtml, IsBelowAMegabyteWhateverTheInputHolds) {
  RunReport report = sample_report();
  const std::string nasty(10'000, '&');
  report.files.resize(300, {Dataset::collections, nasty, 1, 1, 1, 1, 0, 0});
  for (CheckFindings& found : report.accounting.checks) {
    for (std::uint64_t line = 0; line < 100; ++line) found.culprits.add({4, line}, line, nasty);
    found.sessions.resize(100, {nasty, Dataset::collections, 2, 5, {4, 10}, 2});
  }
  for (DatasetAccount& account : report.accounting.datasets) {
    for (std::size_t i = 0; i < reason_count; ++i) {
      account.rejections[i] = 5;
      for (std::uint64_t line = 0; line < 5; ++line) account.rejection_examples[i].add({4, line}, line, nasty);
    }
    for (int i = 0; i < 200; ++i) account.fields_not_carried.add(std::to_string(i) + nasty.substr(0, 900));
  }
  for (std::size_t model = 0; model < 2 * ModelUse::most_models; ++model) {
    for (std::size_t day = 0; day < ModelUse::most_times; ++day) {
      const double time = 1747299119000.0 + static_cast<double>(day) * 86'400'000.0;
      for (const double score : {0.123, 0.456, 0.789}) {
        report.accounting.models.add(std::to_string(model) + nasty, time, score, score / 2);
      }
    }
  }
  const std::string html = report_html(report);
  EXPECT_LT(html.size(), 1'000'000U);
  EXPECT_TRUE(has(html, "&amp;&amp;&amp;…"));
}

TEST(ReportHtml, UsesNoNetworkAndNoOtherScript) {
  const std::string html = report_html(sample_report());
  for (const char* bad : {"http://", "https://", "url(", "@import", " src=", "fetch("})
    EXPECT_FALSE(has(html, bad)) << bad;
  EXPECT_TRUE(has(html, "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-"));
  EXPECT_EQ(html.find("<script>"), html.rfind("<script"));
}

TEST(ReportHtml, OfACleanRunHasPassed) {
  RunReport report;
  EXPECT_TRUE(
      has(report_html(report), "<p class=\"verdict passed\" role=\"status\">Passed: no check found anything</p>"));
  report.checks[0].status = CheckStatus::warned;
  EXPECT_TRUE(has(report_html(report), "<p class=\"verdict warned\" role=\"status\">Passed, with 1 warning</p>"));
}

TEST(Page, ForeignTextIsVisibleCutAndEscaped) {
  EXPECT_EQ(foreign("<i>&\n"), "<code><bdi>&lt;i&gt;&amp;\\x0a</bdi></code>");
  EXPECT_EQ(foreign("abcdef", 4), "<code><bdi>abc…</bdi></code>");
}

}  // namespace
}  // namespace gristmill::report
