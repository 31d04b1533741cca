// Scores and confidences outside 0 to 1.
#pragma once

#include <optional>

#include "json/json_text.h"
#include "validate/check.h"

namespace gristmill::validation::checks {

class Range {
 public:
  static constexpr Check id{7};
  static constexpr CheckDescription description = {
      "range", "Scores outside 0 to 1", "prediction rows with a score or a confidence outside 0 to 1", {}};
  enum Count : std::size_t { score, confidence, rows };

  void see(const PredictionRow& row, Accounting& accounting) {
    const record::Prediction& prediction = row.prediction;
    const bool bad_score = is_outside(prediction.score_value);
    const bool bad_confidence = is_outside(prediction.confidence_value);
    if (!bad_score && !bad_confidence) return;
    CheckFindings& found = accounting.of(id);
    found.count(row.origin.dataset, score) += bad_score ? 1 : 0;
    found.count(row.origin.dataset, confidence) += bad_confidence ? 1 : 0;
    ++found.count(row.origin.dataset, rows);
    if (found.culprits.wants(row.origin.place)) {
      found.culprits.add(row.origin.place, row.origin.line,
                         "score " + json::beginning_of(prediction.score, number_length) + ", confidence " +
                             json::beginning_of(prediction.confidence, number_length));
    }
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return report.accounting.of(id).count(dataset, rows);
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    if (dataset == Dataset::collections) return {};
    const CheckFindings& found = report.accounting.of(id);
    return {{"score", found.count(dataset, score)},
            {"confidence", found.count(dataset, confidence)},
            {"rows", found.count(dataset, rows)}};
  }
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    NamedNumbers numbers = counts(report, dataset);
    if (!numbers.empty()) numbers.emplace_back("of all", report.accounting.of(dataset).rows);
    return numbers;
  }
  static NamedNumbers details(const RunReport& report) {
    const CheckFindings& found = report.accounting.of(id);
    return {{"score", found.count(Dataset::predictions, score)},
            {"confidence", found.count(Dataset::predictions, confidence)}};
  }
  static constexpr bool one_culprit_a_finding = true;

 private:
  static bool is_outside(const std::optional<double>& value) { return value && (*value < 0 || *value > 1); }
};

}  // namespace gristmill::validation::checks
