// A row of the recipe's table `aggregates`: from its keys and values to an Aggregate that holds together, and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gristmill/aggregates.h"
#include "gristmill/result.h"

namespace gristmill::recipe {

struct AggregateMember {
  std::string key;
  std::vector<std::string> values;
  bool is_list = false;
};

// Lists are sorted and cut to what differs. A usage error says what does not fit and what would; the row's name stands
// before it.
[[nodiscard]] Result<Aggregate> read_aggregate(const std::string& name, const std::vector<AggregateMember>& members);

// NAME: {of: predictions, mean: score, models: [swipe_model]}, which YAML reads back.
std::string show_aggregate(const Aggregate& aggregate);

// Whether the columns may stand together, and each holds together: of a table that a program filled in.
[[nodiscard]] Status check_aggregates(const std::vector<Aggregate>& aggregates);

// The canonical text of a table (canonical_meaning); empty where it is the usual one.
std::string canonical_aggregates(const Recipe& recipe);

}  // namespace gristmill::recipe
