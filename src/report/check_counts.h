// The numbers of a check as a table for people: one row a data set.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gristmill/report.h"

namespace gristmill::report {

struct CheckCounts {
  std::vector<std::string_view> heads;
  // As many numbers as heads; none where the check does not apply to the data set.
  std::array<std::vector<std::uint64_t>, dataset_count> rows;
};

CheckCounts counts_of(const RunReport& report, Check check);

}  // namespace gristmill::report
