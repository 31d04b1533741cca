#include "report/tables.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "report/sample_report_testing.h"
#include "text/visible_text.h"

namespace gristmill::report {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

bool is_plain_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

TEST(ValidationTables, ShowCountsCulpritsAndTheRest) {
  const std::string text = validation_tables(sample_report(), {false, false, 100});
  const std::string expected =
      "1. Missing or blank ids: warned, fail above 50%\n"
      "                       no          no             no\n"
      "  data set     profile_id  session_id  collection_id  lines  of accepted\n"
      "  -----------  ----------  ----------  -------------  -----  -----------\n"
      "  collections           3           0              2      4        1,193\n"
      "  predictions           0           0              0      0    1,234,560\n"
      "    a<b>&\\x1b[2J.jsonl:1  no profile_id\n"
      "    a<b>&\\x1b[2J.jsonl:2  no profile_id\n"
      "    a<b>&\\x1b[2J.jsonl:3  no profile_id\n"
      "    ... and 1 more, see report.json\n";
  EXPECT_TRUE(has(text, expected)) << text;
  EXPECT_TRUE(has(text, "2. Sessions with more than one profile: warned\n")) << text;
  EXPECT_TRUE(has(text, "bad\\xff.jsonl.gz:1    3 profiles: session \"xxxx")) << text;
  EXPECT_TRUE(has(text, "predictions.jsonl:1234567  in no collection, 11 rows: session \"s-1\"\n")) << text;
  EXPECT_TRUE(has(text, "... and 8 more, see report.json\n")) << text;
  EXPECT_TRUE(has(text, "  predictions     1  1,234,561  model_name\n")) << text;
  EXPECT_TRUE(has(text, "  5. Rejected lines                   8            7  failed, fail above 0.5%\n")) << text;
  EXPECT_TRUE(has(text, "  5.  invalid_json 5, invalid_utf8 3, score_not_number 7\n")) << text;
}

TEST(ValidationTables, StandForChecksThatFoundNothing) {
  const RunReport nothing;
  const std::string text = validation_tables(nothing, {false, true, 100});
  for (const char* title : {"1. Missing or blank ids: ✓ passed", "2. Sessions with more than one profile: ✓ passed",
                            "3. Sessions missing on the other side: ✓ passed",
                            "4. Rows without behaviour type or model name: ✓ passed", "9. "}) {
    EXPECT_TRUE(has(text, title)) << text;
  }
  EXPECT_FALSE(has(text, "more, see"));
}

TEST(ValidationTables, ValidateHasNoReportToSee) {
  RunReport report = sample_report();
  report.writes_rows = false;
  const std::string text = validation_tables(report, {false, false, 100});
  EXPECT_TRUE(has(text, "... and 8 more\n")) << text;
  EXPECT_FALSE(has(text, "report.json"));
}

TEST(ValidationTables, HostileTextsCannotReachTheTerminal) {
  const RunReport report = sample_report();
  EXPECT_TRUE(is_plain_ascii(validation_tables(report, {false, false, 100})));
  const std::string unicode = validation_tables(report, {false, true, 100});
  for (const char* bad : {"\x1b", "\xc2\x9b", "\xe2\x80\xae", "\r", "\t", "\x7f", "\xff"}) {
    EXPECT_FALSE(has(unicode, bad)) << unicode;
  }
  // With colours, the only escapes are our own.
  const std::string coloured = validation_tables(report, {true, true, 100});
  EXPECT_TRUE(has(coloured, "\x1b[1m"));
  EXPECT_FALSE(has(coloured, "\x1b[31m"));
  EXPECT_FALSE(has(coloured, "\x1b[2J"));
}

TEST(ValidationTables, KeepToTheWidth) {
  for (const unsigned width : {80U, 100U, 120U}) {
    for (const std::string& line : lines_of(validation_tables(sample_report(), {false, true, width}))) {
      EXPECT_LE(text::display_width(line), width) << line;
    }
  }
}

TEST(ValidationTables, LongFileNamesKeepTheirLineNumber) {
  RunReport report = sample_report();
  report.files[0].name = std::string(300, 'f') + ".jsonl";
  EXPECT_TRUE(has(validation_tables(report, {false, false, 100}), "ff...:2  no profile_id\n"));
}

TEST(Summary, TellsWhatARunDid) {
  const std::string text = summary(sample_report(), {false, false, 100});
  EXPECT_EQ(text,
            "Summary\n"
            "  data set     files      lines   accepted  rejected  blank  repaired       rows  partitions\n"
            "  -----------  -----  ---------  ---------  --------  -----  --------  ---------  ----------\n"
            "  collections      2      1,203      1,193         8      2        11      5,000          12\n"
            "  predictions      1  1,234,567  1,234,560         7      0         0  1,234,561       1,234\n"
            "\n"
            "  sessions  41 aggregate rows\n"
            "  checks    FAILED: rejected_lines\n"
            "  warnings  missing_ids, duplicate_ids, unmatched_sessions, missing_types, repairs, repeated_lines,\n"
            "            range\n"
            "  time      2.50 s for 12.3 MB of input, 4.94 MB/s, 2 threads\n"
            "  memory    41.0 MiB at the peak, budget 64.0 MiB\n"
            "  output    /data/out\n");
}

TEST(Summary, TellsTheStoredSizeOfCompressedInputs) {
  RunReport report = sample_report();
  report.totals[1].stored_bytes = 1000000;
  EXPECT_TRUE(has(summary(report, {false, false, 100}), "12.3 MB of input (1.00 MB stored), 4.94 MB/s"));
}

TEST(Summary, OfValidateHasNoPartitionsAndNoOutput) {
  RunReport report = sample_report();
  report.writes_rows = false;
  const std::string text = summary(report, {false, false, 100});
  EXPECT_FALSE(has(text, "partitions"));
  EXPECT_FALSE(has(text, "output"));
}

TEST(HeadOfSessions, ShowsTheFirstRows) {
  const std::string lines =
      "{\"profile_id\":\"p\\u001b1\",\"session_id\":\"s1\",\"number_of_collections\":2,"
      "\"weighted_mean_model_score\":0.9187654321098765,\"mean_swipe_score\":null}\n"
      "{\"profile_id\":\"p2\",\"session_id\":\"s2\",\"number_of_collections\":12,"
      "\"weighted_mean_model_score\":1e-07,\"mean_swipe_score\":0.5}\n"
      "{\"profile_id\":\"p3\"}\n";
  EXPECT_EQ(head_of_sessions(lines, 2, {false, false, 120}),
            "                           number_of_  weighted_mean_        mean_\n"
            "  profile_id  session_id  collections     model_score  swipe_score\n"
            "  ----------  ----------  -----------  --------------  -----------\n"
            "  p\\x1b1      s1                    2          0.9188            -\n"
            "  p2          s2                   12           1e-07          0.5\n");
}

TEST(HeadOfSessions, WhateverItIsGiven) {
  const text::TableStyle style{false, true, 100};
  EXPECT_EQ(head_of_sessions("", 5, style), "  no sessions\n");
  EXPECT_EQ(head_of_sessions("{\"a\":1}\n", 0, style), "  no sessions\n");
  EXPECT_TRUE(has(head_of_sessions("{\"a\":", 5, style), "{\"a\":"));
  EXPECT_TRUE(has(head_of_sessions("{\"a\":[1,2]}", 5, style), "[1,2]"));
  EXPECT_EQ(head_of_sessions("{\"a\":\"x\"}\n[]\n{\"a\":\"y\",\"b\":2}\n", 5, style),
            "  a      b\n  ─  ──  ─\n  x\n     []\n  y      2\n")
      << "a value stands under its own name";
}

}  // namespace
}  // namespace gristmill::report
