// For tests: a small report with findings in every check and hostile texts in every place that can hold one.
#pragma once

#include "gristmill/report.h"
#include "validate/all_checks.h"
#include "validate/judge.h"

namespace gristmill::report {

inline const std::string& hostile_id() {
  static const std::string id =
      "<script>alert(1)</script>\"'&\x1b[31mred\xc2\x9b"
      "2J\xe2\x80\xae"
      "desrever\n\r\t\x7f" +
      std::string("\0", 1) + "]]>";
  return id;
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

inline RunReport sample_report() {
  RunReport report;
  report.version = "1.2.3";
  report.inputs_id = "0123456789abcdef0123456789abcdef";
  report.recipe = "{\"strict\":false}";
  report.files = {
      {Dataset::collections, "a<b>&\x1b[2J.jsonl", 4000, 1000, 1200, 1190, 8, 2},
      {Dataset::collections, "bad\xff.jsonl.gz", 100, 50, 3, 3, 0, 0},
      {Dataset::predictions, "predictions.jsonl", 12345678, 12345678, 1234567, 1234560, 7, 0, 5},
  };
  for (const FileReport& file : report.files) {
    FileReport& total = report.totals[static_cast<std::size_t>(file.dataset)];
    total.dataset = file.dataset;
    total.bytes += file.bytes;
    total.stored_bytes += file.stored_bytes;
    total.lines += file.lines;
    total.accepted += file.accepted;
    total.rejected += file.rejected;
    total.blank += file.blank;
  }

  using namespace validation::checks;
  Accounting& accounting = report.accounting;
  DatasetAccount& collections = accounting.of(Dataset::collections);
  DatasetAccount& predictions = accounting.of(Dataset::predictions);
  collections.rows = 5000;
  collections.partitions = 12;
  const auto count = [&](Check check, Dataset dataset, std::size_t number) -> std::uint64_t& {
    return accounting.of(check).count(dataset, number);
  };
  count(MissingIds::id, Dataset::collections, MissingIds::profile_id) = 3;
  count(MissingIds::id, Dataset::collections, MissingIds::profile_id + 2) = 2;
  count(MissingIds::id, Dataset::collections, MissingIds::lines) = 4;
  count(MissingTypes::id, Dataset::collections, MissingTypes::rows) = 7;
  collections.rejections[static_cast<std::size_t>(Reason::invalid_json)] = 5;
  collections.rejections[static_cast<std::size_t>(Reason::invalid_utf8)] = 3;
  collections.rejection_examples[static_cast<std::size_t>(Reason::invalid_json)].add({0, 10}, 2,
                                                                                     "{\"a\":" + hostile_id());
  collections.rejection_examples[static_cast<std::size_t>(Reason::invalid_utf8)].add({0, 99}, 3, "{\"\xff\xfe\"");
  collections.repairs[static_cast<std::size_t>(Repair::alias)] = 11;
  collections.repair_examples[static_cast<std::size_t>(Repair::alias)].add({1, 0}, 1, "{\"Metadata\":{}}");
  collections.repaired_lines = 11;
  count(RepeatedLines::id, Dataset::collections, RepeatedLines::lines) = 1;
  count(Time::id, Dataset::collections, Time::metadata_lines) = 2;
  collections.lines_without_session = 3;
  collections.rows_without_session = 9;
  collections.fields_not_carried.add("app", 4);
  collections.fields_not_carried.add(hostile_id(), 2);
  predictions.rows = 1234561;
  predictions.partitions = 1234;
  count(MissingTypes::id, Dataset::predictions, MissingTypes::rows) = 1;
  predictions.rejections[static_cast<std::size_t>(Reason::score_not_number)] = 7;
  count(Time::id, Dataset::collections, Time::early_entries) = 6;
  count(Range::id, Dataset::predictions, Range::score) = 2;
  count(Range::id, Dataset::predictions, Range::confidence) = 3;
  count(Range::id, Dataset::predictions, Range::rows) = 4;
  for (std::uint64_t line = 1; line <= 4; ++line) {
    accounting.of(MissingIds::id).culprits.add({0, line * 10}, line, "profile_id");
  }
  accounting.of(MissingTypes::id).culprits.add({0, 70}, 7, "7 label rows without behaviour type");
  accounting.of(MissingTypes::id).culprits.add({2, 70}, 7, "prediction row without model name");
  accounting.of(RejectedLines::id).culprits.add({0, 10}, 2, "invalid_json: at byte 5");
  accounting.of(RepairedLines::id).culprits.add({1, 0}, 1, "alias");
  accounting.of(RepeatedLines::id).culprits.add({0, 30}, 4, "the line repeats an earlier one byte for byte");
  accounting.of(Range::id).culprits.add({2, 0}, 1, "score 1.5, confidence 2");
  accounting.of(Time::id).culprits.add({0, 0}, 1, "6 entries are earlier than their collection");

  report.sessions.distinct = {40, 39};
  count(DuplicateIds::id, Dataset::collections, DuplicateIds::sessions) = 2;
  count(UnmatchedSessions::id, Dataset::collections, UnmatchedSessions::sessions) = 9;
  count(UnmatchedSessions::id, Dataset::collections, UnmatchedSessions::rows) = 34;
  count(UnmatchedSessions::id, Dataset::predictions, UnmatchedSessions::sessions) = 1;
  count(UnmatchedSessions::id, Dataset::predictions, UnmatchedSessions::rows) = 11;
  accounting.of(DuplicateIds::id).sessions = {{hostile_id(), Dataset::collections, 2, 5, {0, 10}, 2},
                                              {std::string(10000, 'x'), Dataset::collections, 3, 6, {1, 0}, 1}};
  accounting.of(UnmatchedSessions::id).sessions = {{"日本語の長い名前", Dataset::collections, 1, 34, {0, 0}, 1},
                                                   {"s-1", Dataset::predictions, 1, 11, {2, 5}, 1234567}};
  report.sessions.rows = 41;
  CountDistribution of_collections;
  CountDistribution failed_keystrokes;
  ScoreDistribution weighted_mean;
  ScoreDistribution swipe_mean;
  for (std::uint64_t i = 0; i < 41; ++i) {
    of_collections.add(i * i);
    failed_keystrokes.add(i % 3);
    weighted_mean.add(i == 0 ? std::nullopt : std::optional<double>(static_cast<double>(i) / 40));
    swipe_mean.add(static_cast<double>(i) / 20 - 0.5);
  }
  report.sessions.distributions = {{"number_of_collections", of_collections},
                                   {"weighted_mean_model_score", weighted_mean},
                                   {"mean_swipe_score", swipe_mean},
                                   {"failed_keystroke_predictions", failed_keystrokes}};
  collections.partition_sizes.add("labels/profile-id=a/collections.jsonl", 4000);
  collections.partition_sizes.add("labels/profile-id=" + hostile_id() + "/collections.jsonl", 10'000'000);
  predictions.partition_sizes.add("predictions/profile-id=a/predictions.jsonl", 100);
  accounting.models.add("swipe_model", 1747299119000.0, 0.93, 0.8);
  accounting.models.add("swipe_model", 1747399119000.0, std::nullopt, 0.7);
  accounting.models.add(hostile_id(), 1747299119000.0, 0.25, std::nullopt);
  accounting.models.add("", std::nullopt, std::nullopt, std::nullopt);
  report.sessions.predictions_of_unknown_sessions = 12;

  Recipe recipe;
  recipe.checks[static_cast<std::size_t>(RejectedLines::id)] = {Severity::fail, 0.5, true};
  recipe.checks[static_cast<std::size_t>(Time::id)].severity = Severity::ignore;
  validation::judge_checks(recipe, report);

  report.run.run_id = "run-7";
  report.run.started = "2025-05-15T08:51:59Z";
  report.run.seconds = 2.5;
  report.run.stages = {{"route", 1.5}, {"grind", 1.0}};
  report.run.threads = 2;
  report.run.memory_budget = 64U << 20;
  report.run.peak_memory = 41U << 20;
  report.run.output = "/data/out";
  report.run.publish_way = "exchange";
  return report;
}

}  // namespace gristmill::report
