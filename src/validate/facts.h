// What grind and settle tell the checks, one line, row or session at a time. Every check takes those facts that it has
// a `see` for (check_set.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "gristmill/accounting.h"
#include "gristmill/data.h"
#include "record/record.h"

namespace gristmill::validation {

struct LineOrigin {
  Dataset dataset = Dataset::collections;
  Place place;
  std::uint64_t line = 0;  // from 1
};

struct RejectedLine {
  LineOrigin origin;
  Reason reason = Reason::invalid_json;
  std::string_view message;
  std::string_view raw;
  std::uint64_t length = 0;  // of the whole line, bytes: of one beyond the limit, `raw` is only its beginning
};

// A good line. Its rows follow, then the end of it.
struct AcceptedLine {
  LineOrigin origin;
  const record::Record& record;
  std::string_view text;
};

struct LabelRow {
  LineOrigin origin;
  const record::Entry& entry;
  bool early = false;  // its time is before its collection's
};

struct PredictionRow {
  LineOrigin origin;
  const record::Prediction& prediction;
};

struct EndOfLine {
  LineOrigin origin;
};

// Byte for byte as an earlier one of its data set.
struct RepeatedLine {
  LineOrigin origin;
  Owner owner = {};  // where the line is known by its hashes alone
};

// All that is known of a session id, once.
struct SettledSession {
  std::string_view id;  // unescaped
  std::array<SessionCulprit, dataset_count>
      datasets;  // without rows where the data set does not have it; ids are empty
};

// Whether a time lies in 2000 to 2100, both ends included. Milliseconds since 1970.
constexpr bool is_possible_time(double time) {
  constexpr double year_2000 = 946684800000.0;   // 2000-01-01T00:00:00Z
  constexpr double year_2100 = 4102444800000.0;  // 2100-01-01T00:00:00Z
  return time >= year_2000 && time <= year_2100;
}

inline constexpr std::size_t example_length = 400;  // bytes of a line that an example shows
inline constexpr std::size_t number_length = 40;    // bytes of a number that a culprit shows

}  // namespace gristmill::validation
