// A repair's stands in the table of repairs. Tested in report_html_test.cc: every repair and every reason has one.
#include "report/advice.h"

#include <utility>

#include "gristmill/repairs.h"

namespace gristmill::report {
namespace {

constexpr std::pair<std::string_view, std::string_view> advice_on_rejections[] = {
    {"invalid_json",
     "The line is cut, or two writers share one file: write each line in one call, and end it with a line feed."},
    {"invalid_utf8", "Write UTF-8; the bytes are of another encoding, or a text was cut within a character."},
    {"not_an_object", "Each line must be one object: a list of objects belongs on lines of its own."},
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

}  // namespace

std::string_view advice_at_the_source(std::string_view name) {
  for (const RepairEntry& repair : repair_table) {
    if (repair.name == name) return repair.advice;
  }
  for (const auto& [known, text] : advice_on_rejections) {
    if (known == name) return text;
  }
  return {};
}

}  // namespace gristmill::report
