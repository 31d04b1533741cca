#include <gtest/gtest.h>
#include <simdjson.h>

#include "report/render.h"
#include "report/sample_report_testing.h"

namespace gristmill::report {
namespace {

namespace dom = simdjson::dom;

class ReportJson : public ::testing::Test {
 protected:
  const dom::element& parsed(const RunReport& report) {
    text_ = report_json(report);
    EXPECT_EQ(parser_.parse(text_).get(root_), simdjson::SUCCESS) << text_;
    return root_;
  }
  std::uint64_t number(const char* pointer) const {
    std::uint64_t value = UINT64_MAX;
    EXPECT_EQ(root_.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer;
    return value;
  }
  std::string text(const char* pointer) const {
    std::string_view value;
    EXPECT_EQ(root_.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer;
    return std::string(value);
  }
  std::size_t size(const char* pointer) const {
    dom::element value;
    EXPECT_EQ(root_.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer;
    dom::array array;
    if (value.get(array) == simdjson::SUCCESS) return array.size();
    dom::object object;
    EXPECT_EQ(value.get(object), simdjson::SUCCESS) << pointer;
    return object.size();
  }

  std::string text_;
  dom::parser parser_;
  dom::element root_;
};

TEST_F(ReportJson, SaysWhatItIsAndHowItWent) {
  parsed(sample_report());
  EXPECT_EQ(number("/format"), 1U);
  EXPECT_EQ(text("/version"), "1.2.3");
  EXPECT_EQ(text("/inputs_id"), "0123456789abcdef0123456789abcdef");
  EXPECT_FALSE(bool(root_.at_pointer("/recipe/strict")));
  EXPECT_FALSE(bool(root_.at_pointer("/verdict/passed")));
  EXPECT_EQ(size("/verdict/failed_checks"), 1U);
  EXPECT_EQ(text("/verdict/failed_checks/0"), "rejected_lines");
  EXPECT_EQ(size("/verdict/warned_checks"), 7U);
  EXPECT_TRUE(text_.ends_with("\n  }\n}\n"));
}

TEST_F(ReportJson, AccountsForEveryLine) {
  parsed(sample_report());
  ASSERT_EQ(size("/accounting/files"), 3U);
  EXPECT_EQ(text("/accounting/files/0/dataset"), "collections");
  EXPECT_EQ(text("/accounting/files/0/file"), "a<b>&\x1b[2J.jsonl");
  EXPECT_EQ(text("/accounting/files/1/file"), "bad\xef\xbf\xbd.jsonl.gz");
  EXPECT_EQ(number("/accounting/files/0/lines"), 1200U);
  EXPECT_EQ(number("/accounting/files/0/accepted"), 1190U);
  EXPECT_EQ(number("/accounting/files/0/rejected"), 8U);
  EXPECT_EQ(number("/accounting/files/0/blank"), 2U);
  EXPECT_EQ(number("/accounting/files/0/bytes"), 4000U);
  EXPECT_EQ(number("/accounting/files/0/stored_bytes"), 1000U);
  EXPECT_EQ(number("/accounting/totals/collections/lines"), 1203U);
  EXPECT_EQ(number("/accounting/totals/predictions/rejected"), 7U);
  EXPECT_EQ(number("/accounting/rows/labels"), 5000U);
  EXPECT_EQ(number("/accounting/rows/predictions"), 1234561U);
  EXPECT_EQ(number("/accounting/rows/sessions"), 41U);
  EXPECT_EQ(number("/accounting/partitions/labels"), 12U);
  EXPECT_EQ(number("/accounting/partitions/predictions"), 1234U);
  EXPECT_EQ(number("/accounting/session_ids/collections"), 40U);
  EXPECT_EQ(number("/without_profile_or_session/collections/lines"), 3U);
  EXPECT_EQ(number("/without_profile_or_session/collections/rows"), 9U);
  EXPECT_EQ(number("/predictions_of_unknown_sessions"), 12U);
}

TEST_F(ReportJson, NamesTheFieldsNotCarried) {
  RunReport report = sample_report();
  for (int i = 0; i < 1010; ++i) {
    report.accounting.of(Dataset::predictions).fields_not_carried.add("f" + std::to_string(10000 + i), 2);
  }
  parsed(report);
  EXPECT_EQ(number("/fields_not_carried/collections/names/app"), 4U);
  EXPECT_EQ(size("/fields_not_carried/collections/names"), 2U);
  EXPECT_EQ(number("/fields_not_carried/collections/other"), 0U);
  EXPECT_EQ(size("/fields_not_carried/predictions/names"), 1000U);
  EXPECT_EQ(number("/fields_not_carried/predictions/other"), 20U);
  dom::object names;
  ASSERT_EQ(root_.at_pointer("/fields_not_carried/collections/names").get(names), simdjson::SUCCESS);
  std::uint64_t count = 0;
  ASSERT_EQ(names.at_key(hostile_id()).get(count), simdjson::SUCCESS);
  EXPECT_EQ(count, 2U);
}

TEST_F(ReportJson, AFieldNameMayBeALoneSurrogate) {
  RunReport report;
  report.accounting.of(Dataset::collections).fields_not_carried.add("\xed\xa0\x80", 1);
  EXPECT_NE(report_json(report).find("\"\\ud800\": 1\n"), std::string::npos);
}

TEST_F(ReportJson, EveryCheckHasItsMembers) {
  parsed(sample_report());
  ASSERT_EQ(size("/checks"), all_checks().size());
  std::size_t i = 0;
  for (const dom::element check : root_["checks"]) {
    EXPECT_EQ(std::uint64_t(check["number"]), i + 1);
    EXPECT_EQ(std::string_view(check["name"]), all_checks()[i].name);
    std::vector<std::string_view> keys;
    for (const dom::key_value_pair member : dom::object(check)) keys.push_back(member.key);
    std::vector<std::string_view> expected = {"number",    "name",     "status", "severity",
                                              "threshold", "findings", "counts"};
    if (i == 4 || i == 5) expected.push_back("examples");
    expected.push_back("culprits");
    EXPECT_EQ(keys, expected) << i;
    ++i;
  }
  EXPECT_EQ(text("/checks/4/status"), "failed");
  EXPECT_EQ(text("/checks/4/severity"), "fail");
  EXPECT_EQ(double(root_.at_pointer("/checks/4/threshold/fail_above")), 0.5);
  EXPECT_EQ(text("/checks/4/threshold/unit"), "percent_of_lines");
  EXPECT_EQ(text("/checks/0/threshold/unit"), "percent_of_lines");
  EXPECT_EQ(text("/checks/1/threshold/unit"), "findings");
  EXPECT_EQ(text("/checks/8/status"), "ignored");
  EXPECT_EQ(number("/checks/8/findings/collections"), 8U);
}

TEST_F(ReportJson, CountsOfTheNineChecks) {
  parsed(sample_report());
  EXPECT_EQ(number("/checks/0/counts/collections/lines"), 4U);
  EXPECT_EQ(number("/checks/0/counts/collections/profile_id"), 3U);
  EXPECT_EQ(number("/checks/0/counts/collections/session_id"), 0U);
  EXPECT_EQ(number("/checks/0/counts/collections/collection_id"), 2U);
  EXPECT_EQ(number("/checks/1/counts/collections/sessions"), 2U);
  EXPECT_EQ(number("/checks/2/counts/collections/sessions"), 9U);
  EXPECT_EQ(number("/checks/2/counts/collections/rows"), 34U);
  EXPECT_EQ(number("/checks/2/counts/predictions/sessions"), 1U);
  EXPECT_EQ(number("/checks/3/counts/collections/rows"), 7U);
  EXPECT_EQ(number("/checks/3/counts/predictions/rows"), 1U);
  EXPECT_EQ(number("/checks/4/counts/collections/lines"), 8U);
  EXPECT_EQ(size("/checks/4/counts/collections/reasons"), 2U);  // without those that did not occur
  EXPECT_EQ(number("/checks/4/counts/collections/reasons/invalid_json"), 5U);
  EXPECT_EQ(number("/checks/4/counts/predictions/reasons/score_not_number"), 7U);
  EXPECT_EQ(number("/checks/5/counts/collections/lines"), 11U);
  EXPECT_EQ(number("/checks/5/counts/collections/repairs/alias"), 11U);
  EXPECT_EQ(size("/checks/5/counts/predictions/repairs"), 0U);
  EXPECT_EQ(number("/checks/6/counts/collections/lines"), 1U);
  EXPECT_EQ(size("/checks/7/counts"), 1U);
  EXPECT_EQ(number("/checks/7/counts/predictions/score"), 2U);
  EXPECT_EQ(number("/checks/7/counts/predictions/confidence"), 3U);
  EXPECT_EQ(number("/checks/7/counts/predictions/rows"), 4U);
  EXPECT_EQ(number("/checks/8/counts/collections/entries_before_collection"), 6U);
  EXPECT_EQ(number("/checks/8/counts/collections/metadata_outside_2000_2100"), 2U);
  EXPECT_EQ(number("/checks/8/counts/predictions/metadata_outside_2000_2100"), 0U);
}

TEST_F(ReportJson, CulpritsAndExamplesSayWhere) {
  parsed(sample_report());
  EXPECT_EQ(size("/checks/0/culprits"), 4U);
  EXPECT_EQ(number("/checks/0/culprits/3/line"), 4U);
  EXPECT_EQ(text("/checks/0/culprits/3/what"), "profile_id");
  EXPECT_EQ(text("/checks/1/culprits/0/session"), hostile_id());
  EXPECT_EQ(number("/checks/1/culprits/1/profiles"), 3U);
  EXPECT_EQ(number("/checks/1/culprits/1/rows"), 6U);
  EXPECT_EQ(text("/checks/1/culprits/1/session").size(), 10000U);
  EXPECT_EQ(text("/checks/2/culprits/1/dataset"), "predictions");
  EXPECT_EQ(text("/checks/2/culprits/1/file"), "predictions.jsonl");
  EXPECT_EQ(number("/checks/2/culprits/1/line"), 1234567U);
  EXPECT_EQ(text("/checks/4/examples/collections/invalid_json/0/raw"), "{\"a\":" + hostile_id());
  EXPECT_EQ(number("/checks/4/examples/collections/invalid_json/0/line"), 2U);
  EXPECT_EQ(text("/checks/4/examples/collections/invalid_utf8/0/raw_base64"), "eyL//iI=");
  EXPECT_EQ(text("/checks/5/examples/collections/alias/0/raw"), "{\"Metadata\":{}}");
}

TEST_F(ReportJson, KeepsTheFirstHundredCulprits) {
  RunReport report = sample_report();
  for (std::uint64_t line = 500; line > 0; --line)
    report.accounting.of(validation::checks::RepairedLines::id).culprits.add({2, line}, line, "alias");
  parsed(report);
  ASSERT_EQ(size("/checks/5/culprits"), 100U);
  EXPECT_EQ(number("/checks/5/culprits/99/line"), 99U);
}

TEST_F(ReportJson, OnlyTheRunBlockDiffersBetweenRuns) {
  const RunReport report = sample_report();
  RunReport again = report;
  again.run = {"other", "2031-01-01T00:00:00Z", 99, {}, 64, 1U << 30, 5, 6, {{"get", 3}}, "s3://bucket/out", "journal"};
  again.accounting.spilled_bytes = 77;
  const std::string one = report_json(report);
  const std::string two = report_json(again);
  EXPECT_NE(one, two);
  EXPECT_EQ(one.substr(0, one.find("\n  \"run\": {")), two.substr(0, two.find("\n  \"run\": {")));
  EXPECT_EQ(report_html(report), report_html(again));
}

TEST_F(ReportJson, TheRunBlockIsLastAndComplete) {
  parsed(sample_report());
  std::string_view last;
  for (const dom::key_value_pair member : dom::object(root_)) last = member.key;
  EXPECT_EQ(last, "run");
  EXPECT_EQ(text("/run/run_id"), "run-7");
  EXPECT_EQ(text("/run/started"), "2025-05-15T08:51:59Z");
  EXPECT_EQ(double(root_.at_pointer("/run/seconds")), 2.5);
  EXPECT_EQ(text("/run/stages/1/name"), "grind");
  EXPECT_EQ(number("/run/threads"), 2U);
  EXPECT_EQ(number("/run/memory_budget"), 64U << 20);
  EXPECT_EQ(number("/run/peak_memory"), 41U << 20);
  EXPECT_EQ(number("/run/spilled_bytes"), 0U);
  EXPECT_EQ(text("/run/output"), "/data/out");
  EXPECT_EQ(text("/run/publish_way"), "exchange");
  EXPECT_TRUE(root_.at_pointer("/run/requests").error());
}

TEST_F(ReportJson, RequestsByKindWhereThereWereAny) {
  RunReport report = sample_report();
  report.run.requests = {{"get", 3}, {"tried again", 1}};
  parsed(report);
  EXPECT_EQ(number("/run/requests/get"), 3U);
  EXPECT_EQ(number("/run/requests/tried again"), 1U);
}

TEST_F(ReportJson, OfAnEmptyRun) {
  RunReport report;
  report.writes_rows = false;
  parsed(report);
  EXPECT_TRUE(bool(root_.at_pointer("/verdict/passed")));
  EXPECT_TRUE(root_.at_pointer("/recipe").is_null());
  EXPECT_TRUE(root_.at_pointer("/accounting/partitions").is_null());
  EXPECT_EQ(size("/checks"), all_checks().size());
}

TEST_F(ReportJson, TellsModelsOverTime) {
  RunReport report = sample_report();
  ModelUse models;
  const double may = 1747267200000.0;  // 2025-05-15T00:00:00Z
  const double day = 86'400'000.0;
  for (const double score : {0.1, 0.2, 0.3, 0.4}) models.add("old", may, score, 0.5);
  models.add("old", may + day, std::nullopt, 0.5);
  models.add("steady", may, 7.0, std::nullopt);
  models.add("steady", may + 2 * day, 0.5, std::nullopt);
  models.add("young", may + 2 * day, 0.5, 0.5);
  models.add("undated", std::nullopt, 0.5, 0.5);
  report.accounting.models = models;
  parsed(report);
  const auto told = [&](const std::string& pointer) {
    dom::element value;
    EXPECT_EQ(root_.at_pointer("/distributions/models/" + pointer).get(value), simdjson::SUCCESS) << pointer;
    return std::string(simdjson::minify(value));
  };
  EXPECT_EQ(told("unit"), R"("day")");
  EXPECT_EQ(told("models/0/model"), R"("old")");
  EXPECT_EQ(told("models/0/score"), "[0.1,0.2,0.3]");
  EXPECT_EQ(told("models/0/without_score"), "1");
  EXPECT_EQ(told("models/0/first"), R"("2025-05-15")");
  EXPECT_EQ(told("models/0/last"), R"("2025-05-16")");
  EXPECT_EQ(told("models/0/new") + told("models/0/gone"), "falsetrue");
  EXPECT_EQ(told("models/0/over_time/1"), R"({"time":"2025-05-16","rows":1,"without_score":1,"without_confidence":0,)"
                                          R"("score":[null,null,null],"confidence":[0.5,0.5,0.5]})");
  EXPECT_EQ(told("models/1/new") + told("models/1/gone"), "falsefalse");
  EXPECT_EQ(told("models/1/without_confidence"), "2");
  EXPECT_EQ(told("models/1/score"), "[0.5,0.5,null]");
  EXPECT_EQ(told("models/2/first"), "null");
  EXPECT_EQ(told("models/2/new") + told("models/2/gone"), "falsefalse");
  EXPECT_EQ(told("models/3/new") + told("models/3/gone"), "truefalse");
}

}  // namespace
}  // namespace gristmill::report
