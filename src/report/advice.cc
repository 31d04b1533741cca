// A repair's stands in the table of repairs. Tested in report_html_test.cc: every repair and every reason has one.
#include "report/advice.h"

#include <optional>
#include <utility>

#include "gristmill/data.h"
#include "gristmill/repairs.h"
#include "json/json_value.h"
#include "marks/marks.h"

namespace gristmill::report {
namespace {

constexpr std::pair<std::string_view, std::string_view> advice_on_rejections[] = {
    {"invalid_json",
     "The line is cut, or two writers share one file: write each line in one call, and end it with a line feed."},
    {"invalid_utf8", "Write UTF-8; the bytes are of another encoding, or a text was cut within a character."},
    {"not_an_object", "Each line must be one object: a list of objects belongs on lines of its own."},
    {"not_wrapped",
     "Not every line has its record where unwrap says: look for lines that were not wrapped, or were twice."},
    {"metadata_not_object", "metadata must be an object with the ids and the timestamp."},
    {"behaviour_not_object", "behaviour must be an object of platforms, each an object of lists."},
    {"prediction_not_object", "prediction must be an object with model_name, score and confidence."},
    {"id_not_scalar", "An id must be a string."},
    {"timestamp_invalid", "Write milliseconds since 1970 UTC, or null where the time is not known."},
    {"score_not_number", "A score must be a finite number, or null where the model failed."},
    {"confidence_not_number", "A confidence must be a finite number, or null."},
    {"model_name_not_string", "A model's name must be a string."},
    {"duplicate_key", "The same field stands twice, perhaps in two spellings: find the two places that write it."},
    {"line_too_long", "Look for a missing line feed; if lines are so long by right, raise limits.line."},
    {"too_deep", "Look for an object that holds itself; if it is meant, raise limits.depth."},
    {"id_too_long", "Look for a field that holds a text instead of an id, or use a shorter id, such as its hash."},
    {"partition_name_too_long",
     "The profile id is too long to be a folder's name: use a shorter id, such as its hash."},
    {"rows_too_large",
     "Each row repeats the line's metadata: move what is long out of it, or write fewer entries on a line; if it is "
     "meant, raise limits.rows."},
};

// What stands where a list of entries should: columns, a level more, a list that was encoded twice.
std::string_view advice_on_entries(const json::JsonValue& type) {
  if (type.type() == json::JsonType::string && type.text().starts_with('[')) {
    return "The list was encoded twice: hand it to the JSON encoder as a list, not as text.";
  }
  if (type.members().empty()) return {};
  bool lists = true;
  bool objects = true;
  for (const auto& [name, value] : type.members()) {
    lists = lists && value.type() == json::JsonType::array;
    objects = objects && (value.type() == json::JsonType::object ||
                          (!value.elements().empty() && value.elements()[0].type() == json::JsonType::object));
  }
  if (objects) return "A level stands between the type and its entries: write the entries as one list below the type.";
  if (lists) return "The entries stand as columns: write a list with an object for each entry.";
  return {};
}

std::string_view advice_on_entries_of(std::string_view line) {
  const std::optional<json::JsonValue> record = json::JsonValue::parse(line);
  if (!record) return {};
  for (const auto& [name, platforms] : record->members()) {
    for (const auto& [platform, types] : platforms.members()) {
      for (const auto& [type, entries] : types.members()) {
        if (const std::string_view advice = advice_on_entries(entries); !advice.empty()) return advice;
      }
    }
  }
  return {};
}

}  // namespace

std::string advice_at_the_source(std::string_view name, std::string_view line) {
  if (name == name_of(Reason::invalid_json) || name == name_of(Reason::invalid_utf8) ||
      name == name_of(Reason::not_an_object)) {
    if (const marks::Likeness* look = marks::likeness_of_line(line)) {
      return "It looks like " + std::string(look->name) + ": " + std::string(look->advice) + ".";
    }
  }
  if (name == entry_of(Repair::entry_not_in_list).name) {
    if (const std::string_view advice = advice_on_entries_of(line); !advice.empty()) return std::string(advice);
  }
  for (const RepairEntry& repair : repair_table) {
    if (repair.name == name) return std::string(repair.advice);
  }
  for (const auto& [known, text] : advice_on_rejections) {
    if (known == name) return std::string(text);
  }
  return {};
}

}  // namespace gristmill::report
