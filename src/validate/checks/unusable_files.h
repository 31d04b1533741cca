// Files with lines, of which none could be used: a file of another kind among the data.
#pragma once

#include <algorithm>

#include "validate/check.h"

namespace gristmill::validation::checks {

class UnusableFiles {
 public:
  static constexpr Check id{9};
  static constexpr CheckDescription description = {"unusable_files",
                                                   "Unusable files",
                                                   "files with lines of which none is accepted",
                                                   {Severity::fail, 0, false},
                                                   "of the data set's files"};

  // One that only lines of forgotten people could have been accepted of is none.
  static bool is_unusable(const FileReport& file) {
    return file.accepted + file.forgotten == 0 && file.lines > file.blank;
  }

  static std::uint64_t findings(const RunReport& report, Dataset dataset) {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        report.files, [&](const FileReport& file) { return file.dataset == dataset && is_unusable(file); }));
  }
  // Of the data set's files.
  static double share(const RunReport& report, Dataset dataset) {
    return percentage(findings(report, dataset), files(report, dataset));
  }
  static NamedNumbers counts(const RunReport& report, Dataset dataset) {
    return {{"files", findings(report, dataset)}};
  }
  static NamedNumbers table(const RunReport& report, Dataset dataset) {
    return {{"files", findings(report, dataset)}, {"of all", files(report, dataset)}};
  }
  static constexpr bool one_culprit_a_finding = true;

 private:
  static std::uint64_t files(const RunReport& report, Dataset dataset) {
    return static_cast<std::uint64_t>(
        std::ranges::count(report.files, dataset, [](const FileReport& file) { return file.dataset; }));
  }
};

}  // namespace gristmill::validation::checks
