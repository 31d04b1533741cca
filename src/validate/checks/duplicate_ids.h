// Session ids with more than one profile id.
#pragma once

#include "text/figures.h"
#include "validate/check.h"

namespace gristmill::validation::checks {

class DuplicateIds {
 public:
  static constexpr Check id{1};
  static constexpr CheckDescription description = {
      "duplicate_ids", "Sessions with more than one profile", "session ids with more than one profile id", {}};
  enum Count : std::size_t { sessions };

  void see(const SettledSession& session, Accounting& accounting) {
    for (const SessionCulprit& seen : session.datasets) {
      if (seen.rows == 0 || seen.profiles < 2) continue;
      ++accounting.of(id).count(seen.dataset, sessions);
      add_session(session, seen, accounting.of(id));
    }
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return report.accounting.of(id).count(dataset, sessions);
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    return {{"sessions", findings(report, dataset)}};
  }
  static constexpr bool has_own_table = true;
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    return {{"session ids", findings(report, dataset)}, {"of all", distinct_sessions(report, dataset)}};
  }
  // The id, which may be long, stands last: what is cut is never the number.
  static std::string text_of(const SessionCulprit& culprit) {
    return text::counted(culprit.profiles, "profile") + ": session \"" + culprit.session + "\"";
  }
};

}  // namespace gristmill::validation::checks
