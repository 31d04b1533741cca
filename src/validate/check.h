// What a check is: one class in a file of its own in validate/checks/, which the build finds there (check_set.h).
//
// It has, all static but `see`:
//   id, description                 its place in the report, from 0 without a gap; name, title, help, default policy
//   see(fact, accounting)           counts; one for each kind of fact (facts.h) that it wants. What it must remember
//                                   from a line's beginning to its end are its members. Its counts are its own numbers
//                                   in accounting.of(id), which are added up by whoever merges
//   findings(report, data set)      the number that the threshold is held against
//   counts(report, data set)        the members of `counts` in report.json; none: the check is not for this data set
//   table(report, data set)         the same as people read them, beside what they are to be compared with
// and may have:
//   details(report)                 what stands below the table of further checks
//   has_own_table                   true: it is shown as a table of its own, with its first culprits
//   note                            a last column of that table
//   share(report, data set)         the percentage that a threshold is held against, where it is not that of the
//                                   findings in the lines that are not blank
//   kinds_name, kinds(account)      what its findings fall into, each with examples
//   one_culprit_a_finding           true: a line is one finding, so the number of those not shown is known
//   text_of(culprit)                a culprit for people; of a SessionCulprit: its culprits are sessions
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gristmill/report.h"
#include "validate/facts.h"

namespace gristmill::validation {

using NamedNumbers = std::vector<std::pair<std::string_view, std::uint64_t>>;

// A column of words: its head, and its cell by data set.
struct TableNote {
  std::string_view head;
  std::array<std::string_view, dataset_count> cells;
};

// A repair or a reason that occurred, with its examples.
struct FindingKind {
  std::string_view name;
  std::uint64_t count = 0;
  const Culprits* examples = nullptr;
};

template <std::size_t n>
std::vector<FindingKind> kinds_met(const std::array<std::uint64_t, n>& counts, const std::array<Culprits, n>& examples,
                                   std::string_view (*name)(std::size_t)) {
  std::vector<FindingKind> kinds;
  for (std::size_t i = 0; i < n; ++i) {
    if (counts[i] > 0) kinds.push_back({name(i), counts[i], &examples[i]});
  }
  return kinds;
}

inline const FileReport& total_of(const RunReport& report, Dataset dataset) {
  return report.totals[static_cast<std::size_t>(dataset)];
}

// Session ids of the data set.
inline std::uint64_t distinct_sessions(const RunReport& report, Dataset dataset) {
  return report.sessions.distinct[static_cast<std::size_t>(dataset)];
}

// A percentage. One rounded division gives the double that the same percentage reads as: met exactly is not above.
inline double percentage(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) * 100 / static_cast<double>(whole) : 0;
}

inline std::uint64_t lines_not_blank(const RunReport& report, Dataset dataset) {
  const FileReport& total = total_of(report, dataset);
  return total.lines - total.blank;
}

// Keeps the session as a culprit if it is among the first. REQUIRES: sessions come in bytewise order of their ids.
void add_session(const SettledSession& session, const SessionCulprit& seen, CheckFindings& found);

// A check's static part, whichever it is.
struct CheckDefinition {
  Check id{};
  CheckDescription description;
  std::uint64_t (*findings)(const RunReport& report, Dataset dataset) = nullptr;
  NamedNumbers (*counts)(const RunReport& report, Dataset dataset) = nullptr;
  NamedNumbers (*table)(const RunReport& report, Dataset dataset) = nullptr;
  NamedNumbers (*details)(const RunReport& report) = nullptr;           // may be nullptr
  double (*share)(const RunReport& report, Dataset dataset) = nullptr;  // may be nullptr
  bool has_own_table = false;
  const TableNote* note = nullptr;  // may be nullptr
  std::string_view kinds_name;
  std::vector<FindingKind> (*kinds)(const DatasetAccount& account) = nullptr;  // may be nullptr
  bool one_culprit_a_finding = false;
  std::string (*text_of_line)(const Culprit& culprit) = nullptr;            // nullptr: as it stands
  std::string (*text_of_session)(const SessionCulprit& culprit) = nullptr;  // nullptr: culprits are lines
};

// REQUIRES: there is such a check.
const CheckDefinition& definition_of(Check check);

}  // namespace gristmill::validation
