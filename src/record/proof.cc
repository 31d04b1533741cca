// Tested in line_parser_rejections_test.cc and unwrapper_test.cc.
#include "record/proof.h"

#include "json/json_text.h"
#include "marks/marks.h"

namespace gristmill::record {

Proof prove(std::string_view line, std::uint32_t depth_limit, json::StopCheck& stop, Rejection& rejection) {
  const auto at_byte = [](std::size_t offset) { return "at byte " + std::to_string(offset); };
  if (!json::is_utf8(line)) {
    rejection = no_record(Reason::invalid_utf8, at_byte(json::utf8_fault(line)), line);
    return {};
  }
  const json::JsonCheck check = json::check_json(line, depth_limit, &stop);
  if (check) return {json::skip_space(line.begin()), check.nan};
  if (check.fault == json::JsonFault::too_deep) {
    rejection = {Reason::too_deep, "nested deeper than " + std::to_string(depth_limit) + " " + at_byte(check.at)};
  } else if (check.fault != json::JsonFault::stopped) {
    rejection = no_record(Reason::invalid_json, std::string(check.what) + ", " + at_byte(check.at), line);
  }
  return {};
}

Rejection no_record(Reason reason, std::string message, std::string_view line) {
  if (const marks::Likeness* likeness = marks::likeness_of_line(line)) {
    message.append("; it looks like ").append(likeness->name);
  }
  return {reason, std::move(message)};
}

}  // namespace gristmill::record
