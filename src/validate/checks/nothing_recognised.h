// Lines that are good JSON and have nothing to make rows of: another kind of data, or the two inputs swapped.
#pragma once

#include "validate/check.h"

namespace gristmill::validation::checks {

class NothingRecognised {
 public:
  static constexpr Check id{10};
  static constexpr CheckDescription description = {"nothing_recognised",
                                                   "Nothing recognised",
                                                   "accepted lines without a field behaviour or prediction",
                                                   {Severity::fail, 50.0, true}};
  enum Count : std::size_t { lines, with_the_other };

  void see(const AcceptedLine& line, Accounting& accounting) {
    if (!line.record.payload_missing) return;
    const Dataset dataset = line.origin.dataset;
    CheckFindings& found = accounting.of(id);
    ++found.count(dataset, lines);
    found.count(dataset, with_the_other) += line.record.other_payload ? 1 : 0;
    if (!found.culprits.wants(line.origin.place)) return;
    const bool is_collection = dataset == Dataset::collections;
    std::string what = is_collection ? "no behaviour" : "no prediction";
    if (line.record.other_payload) {
      what += is_collection ? ", but a prediction: are the two inputs swapped?"
                            : ", but a behaviour: are the two inputs swapped?";
    }
    found.culprits.add(line.origin.place, line.origin.line, std::move(what));
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return report.accounting.of(id).count(dataset, lines);
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    const CheckFindings& found = report.accounting.of(id);
    return {{"lines", found.count(dataset, lines)}, {"with_the_other", found.count(dataset, with_the_other)}};
  }
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    return {{"lines", findings(report, dataset)}, {"of accepted", total_of(report, dataset).accepted}};
  }
  static constexpr bool one_culprit_a_finding = true;
};

}  // namespace gristmill::validation::checks
