// Rejected lines, by reason. Many records that were put on one line are one line, and many bytes: a percentage is that
// of the lines or of their bytes, whichever is larger. Those that came back mended are left out, as if they had never
// come.
#pragma once

#include "json/json_text.h"
#include "validate/check.h"

namespace gristmill::validation::checks {

class RejectedLines {
 public:
  static constexpr Check id{4};
  static constexpr CheckDescription description = {
      "rejected_lines",
      "Rejected lines",
      "rejected lines",
      {Severity::fail, 5.0, true},
      "of the data set's lines that are not blank, or of their bytes, whichever is larger"};

  enum Count : std::size_t { bytes, accepted_bytes };

  void see(const AcceptedLine& line, Accounting& accounting) {
    accounting.of(id).count(line.origin.dataset, accepted_bytes) += line.text.size();
  }
  void see(const RejectedLine& line, Accounting& accounting) {
    accounting.of(id).count(line.origin.dataset, bytes) += line.length;
    const LineOrigin& origin = line.origin;
    const auto reason = static_cast<std::size_t>(line.reason);
    DatasetAccount& account = accounting.of(origin.dataset);
    ++account.rejections[reason];
    Culprits& culprits = accounting.of(id).culprits;
    if (culprits.wants(origin.place)) {
      culprits.add(origin.place, origin.line, std::string(name_of(line.reason)) + ": " + std::string(line.message));
    }
    Culprits& examples = account.rejection_examples[reason];
    if (examples.wants(origin.place)) {
      examples.add(origin.place, origin.line, json::beginning_of(line.raw, example_length));
    }
  }

  // Puts what is `left` of the rejected lines of all batches, once resolved ones are taken out, in the place of what
  // was counted of them. `left.datasets[].resolved`: those that were taken out now.
  static void replace(const Accounting& left, Accounting& accounting) {
    accounting.of(id).culprits = left.of(id).culprits;
    for (const Dataset dataset : all_datasets) {
      DatasetAccount& account = accounting.of(dataset);
      account.rejections = left.of(dataset).rejections;
      account.rejection_examples = left.of(dataset).rejection_examples;
      account.resolved += left.of(dataset).resolved;
      accounting.of(id).count(dataset, bytes) = left.of(id).count(dataset, bytes);
    }
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return total_of(report, dataset).rejected - report.accounting.of(dataset).resolved;
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    return {{"lines", findings(report, dataset)}, {"bytes", report.accounting.of(id).count(dataset, bytes)}};
  }
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    const FileReport& total = total_of(report, dataset);
    const std::uint64_t rejected = findings(report, dataset);
    return {{"lines", rejected}, {"of all but blank", total.accepted + rejected}};
  }
  static double share(const RunReport& report, Dataset dataset) {
    const CheckFindings& found = report.accounting.of(id);
    const std::uint64_t rejected = found.count(dataset, bytes);
    const std::uint64_t lines = findings(report, dataset);
    return std::max(percentage(lines, lines_not_blank(report, dataset) - report.accounting.of(dataset).resolved),
                    percentage(rejected, rejected + found.count(dataset, accepted_bytes)));
  }
  static constexpr std::string_view kinds_name = "reasons";
  static std::vector<FindingKind> kinds(const DatasetAccount& account) {
    return kinds_met(account.rejections, account.rejection_examples,
                     [](std::size_t i) { return name_of(static_cast<Reason>(i)); });
  }
  static constexpr bool one_culprit_a_finding = true;
};

}  // namespace gristmill::validation::checks
