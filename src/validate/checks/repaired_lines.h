// Repaired lines, by repair.
#pragma once

#include "json/json_text.h"
#include "validate/check.h"

namespace gristmill::validation::checks {

class RepairedLines {
 public:
  static constexpr Check id{5};
  static constexpr CheckDescription description = {"repairs", "Repaired lines", "repaired lines", {}};

  void see(const AcceptedLine& line, Accounting& accounting) {
    if (line.record.repairs.empty()) return;
    const LineOrigin& origin = line.origin;
    DatasetAccount& account = accounting.of(origin.dataset);
    ++account.repaired_lines;
    for (std::size_t i = 0; i < repair_count; ++i) {
      if (!line.record.repairs.has(static_cast<Repair>(i))) continue;
      ++account.repairs[i];
      Culprits& examples = account.repair_examples[i];
      if (examples.wants(origin.place)) {
        examples.add(origin.place, origin.line, json::beginning_of(line.text, example_length));
      }
    }
    Culprits& culprits = accounting.of(id).culprits;
    if (!culprits.wants(origin.place)) return;
    std::string names;
    for (std::size_t i = 0; i < repair_count; ++i) {
      if (!line.record.repairs.has(static_cast<Repair>(i))) continue;
      names.append(names.empty() ? "" : ", ").append(repair_names[i]);
    }
    culprits.add(origin.place, origin.line, std::move(names));
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return report.accounting.of(dataset).repaired_lines;
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    return {{"lines", findings(report, dataset)}};
  }
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    return {{"lines", findings(report, dataset)}, {"of accepted", total_of(report, dataset).accepted}};
  }
  static constexpr std::string_view kinds_name = "repairs";
  static std::vector<FindingKind> kinds(const DatasetAccount& account) {
    return kinds_met(account.repairs, account.repair_examples, [](std::size_t i) { return repair_names[i]; });
  }
  static constexpr bool one_culprit_a_finding = true;
};

}  // namespace gristmill::validation::checks
