#include <gtest/gtest.h>

#include <set>

#include "record/json_text.h"
#include "report/page.h"
#include "report/report.h"
#include "report/sample_report.h"

namespace gristmill {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// The names of all tags, and whether they are well nested.
std::set<std::string> tags_of(const std::string& html, bool& well_nested) {
  static const std::set<std::string> single = {"!doctype", "meta"};
  std::set<std::string> names;
  std::vector<std::string> open;
  well_nested = true;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const bool closing = html[at + 1] == '/';
    const std::size_t begin = at + (closing ? 2 : 1);
    const std::string name = html.substr(begin, html.find_first_of(" >\n", begin) - begin);
    names.insert(name);
    if (single.contains(name)) continue;
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
  EXPECT_TRUE(has(html, "<p class=\"verdict failed\">Failed: Rejected lines</p>"));
  EXPECT_TRUE(has(html, "1,234,567"));
  EXPECT_TRUE(has(html, "41 sessions aggregated; 12 prediction rows of sessions that no collection has."));
  for (int check = 1; check <= 9; ++check) {
    EXPECT_TRUE(has(html, "<h2 id=\"check-" + std::to_string(check) + "\">" + std::to_string(check) + ". "));
  }
  EXPECT_TRUE(has(html, "predictions.jsonl</bdi></code>:1,234,567"));
  EXPECT_TRUE(has(html, "invalid_json"));
  EXPECT_TRUE(has(html, "{&quot;Metadata&quot;:{}}"));
  EXPECT_TRUE(has(html, "prefers-color-scheme: dark"));
}

TEST(ReportHtml, WhatTheInputBroughtIsNeverMarkup) {
  const std::string html = report_html(sample_report());
  bool well_nested = false;
  const std::set<std::string> tags = tags_of(html, well_nested);
  EXPECT_TRUE(well_nested);
  EXPECT_EQ(tags, (std::set<std::string>{"!doctype", "a",    "bdi",   "body",    "code",  "details",
                                         "h1",       "h2",   "h3",    "head",    "html",  "meta",
                                         "p",        "span", "style", "summary", "table", "tbody",
                                         "td",       "th",   "thead", "title",   "tr",    "div"}));
  EXPECT_TRUE(has(html, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\x1b[31m"));
  for (const char* bad : {"\x1b", "\xe2\x80\xae", "\xc2\x9b", "\xff", "\x7f"}) EXPECT_FALSE(has(html, bad));
  EXPECT_TRUE(is_utf8(html));
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

TEST(ReportHtml, UsesNoNetworkAndNoScript) {
  const std::string html = report_html(sample_report());
  for (const char* bad : {"http://", "https://", "<script", "url(", "@import", " src="})
    EXPECT_FALSE(has(html, bad)) << bad;
  EXPECT_TRUE(has(html, "default-src 'none'"));
}

TEST(ReportHtml, OfACleanRunHasPassed) {
  RunReport report;
  EXPECT_TRUE(has(report_html(report), "<p class=\"verdict passed\">Passed</p>"));
  report.checks[0].status = CheckStatus::warned;
  EXPECT_TRUE(has(report_html(report), "<p class=\"verdict warned\">Passed, with warnings</p>"));
}

TEST(Page, ForeignTextIsVisibleCutAndEscaped) {
  EXPECT_EQ(foreign("<i>&\n"), "<code><bdi>&lt;i&gt;&amp;\\x0a</bdi></code>");
  EXPECT_EQ(foreign("abcdef", 4), "<code><bdi>abc…</bdi></code>");
}

}  // namespace
}  // namespace gristmill
