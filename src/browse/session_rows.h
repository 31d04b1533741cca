// The columns of the session aggregates, and the order of rows by one of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gristmill::browse {

struct SessionColumn {
  std::string_view name;
  bool is_text = false;  // else a number
};

inline constexpr std::array<SessionColumn, 6> session_columns = {{{"profile_id", true},
                                                                  {"session_id", true},
                                                                  {"number_of_collections", false},
                                                                  {"weighted_mean_model_score", false},
                                                                  {"mean_swipe_score", false},
                                                                  {"failed_keystroke_predictions", false}}};

// A key whose bytewise order is the order of the rows: by the column's value, nulls last either way, equal
// ones by `number`, the row's place in the output. REQUIRES: `row` is a proved JSON object.
std::string sort_key(std::string_view row, const SessionColumn& column, bool descending, std::uint64_t number);

}  // namespace gristmill::browse
