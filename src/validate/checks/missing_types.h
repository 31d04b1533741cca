// Rows without a behaviour type or a model name.
#pragma once

#include "text/figures.h"
#include "validate/check.h"

namespace gristmill::validation::checks {

class MissingTypes {
 public:
  static constexpr Check id{3};
  static constexpr CheckDescription description = {"missing_types",
                                                   "Rows without behaviour type or model name",
                                                   "rows without a behaviour type or a model name",
                                                   {}};
  enum Count : std::size_t { rows };

  void see(const LabelRow& row, Accounting&) { of_line_ += row.entry.type_blank ? 1 : 0; }
  void see(const EndOfLine& end, Accounting& accounting) {
    if (of_line_ == 0) return;
    CheckFindings& found = accounting.of(id);
    found.count(end.origin.dataset, rows) += of_line_;
    if (found.culprits.wants(end.origin.place)) {
      found.culprits.add(end.origin.place, end.origin.line,
                         std::to_string(of_line_) + " " +
                             std::string(text::noun_for(of_line_, "label row", "label rows")) +
                             " without behaviour type");
    }
    of_line_ = 0;
  }
  void see(const PredictionRow& row, Accounting& accounting) {
    if (!row.prediction.model_blank) return;
    CheckFindings& found = accounting.of(id);
    ++found.count(row.origin.dataset, rows);
    if (found.culprits.wants(row.origin.place)) {
      found.culprits.add(row.origin.place, row.origin.line, "prediction row without model name");
    }
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return report.accounting.of(id).count(dataset, rows);
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) { return {{"rows", findings(report, dataset)}}; }
  static constexpr bool has_own_table = true;
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    return {{"rows", findings(report, dataset)}, {"of all", report.accounting.of(dataset).rows}};
  }
  static constexpr TableNote note = {"missing", {"behaviour_type", "model_name"}};

 private:
  std::uint64_t of_line_ = 0;  // label rows of the line at hand
};

}  // namespace gristmill::validation::checks
