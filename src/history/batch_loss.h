// The line of a batch that lost lines of people who asked to be erased.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "gristmill/accounting.h"

namespace gristmill::history {

struct DatasetLoss {
  std::uint64_t accepted = 0;                    // lines
  std::uint64_t repaired = 0;                    // of these
  std::map<std::string, std::uint64_t> reasons;  // rejected lines
};

struct BatchLoss {
  std::array<DatasetLoss, dataset_count> datasets;
  Accounting left;  // what the accepted lines that are left came to
};

// `line`: as run_line() made it. Its counts of sessions and the findings of its checks stay as they are.
std::string without_lost(const std::string& line, const BatchLoss& loss);

}  // namespace gristmill::history
