// Strings and what they encode. The input is taken three ways: as the inside of a string token (unescaped,
// escaped again, and compared with simdjson's reading); as a text that is written as a string; as a JSON text
// that a line holds once as it is and once as a string, which must make no difference but the repair.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>

#include "json/json_text.h"
#include "json/padded_text_testing.h"
#include "rendered_line.h"
#include "require.h"

namespace gristmill::fuzz {
namespace {

void check_token(std::string_view inside) {
  const testing::PaddedText token("\"" + std::string(inside) + "\"");
  const bool good = json::is_utf8(token) && json::check_json(token, 1).fault == json::JsonFault::none;
  std::string text;
  const bool whole = good && json::unescape(token, text);
  static simdjson::dom::parser parser;
  const auto result = parser.parse(std::string(token.view()));
  std::string_view expected;
  const bool known = result.get(expected) == simdjson::SUCCESS;
  require(!known || good, "what simdjson reads is a string", token);
  if (!good) return;
  require(whole == json::is_utf8(text), "only lone surrogates make a text no UTF-8", token);
  if (whole) require(known && text == expected, "an unescaped string is simdjson's", token);
  std::string scratch;
  require(json::unescaped(token, scratch) == text, "both ways of unescaping agree", token);
  std::string again;
  json::append_json_string(text, again);
  std::string text_again;
  require(json::unescape(again, text_again) == whole && text_again == text, "escaping is undone by unescaping", again);
  require(again.size() <= token.view().size(), "escapes are minimal", again);
  require(json::check_json(testing::PaddedText(again), 1).fault == json::JsonFault::none, "what is escaped is JSON",
          again);
}

void check_text(std::string_view text) {
  require((json::utf8_fault(text) == text.size()) == json::is_utf8(text), "both looks at UTF-8 agree", text);
  require(json::is_utf8(text.substr(0, json::utf8_fault(text))), "before the fault all is well", text);
  if (!json::is_utf8(text)) return;
  std::string token;
  json::append_json_string(text, token);
  check_compact_json("[" + token + "]");
  std::string again;
  require(json::unescape(token, again) && again == text, "a text survives being written", text);
  require(json::is_utf8(json::beginning_of(text, text.size() / 2)), "a beginning is not cut inside a character", text);
}

void check_decoded(std::string_view text, Dataset dataset, bool metadata) {
  if (!json::is_utf8(text)) return;
  const testing::PaddedText object(text);
  constexpr std::uint32_t depth = 6;
  const json::JsonCheck check = json::check_json(object, depth);
  const bool is_object = check && json::type_of(json::skip_space(object.data())) == json::JsonType::object;
  const std::string payload = dataset == Dataset::collections ? "behaviour" : "prediction";
  const auto line_with = [&](std::string_view value) {
    return metadata ? "{\"metadata\":" + std::string(value) + ",\"" + payload + "\":{}}"
                    : "{\"metadata\":{\"profile_id\":\"p\"},\"" + payload + "\":" + std::string(value) + "}";
  };
  std::string token;
  json::append_json_string(text, token);
  Recipe inner;
  inner.depth_limit = depth;
  const RenderedLine decoded = render_once(inner, dataset, line_with(token));
  if (!is_object) {
    const Reason expected = check.fault == json::JsonFault::too_deep ? Reason::too_deep
                            : metadata                               ? Reason::metadata_not_object
                            : dataset == Dataset::collections        ? Reason::behaviour_not_object
                                                                     : Reason::prediction_not_object;
    require(!decoded.accepted && decoded.reason == expected, "a string that encodes no object is rejected", text);
    return;
  }
  Recipe outer;
  outer.depth_limit = depth + 1;
  const RenderedLine plain = render_once(outer, dataset, line_with(text));
  require(decoded.accepted == plain.accepted && decoded.rows == plain.rows, "a decoded object is that object", text);
  require(decoded.accepted || (decoded.reason == plain.reason && decoded.message == plain.message),
          "a decoded object has the same faults", text);
  if (!decoded.accepted) return;
  const Repair repair = metadata                          ? Repair::metadata_from_string
                        : dataset == Dataset::collections ? Repair::behaviour_from_string
                                                          : Repair::prediction_from_string;
  record::RepairSet expected = plain.repairs;
  expected.add(repair);
  require(decoded.repairs.bits() == expected.bits(), "decoding is one repair more", text);
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size - 1);
  const std::uint8_t choice = data[size - 1];
  switch (choice & 3) {
    case 0: fuzz::check_token(text); break;
    case 1: fuzz::check_text(text); break;
    default: fuzz::check_decoded(text, static_cast<Dataset>(choice >> 2 & 1), (choice & 8) != 0); break;
  }
  return 0;
}
