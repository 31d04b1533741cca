// Where in a line the record may stand that a transport has wrapped up: what `unwrap` would be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/field_names.h"

namespace gristmill::inspect {

// What an object has of a record.
struct Payloads {
  bool behaviour = false;
  bool prediction = false;
  bool identified = false;  // metadata, or two fields of a record under names that may be meant
  bool is_record() const { return behaviour || prediction || identified; }
};
// Of the object that begins at `value`; nothing of another value. REQUIRES: check_json has proved it.
Payloads payloads_of(const char* value, const record::FieldNames& names);

struct Wrapper {
  std::string path;  // as the setting `unwrap` has it
  Payloads payloads;
};
// The nearest place below the line's value, in the order of the text among those of one depth. Only a line that is no
// record itself is wrapped. REQUIRES: check_json has proved the line.
std::optional<Wrapper> find_wrapper(std::string_view line, const record::FieldNames& names, std::uint32_t depth_limit);

}  // namespace gristmill::inspect
