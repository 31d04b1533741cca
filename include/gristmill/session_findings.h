// What settling the facts by session id and the session aggregates finds.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "gristmill/data.h"
#include "gristmill/distributions.h"

namespace gristmill {

struct SessionFindings {
  std::array<std::uint64_t, dataset_count> distinct{};  // session ids, by data set
  std::uint64_t rows = 0;                               // of the aggregates
  std::uint64_t model_rows = 0;                         // of the aggregates by model
  std::vector<ColumnDistribution> distributions;        // of the counts and means, in the columns' order
  std::uint64_t predictions_of_unknown_sessions = 0;    // rows of a (profile, session) that no collection has

  void merge(const SessionFindings& other);
};

}  // namespace gristmill
