// Entries before their collection, and times before 2000 or after 2100.
#pragma once

#include <algorithm>

#include "json/json_text.h"
#include "text/figures.h"
#include "validate/check.h"

namespace gristmill::validation::checks {

class Time {
 public:
  static constexpr Check id{8};
  static constexpr CheckDescription description = {
      "time", "Impossible times", "entries before their collection, and times before 2000 or after 2100", {}};
  enum Count : std::size_t { metadata_lines, early_entries };

  void see(const AcceptedLine& line, Accounting& accounting) {
    const record::Record& record = line.record;
    if (!record.time) return;
    if (is_possible_time(*record.time)) {
      std::uint64_t& newest = accounting.of(line.origin.dataset).newest;
      newest = std::max(newest, static_cast<std::uint64_t>(*record.time));
      return;
    }
    CheckFindings& found = accounting.of(id);
    ++found.count(line.origin.dataset, metadata_lines);
    if (found.culprits.wants(line.origin.place)) {
      found.culprits.add(
          line.origin.place, line.origin.line,
          "metadata timestamp " + json::beginning_of(record.timestamp, number_length) + " lies outside 2000 to 2100");
    }
  }
  void see(const LabelRow& row, Accounting&) { early_of_line_ += row.early ? 1 : 0; }
  void see(const EndOfLine& end, Accounting& accounting) {
    if (early_of_line_ == 0) return;
    CheckFindings& found = accounting.of(id);
    found.count(end.origin.dataset, early_entries) += early_of_line_;
    if (found.culprits.wants(end.origin.place)) {
      found.culprits.add(end.origin.place, end.origin.line,
                         std::to_string(early_of_line_) + " " +
                             std::string(text::noun_for(early_of_line_, "entry is", "entries are")) +
                             " earlier than the collection");
    }
    early_of_line_ = 0;
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    const CheckFindings& found = report.accounting.of(id);
    return found.count(dataset, metadata_lines) + found.count(dataset, early_entries);
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    const CheckFindings& found = report.accounting.of(id);
    NamedNumbers numbers;
    if (dataset == Dataset::collections) {
      numbers.emplace_back("entries_before_collection", found.count(dataset, early_entries));
    }
    numbers.emplace_back("metadata_outside_2000_2100", found.count(dataset, metadata_lines));
    return numbers;
  }
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    const CheckFindings& found = report.accounting.of(id);
    return {{"entries before collection", found.count(dataset, early_entries)},
            {"of rows", report.accounting.of(dataset).rows},
            {"metadata outside 2000-2100", found.count(dataset, metadata_lines)},
            {"of accepted", total_of(report, dataset).accepted}};
  }
  static NamedNumbers details(const RunReport& report) {
    const CheckFindings& found = report.accounting.of(id);
    return {{"entries before their collection", found.count(Dataset::collections, early_entries)},
            {"metadata outside 2000 to 2100",
             found.count(Dataset::collections, metadata_lines) + found.count(Dataset::predictions, metadata_lines)}};
  }

 private:
  std::uint64_t early_of_line_ = 0;  // label rows of the line at hand
};

}  // namespace gristmill::validation::checks
