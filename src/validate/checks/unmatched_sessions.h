// Sessions that occur in one data set and not in the other.
#pragma once

#include "text/figures.h"
#include "validate/check.h"

namespace gristmill::validation::checks {

class UnmatchedSessions {
 public:
  static constexpr Check id{2};
  static constexpr CheckDescription description = {"unmatched_sessions",
                                                   "Sessions missing on the other side",
                                                   "sessions that occur in one data set and not in the other",
                                                   {}};
  enum Count : std::size_t { sessions, rows };

  void see(const SettledSession& session, Accounting& accounting) {
    for (std::size_t i = 0; i < dataset_count; ++i) {
      const SessionCulprit& seen = session.datasets[i];
      if (seen.rows == 0 || session.datasets[1 - i].rows > 0) continue;
      CheckFindings& found = accounting.of(id);
      ++found.count(seen.dataset, sessions);
      found.count(seen.dataset, rows) += seen.rows;
      add_session(session, seen, found);
    }
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return report.accounting.of(id).count(dataset, sessions);
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    return {{"sessions", findings(report, dataset)}, {"rows", report.accounting.of(id).count(dataset, rows)}};
  }
  static constexpr bool has_own_table = true;
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    return {{"session ids", findings(report, dataset)},
            {"their rows", report.accounting.of(id).count(dataset, rows)},
            {"of all ids", distinct_sessions(report, dataset)}};
  }
  static std::string text_of(const SessionCulprit& culprit) {
    const bool in_collections = culprit.dataset == Dataset::collections;
    return "in no " + std::string(in_collections ? "prediction" : "collection") + ", " +
           text::counted(culprit.rows, "row") + ": session \"" + culprit.session + "\"";
  }
};

}  // namespace gristmill::validation::checks
