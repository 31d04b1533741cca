// The columns of an output's session rows, as its recipe says, and the order of rows by one of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "json/json_value.h"

namespace gristmill::browse {

struct SessionColumn {
  std::string name;
  bool is_text = false;   // else a number
  bool is_count = false;  // a whole one, never null
};

// The ids, then the columns of the recipe (of a manifest).
std::vector<SessionColumn> session_columns_of(const json::JsonValue& recipe);
// Those of a recipe that names none.
std::vector<SessionColumn> usual_session_columns();

// The recipe that the manifest in `folder` records. It stands in a line of its own before the list of files, which is
// not read.
Result<json::JsonValue> recipe_of(Storage& storage, const std::string& folder);

// A key whose bytewise order is the order of the rows: by the column's value, nulls last either way, equal
// ones by `number`, the row's place in the output. REQUIRES: `row` is a proved JSON object.
std::string sort_key(std::string_view row, const SessionColumn& column, bool descending, std::uint64_t number);

}  // namespace gristmill::browse
