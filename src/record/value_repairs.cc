// The rules of the VALUE rows of gristmill/repairs.h, by the names that stand there. A rule is a function that looks at
// a value, and either leaves it alone and says false, or makes another of it and says true. It never rejects: what is
// still no such value when all rules were tried is the parser's to reject.
//
// A kind's rules are put together by the compiler, so that a value that needs none costs a look at its type. Tested in
// value_repairs_test.cc by the table's examples, and at length in line_parser_test.cc.
#include "record/value_repairs.h"

#include <cstdint>
#include <string>

#include "record/white_space.h"

namespace gristmill::record {
namespace {

using json::JsonType;

bool digits_as_text(Value& value, KeptTexts&) {
  if (value.type() != JsonType::number || !json::is_json_integer(value.text())) return false;
  value.become(JsonType::string, value.text());
  return true;
}

bool without_white_space(Value& value, KeptTexts&) {
  if (value.type() != JsonType::string) return false;
  const std::string_view spelling = trimmed_spelling(value.text());
  if (spelling.size() == value.text().size()) return false;
  value.become(JsonType::string, spelling);
  return true;
}

bool number_in_string(Value& value, KeptTexts& texts) {
  if (value.type() != JsonType::string) return false;
  std::string scratch;
  const std::string_view text = value.unescaped(scratch);
  if (!json::is_json_number(text)) return false;
  value.become(JsonType::number, texts.keep(std::string(text)));
  return true;
}

void become_milliseconds(Value& value, std::int64_t milliseconds, KeptTexts& texts) {
  value.become_settled(texts.keep(std::to_string(milliseconds)), static_cast<double>(milliseconds));
}

bool milliseconds_of_date(Value& value, KeptTexts& texts) {
  if (value.type() != JsonType::string) return false;
  std::string scratch;
  const auto milliseconds = json::milliseconds_from_iso8601(value.unescaped(scratch));
  if (!milliseconds) return false;
  become_milliseconds(value, *milliseconds, texts);  // settled: a day in 1970 is no number of seconds
  return true;
}

bool milliseconds_of_seconds(Value& value, KeptTexts& texts) {
  constexpr double seconds_below = 1e11;
  if (value.type() != JsonType::number) return false;
  const double seconds = value.as_double();
  if (!(seconds > -seconds_below && seconds < seconds_below)) return false;
  become_milliseconds(value, json::milliseconds_from_seconds(seconds), texts);
  return true;
}

bool null_for_nan(Value& value, KeptTexts&) {
  if (value.type() != JsonType::string) return false;
  std::string scratch;
  const std::string_view text = value.unescaped(scratch);
  if (!text.empty() && text != "NaN" && text != "null") return false;
  value.become(JsonType::null, "null");
  return true;
}

}  // namespace

template <RepairedValue kind>
void repair_value(Value& value, KeptTexts& texts, RepairSet& repairs) {
#define GRISTMILL_NO_RULE(name, lines, example, advice)
#define GRISTMILL_RULE(name, values, rule, example, advice)                \
  if constexpr (is_one_of(kind, RepairedValue::values)) {                  \
    if (!value.settled() && rule(value, texts)) repairs.add(Repair::name); \
  }
  GRISTMILL_REPAIRS(GRISTMILL_NO_RULE, GRISTMILL_RULE)
#undef GRISTMILL_NO_RULE
#undef GRISTMILL_RULE
}

template void repair_value<RepairedValue::identifier>(Value&, KeptTexts&, RepairSet&);
template void repair_value<RepairedValue::timestamp>(Value&, KeptTexts&, RepairSet&);
template void repair_value<RepairedValue::score>(Value&, KeptTexts&, RepairSet&);
template void repair_value<RepairedValue::confidence>(Value&, KeptTexts&, RepairSet&);

}  // namespace gristmill::record
