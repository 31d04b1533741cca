// Lines that repeat an earlier one of their data set byte for byte. How they are found: repetition_finder.h.
#pragma once

#include "validate/check.h"

namespace gristmill::validation::checks {

class RepeatedLines {
 public:
  static constexpr Check id{6};
  static constexpr CheckDescription description = {"repeated_lines", "Repeated lines", "repeated lines", {}};
  enum Count : std::size_t { lines };

  void see(const RepeatedLine& line, Accounting& accounting) {
    CheckFindings& found = accounting.of(id);
    ++found.count(line.origin.dataset, lines);
    if (found.culprits.wants(line.origin.place)) {
      found.culprits.add(
          {line.origin.place, line.origin.line, "the line repeats an earlier one byte for byte", line.owner});
    }
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return report.accounting.of(id).count(dataset, lines);
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    return {{"lines", findings(report, dataset)}};
  }
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    return {{"lines", findings(report, dataset)}, {"of accepted", total_of(report, dataset).accepted}};
  }
  static constexpr bool one_culprit_a_finding = true;
};

}  // namespace gristmill::validation::checks
