// Lines with a missing or blank profile, session or collection id.
#pragma once

#include "validate/check.h"

namespace gristmill::validation::checks {

class MissingIds {
 public:
  static constexpr Check id{0};
  static constexpr CheckDescription description = {"missing_ids",
                                                   "Missing or blank ids",
                                                   "lines with a missing or blank profile, session or collection id",
                                                   {Severity::fail, 50.0, true},
                                                   "of the data set's lines that are not blank, held against those "
                                                   "without profile or session"};
  enum Count : std::size_t { lines, profile_id };  // and the two other ids

  void see(const AcceptedLine& line, Accounting& accounting) {
    const record::Record& record = line.record;
    const bool missing[] = {record.profile.missing(), record.session.missing(), record.collection.missing()};
    if (!missing[0] && !missing[1] && !missing[2]) return;
    CheckFindings& found = accounting.of(id);
    ++found.count(line.origin.dataset, lines);
    for (std::size_t i = 0; i < std::size(missing); ++i) {
      found.count(line.origin.dataset, profile_id + i) += missing[i] ? 1 : 0;
    }
    if (!found.culprits.wants(line.origin.place)) return;
    std::string names;
    for (std::size_t i = 0; i < std::size(missing); ++i) {
      if (missing[i]) names.append(names.empty() ? "" : ", ").append(id_name(i));
    }
    found.culprits.add(line.origin.place, line.origin.line, std::move(names));
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return report.accounting.of(id).count(dataset, lines);
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    const CheckFindings& found = report.accounting.of(id);
    NamedNumbers numbers = {{"lines", found.count(dataset, lines)}};
    for (std::size_t i = 0; i < 3; ++i) numbers.emplace_back(id_name(i), found.count(dataset, profile_id + i));
    return numbers;
  }
  // Of lines that take part in no session.
  static double share(const RunReport& report, Dataset dataset) {
    return percentage(report.accounting.of(dataset).lines_without_session, lines_not_blank(report, dataset));
  }
  static constexpr bool has_own_table = true;
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    const CheckFindings& found = report.accounting.of(id);
    return {{"no profile_id", found.count(dataset, profile_id)},
            {"no session_id", found.count(dataset, profile_id + 1)},
            {"no collection_id", found.count(dataset, profile_id + 2)},
            {"lines", found.count(dataset, lines)},
            {"of accepted", total_of(report, dataset).accepted}};
  }
  static constexpr bool one_culprit_a_finding = true;
  static std::string text_of(const Culprit& culprit) { return "no " + culprit.what; }

 private:
  static std::string_view id_name(std::size_t i) {
    return field_names[static_cast<std::size_t>(Field::profile_id) + i];
  }
};

}  // namespace gristmill::validation::checks
