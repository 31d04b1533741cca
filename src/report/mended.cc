// Lines of every kind, in the order of the reasons and of the repairs. Tested in mended_test.cc: the parser finds in
// each what it stands for, and nothing in the mended one.
#include "report/mended.h"

#include <algorithm>

namespace gristmill::report {
namespace {

constexpr Dataset collections = Dataset::collections;
constexpr Dataset predictions = Dataset::predictions;

constexpr MendedLine mended_lines[] = {
    {"invalid_json", collections, R"({"metadata":{"profile_id":"p","session_id":"s")",
     R"({"metadata":{"profile_id":"p","session_id":"s"}})"},
    {"invalid_utf8", collections, "{\"metadata\":{\"profile_id\":\"Zo\xEB\"}}",
     "{\"metadata\":{\"profile_id\":\"Zo\xC3\xAB\"}}"},
    {"not_an_object", collections, R"([{"metadata":{"profile_id":"p"}}])", R"({"metadata":{"profile_id":"p"}})"},
    {"metadata_not_object", collections, R"({"metadata":["p","s"]})",
     R"({"metadata":{"profile_id":"p","session_id":"s"}})"},
    {"behaviour_not_object", collections, R"({"behaviour":[{"x":1}]})",
     R"({"behaviour":{"web":{"swipes":[{"x":1}]}}})"},
    {"prediction_not_object", predictions, R"({"prediction":0.93})",
     R"({"prediction":{"model_name":"swipe_model","score":0.93}})"},
    {"id_not_scalar", collections, R"({"metadata":{"profile_id":["p"]}})", R"({"metadata":{"profile_id":"p"}})"},
    {"timestamp_invalid", collections, R"({"metadata":{"timestamp":"15/05/2025"}})",
     R"({"metadata":{"timestamp":1747299119000}})"},
    {"score_not_number", predictions, R"({"prediction":{"score":"high"}})", R"({"prediction":{"score":0.93}})"},
    {"confidence_not_number", predictions, R"({"prediction":{"confidence":"80 %"}})",
     R"({"prediction":{"confidence":0.8}})"},
    {"model_name_not_string", predictions, R"({"prediction":{"model_name":["swipe_model"]}})",
     R"({"prediction":{"model_name":"swipe_model"}})"},
    {"duplicate_key", collections, R"({"metadata":{"profile_id":"p","profileId":"p"}})",
     R"({"metadata":{"profile_id":"p"}})"},
    {"alias", collections, R"({"metadata":{"profileId":"p"}})", R"({"metadata":{"profile_id":"p"}})"},
    {"metadata_at_top_level", collections, R"({"profile_id":"p"})", R"({"metadata":{"profile_id":"p"}})"},
    {"metadata_from_string", collections, R"({"metadata":"{\"profile_id\":\"p\"}"})",
     R"({"metadata":{"profile_id":"p"}})"},
    {"behaviour_from_string", collections, R"({"behaviour":"{\"web\":{\"swipes\":[]}}"})",
     R"({"behaviour":{"web":{"swipes":[]}}})"},
    {"prediction_from_string", predictions, R"({"prediction":"{\"score\":0.93}"})", R"({"prediction":{"score":0.93}})"},
    {"id_from_number", collections, R"({"metadata":{"profile_id":7}})", R"({"metadata":{"profile_id":"7"}})"},
    {"id_trimmed", collections, R"({"metadata":{"profile_id":"p "}})", R"({"metadata":{"profile_id":"p"}})"},
    {"timestamp_from_string", collections, R"({"metadata":{"timestamp":"1747299119000"}})",
     R"({"metadata":{"timestamp":1747299119000}})"},
    {"timestamp_from_iso8601", collections, R"({"metadata":{"timestamp":"2025-05-15T08:51:59Z"}})",
     R"({"metadata":{"timestamp":1747299119000}})"},
    {"timestamp_from_seconds", collections, R"({"metadata":{"timestamp":1747299119}})",
     R"({"metadata":{"timestamp":1747299119000}})"},
    {"score_from_string", predictions, R"({"prediction":{"score":"0.93"}})", R"({"prediction":{"score":0.93}})"},
    {"confidence_from_string", predictions, R"({"prediction":{"confidence":"0.8"}})",
     R"({"prediction":{"confidence":0.8}})"},
    {"byte_order_mark", collections, "\xEF\xBB\xBF{\"metadata\":{\"profile_id\":\"p\"}}",
     R"({"metadata":{"profile_id":"p"}})"},
    {"nan_to_null", predictions, R"({"prediction":{"score":NaN}})", R"({"prediction":{"score":null}})"},
    {"entry_not_in_list", collections, R"({"behaviour":{"web":{"swipes":{"x":1}}}})",
     R"({"behaviour":{"web":{"swipes":[{"x":1}]}}})"},
    {"platform_missing", collections, R"({"behaviour":{"swipes":[{"x":1}]}})",
     R"({"behaviour":{"web":{"swipes":[{"x":1}]}}})"},
    {"prediction_list", predictions, R"({"prediction":[{"score":0.93}]})", R"({"prediction":{"score":0.93}})"},
};

}  // namespace

const MendedLine* mended_line(std::string_view name) {
  const auto* const found = std::ranges::find(mended_lines, name, &MendedLine::name);
  return found == std::end(mended_lines) ? nullptr : found;
}

}  // namespace gristmill::report
