// What one run counted: a monoid. Every worker fills one of its own; merged in any order they give the
// same. The report and the audit are made of it alone.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/culprits.h"
#include "gristmill/data.h"
#include "gristmill/distributions.h"
#include "gristmill/hints.h"
#include "gristmill/recipe.h"
#include "gristmill/smallest_names.h"

namespace gristmill {

struct FileAccount {
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t blank = 0;
  std::uint64_t repaired = 0;   // of the accepted
  std::uint64_t forgotten = 0;  // of people who asked to be erased
};

// An example of a repair or a rejection: where, and the beginning of the line as it came.
inline constexpr std::size_t example_limit = 5;

struct DatasetAccount {
  std::uint64_t rows = 0;
  std::uint64_t partitions = 0;
  std::array<std::uint64_t, reason_count> rejections{};  // lines by reason, but those that are resolved
  std::array<std::uint64_t, repair_count> repairs{};     // lines by repair
  std::array<Culprits, reason_count> rejection_examples = make_examples<reason_count>();
  std::array<Culprits, repair_count> repair_examples = make_examples<repair_count>();
  std::uint64_t repaired_lines = 0;
  std::uint64_t lines_without_session = 0;  // without a profile or a session: they take part in none
  std::uint64_t rows_without_session = 0;
  SmallestNames fields_not_carried;
  std::vector<char> carried;  // by name in the recipe's `carry`: 1 if an accepted line had it; may be shorter
  PartitionDistribution partition_sizes;  // of what was written
  std::uint64_t resolved = 0;             // lines that were rejected, and came back mended in an output that grows
  std::uint64_t newest = 0;  // possible timestamp of an accepted line, milliseconds since 1970; 0: there is none

  void merge(const DatasetAccount& other);

 private:
  template <std::size_t n>
  static std::array<Culprits, n> make_examples() {
    std::array<Culprits, n> examples;
    examples.fill(Culprits(example_limit));
    return examples;
  }
};

// What one check counted. Which number means what, and which of the two kinds of culprits it has, the check says.
struct CheckFindings {
  static constexpr std::size_t most_counts = 4;

  std::array<std::array<std::uint64_t, most_counts>, dataset_count> counts{};  // by data set
  Culprits culprits;
  std::vector<SessionCulprit> sessions;  // the first 100 by session id

  std::uint64_t& count(Dataset dataset, std::size_t number) {
    return counts[static_cast<std::size_t>(dataset)][number];
  }
  std::uint64_t count(Dataset dataset, std::size_t number) const {
    return counts[static_cast<std::size_t>(dataset)][number];
  }
  void merge(const CheckFindings& other);
};

struct Accounting {
  std::vector<FileAccount> files;
  std::array<DatasetAccount, dataset_count> datasets;
  std::vector<CheckFindings> checks = std::vector<CheckFindings>(all_checks().size());  // by check
  std::array<HintFindings, hint_count> hints;                                           // by hint
  ModelUse models;
  // Both sides of the audit.
  std::uint64_t bytes_routed = 0;      // of records put into buckets
  std::uint64_t bytes_ground = 0;      // of records taken out
  std::uint64_t rows_counted = 0;      // by the parser
  std::uint64_t newlines_written = 0;  // counted in the bytes of the partitions
  std::uint64_t bytes_written = 0;
  std::uint64_t spilled_bytes = 0;

  void merge(const Accounting& other);
  // Applies `use` to every list of findings but examples of rejected lines, which are in the quarantine.
  void for_each_list(const auto& use) {
    for (DatasetAccount& dataset : datasets) {
      for (Culprits& examples : dataset.repair_examples) use(examples);
    }
    for (CheckFindings& findings : checks) use(findings.culprits);
    for (HintFindings& findings : hints) use(findings.first);
  }
  // Keeps more findings than are shown, for an output that grows (Culprits).
  void keep_spare() {
    for_each_list([](Culprits& culprits) { culprits.keep_spare(); });
  }
  DatasetAccount& of(Dataset dataset) { return datasets[static_cast<std::size_t>(dataset)]; }
  const DatasetAccount& of(Dataset dataset) const { return datasets[static_cast<std::size_t>(dataset)]; }
  CheckFindings& of(Check check) { return checks[static_cast<std::size_t>(check)]; }
  HintFindings& of(Hint hint) { return hints[static_cast<std::size_t>(hint)]; }
  const HintFindings& of(Hint hint) const { return hints[static_cast<std::size_t>(hint)]; }
  const CheckFindings& of(Check check) const { return checks[static_cast<std::size_t>(check)]; }
};

}  // namespace gristmill
