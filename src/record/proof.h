// That a line is JSON, which everything behind relies on; and what a line is called that is no record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/stop_check.h"
#include "record/record.h"

namespace gristmill::record {

struct Proof {
  const char* value = nullptr;  // the line's value; nullptr: it is rejected, or the check was stopped
  bool nan = false;             // a NaN or an Infinity stands somewhere in it
};

// `line` as LineParser::parse has it. Fills in `rejection` where the line is rejected.
Proof prove(std::string_view line, std::uint32_t depth_limit, json::StopCheck& stop, Rejection& rejection);

// With what the line looks like, if its bytes tell.
Rejection no_record(Reason reason, std::string message, std::string_view line);

}  // namespace gristmill::record
