// The commas and line ends follow from the stack of open containers alone. Tested in json_writer_test.cc.
#include "json/json_writer.h"

#include <cmath>

#include "json/json_text.h"
#include "json/number.h"

namespace gristmill::json {

void JsonWriter::new_line() {
  out_.push_back('\n');
  out_.append(2 * open_.size(), ' ');
}

void JsonWriter::begin_item() {
  if (open_.empty()) return;
  Container& container = open_.back();
  if (!container.empty) out_.push_back(',');
  if (!container.one_line) {
    new_line();
  } else if (!container.empty) {
    out_.push_back(' ');
  }
  container.empty = false;
}

void JsonWriter::begin_value() {
  if (!named_) begin_item();
  named_ = false;
}

void JsonWriter::name(std::string_view name) {
  begin_item();
  append_json_string(name, out_);
  out_.append(": ");
  named_ = true;
}

void JsonWriter::open(char opening, char closing, JsonLayout layout) {
  begin_value();
  out_.push_back(opening);
  const bool inside_line = !open_.empty() && open_.back().one_line;
  open_.push_back({closing, inside_line || layout == JsonLayout::one_line});
}

void JsonWriter::close() {
  const Container container = open_.back();
  open_.pop_back();
  if (!container.one_line && !container.empty) new_line();
  out_.push_back(container.closing);
}

void JsonWriter::text(std::string_view value) {
  begin_value();
  append_json_name(value, out_);
}

void JsonWriter::number(std::uint64_t value) {
  begin_value();
  out_.append(std::to_string(value));
}

void JsonWriter::real(double value) {
  if (!std::isfinite(value)) return null();
  begin_value();
  append_double(value, out_);
}

void JsonWriter::flag(bool value) {
  begin_value();
  out_.append(value ? "true" : "false");
}

void JsonWriter::null() {
  begin_value();
  out_.append("null");
}

void JsonWriter::json(std::string_view value) {
  begin_value();
  out_.append(value);
}

}  // namespace gristmill::json
