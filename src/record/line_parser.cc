// Who parses a line: the fast path, if it takes it; else the complete parser, which decides. Most lines that are not
// quite usual have entries that are: the fast path goes over those of every collection, if it can.
//
// Tested in line_parser_test.cc, and one against the other in fast_path_test.cc.
#include "record/line_parser.h"

#include "json/json_text.h"

namespace gristmill::record {

bool LineParser::parse(Dataset dataset, std::string_view line, json::MarkBefore mark) {
  record_.repairs = {};
  record_.columns = {};
  record_.column_names = nullptr;
  record_.carried_here = {};
  record_.entry_units = {};
  record_.dotted_key = {};
  record_.ids_beside = 0;
  record_.fields_not_carried = record_.payload_missing = record_.other_payload = false;
  if (stop_.after(line.size())) return false;
  const bool begins_with_mark = mark == json::MarkBefore::possible && line.starts_with(json::byte_order_mark);
  if (begins_with_mark) line.remove_prefix(json::byte_order_mark.size());
  const bool marked = begins_with_mark || mark == json::MarkBefore::yes;
  record_text_ = line;
  is_wrapped_ = unwrapper_.is_needed(dataset);
  unwrapped_ = !is_wrapped_ || unwrapper_.unwrap(dataset, line);
  if (!unwrapped_ || stop_.stopped()) return false;
  if (is_wrapped_) record_text_ = line = unwrapper_.text();
  fast_path_took_it_ = fast_path_has_entries_ = rules_.fast_path && !marked && fast_path_.parse(dataset, line);
  if (fast_path_took_it_) return true;
  if (!complete_parser_.parse(dataset, line, marked) || stop_.stopped()) return false;
  fast_path_has_entries_ = rules_.fast_path && dataset == Dataset::collections &&
                           fast_path_.find_entries(line, complete_parser_.payload_object());
  return true;
}

void LineParser::free_memory() {
  record_ = {};
  complete_parser_.free_memory();
  unwrapper_.free_memory();
  names_seen_.free_memory();
}

void LineParser::for_each_prediction(const std::function<void(const Prediction&)>& callback) {
  if (fast_path_took_it_) {
    callback(fast_path_.prediction());
  } else {
    complete_parser_.for_each_prediction(callback);
  }
}

void LineParser::for_each_field_not_carried(const std::function<void(std::string_view)>& callback) {
  if (fast_path_took_it_ && !is_wrapped_) return;
  names_seen_.clear();
  const auto tell = [&](std::string_view name) {
    if (names_seen_.add(name)) callback(name);
  };
  if (is_wrapped_) unwrapper_.for_each_sibling(tell);
  if (!fast_path_took_it_) complete_parser_.for_each_field_not_carried(tell);
}

}  // namespace gristmill::record
