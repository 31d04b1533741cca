// What each anomaly does to a line. Where a fault has several faces, the line's own random numbers choose
// one. Care is taken that a line has its one anomaly and no other: an id that becomes a number is the
// collection's, as a profile of another name would have its session belong to two; a time in seconds is
// rounded down, so that no entry is early. Tested for every name, against the report of a run, in
// tests/programs/test_generate.py, and for every repair in flawed_line_test.cc.
#include "generate/flawed_line.h"

#include "json/json_text.h"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <span>
#include <vector>

#include "generate/digits.h"
#include "gristmill/recipe.h"

namespace gristmill::generate {
namespace {

std::string_view one_of(Random& random, std::span<const std::string_view> choices) {
  return choices[random.below(choices.size())];
}

template <std::size_t n>
std::string one_of(Random& random, const std::string_view (&choices)[n]) {
  return std::string(one_of(random, std::span<const std::string_view>(choices)));
}

// Milliseconds since 1970 as 2025-05-15T08:51:59.123Z.
std::string iso8601(std::uint64_t milliseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(milliseconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

void rename(Draft& draft, Random& random) {
  constexpr std::string_view profile_names[] = {"profileId", "profile-id", "ProfileID", "profileid"};
  constexpr std::string_view session_names[] = {"sessionId", "session-id", "SESSION_ID"};
  constexpr std::string_view collection_names[] = {"collectionId", "Collection_Id"};
  switch (random.below(5)) {
    case 0: draft.ids[0].first = one_of(random, profile_names); break;
    case 1: draft.ids[1].first = one_of(random, session_names); break;
    case 2: draft.ids[2].first = one_of(random, collection_names); break;
    case 3: draft.metadata_name = "Metadata"; break;
    default:
      if (draft.prediction.empty()) {
        draft.payload_name = "behavior";
      } else {
        draft.prediction[0].first = "modelName";
      }
  }
}

void put_nan(Draft& draft, Random& random) {
  constexpr std::string_view forms[] = {"NaN", "Infinity", "-Infinity"};
  constexpr std::string_view score_forms[] = {"NaN", "\"NaN\"", "\"null\"", "\"\""};
  if (!draft.prediction.empty()) {
    draft.score() = one_of(random, score_forms);
    return;
  }
  constexpr std::string_view before = "\"pressure\":";
  std::string& swipes = draft.lists[1].second;
  if (swipes.empty()) {
    draft.timestamp() = "NaN";
    return;
  }
  const std::size_t value = swipes.find("0.", swipes.find(before));
  swipes.replace(value, swipes.find('}', value) - value, one_of(random, forms));
}

std::string quoted(const std::string& value) { return "\"" + value + "\""; }

// A value for another of its kind: what is done where there is nothing better to be done than to take the example.
void put_example(Draft& draft, const RepairEntry& repair, Random& random) {
  std::vector<std::string*> places;
  if (is_one_of(RepairedValue::identifier, repair.values)) places.push_back(&draft.collection());
  if (is_one_of(RepairedValue::timestamp, repair.values)) places.push_back(&draft.timestamp());
  if (!draft.prediction.empty()) {
    if (is_one_of(RepairedValue::score, repair.values)) places.push_back(&draft.score());
    if (is_one_of(RepairedValue::confidence, repair.values)) places.push_back(&draft.confidence());
  }
  if (!places.empty()) *places[random.below(places.size())] = repair.example;
}

void repair_is_needed(Draft& draft, Repair repair, Random& random) {
  switch (repair) {
    case Repair::alias: rename(draft, random); break;
    case Repair::metadata_at_top_level: draft.ids_at_top_level = true; break;
    case Repair::metadata_from_string: draft.metadata = json_string(draft.metadata_object()); break;
    case Repair::behaviour_from_string:
    case Repair::prediction_from_string: draft.payload = json_string(draft.payload_object()); break;
    case Repair::id_from_number: draft.collection() = std::to_string(random.next() >> 16); break;
    case Repair::id_trimmed: {
      constexpr std::string_view spaces[] = {" ", "  ", "\\t", "\\n"};
      std::string& id = draft.ids[random.below(3)].second;
      id.insert(random.below(2) == 0 ? 1 : id.size() - 1, one_of(random, spaces));
      break;
    }
    case Repair::timestamp_from_string: draft.timestamp() = quoted(draft.timestamp()); break;
    case Repair::timestamp_from_iso8601: draft.timestamp() = quoted(iso8601(draft.identity.timestamp)); break;
    case Repair::timestamp_from_seconds: draft.timestamp() = std::to_string(draft.identity.timestamp / 1000); break;
    case Repair::score_from_string:
      if (draft.score() == "null") draft.score() = draft.confidence();
      draft.score() = quoted(draft.score());
      break;
    case Repair::confidence_from_string: draft.confidence() = quoted(draft.confidence()); break;
    case Repair::nan_to_null: put_nan(draft, random); break;
    case Repair::entry_not_in_list: {
      auto list = draft.filled_list();
      Fields types;
      for (const auto& [type, entries] : draft.lists) {
        types.emplace_back(type, type == list.first ? draft.take_first_entry(list.second) : "[" + entries + "]");
      }
      draft.payload = draft.object({{draft.platform, draft.object(types)}});
      break;
    }
    case Repair::platform_missing: draft.payload = draft.behaviour_types(); break;
    case Repair::byte_order_mark: break;  // stands before the line
    case Repair::prediction_list: {
      const std::string first = draft.payload_object();
      draft.score() = draft.confidence();
      draft.payload = "[" + first + (draft.spaced ? ", " : ",") + draft.payload_object() + "]";
      break;
    }
    default:
      put_example(draft, repair_table.at(static_cast<std::size_t>(repair)),
                  random);  // a value's; a line's structure has a case above
  }
}

}  // namespace

bool FlawedLines::write(Dataset dataset, std::uint64_t number, Anomaly anomaly, LineBuffer& to) const {
  const auto oddity = anomaly.oddity();
  if (oddity == Oddity::repeated_line) return write_repeated(dataset, number, to);
  Random random(lines_.seed(), Purpose::flaw, 2 * number + static_cast<std::uint64_t>(dataset));
  if (oddity == Oddity::blank_line) {
    constexpr std::string_view forms[] = {"", " ", "   ", "\t"};
    const std::string blank = one_of(random, forms);
    to.end_at(put(blank, to.room(blank.size())));
    return true;
  }
  Draft draft(lines_, dataset, number);
  if (anomaly == Reason::line_too_long) {
    write_too_long(draft, to);
    return true;
  }
  std::string line;
  if (oddity) {
    if (!make_odd(draft, *oddity, dataset, number, random)) {
      write_clean(dataset, number, to);
      return false;
    }
    line = draft.line();
    constexpr std::size_t gap = 512;  // bytes
    if (oddity == Oddity::nul_gap) line.insert(0, gap, '\0');
    if (oddity == Oddity::glued_lines) line += draft.line();
  } else if (anomaly == Repair::byte_order_mark) {
    if (to.text().empty()) {  // it may be the file's first line, where a mark is no flaw
      write_clean(dataset, number, to);
      return false;
    }
    line = std::string(json::byte_order_mark) + draft.line();
  } else if (const auto repair = anomaly.repair()) {
    repair_is_needed(draft, *repair, random);
    line = draft.line();
  } else {
    line = rejected_line(draft, dataset, *anomaly.reason(), random);
    // A file that begins with an array is one of values.
    if (to.text().empty() && line.starts_with('[')) line = json_string(draft.line());
  }
  to.end_at(put(line, to.room(line.size())));
  return true;
}

void FlawedLines::write_clean(Dataset dataset, std::uint64_t number, LineBuffer& to) const {
  to.end_at(lines_.write(dataset, number, to.room(lines_.longest_line(dataset))));
}

// With a last field that is long enough.
void FlawedLines::write_too_long(Draft& draft, LineBuffer& to) const {
  draft.more.emplace_back("padding", "\"\"");
  const std::string line = draft.line();
  constexpr std::size_t tail = 2;  // the padding's closing quote and the line's bracket
  const std::size_t padding = line.size() <= line_limit_ ? line_limit_ + 1 - line.size() : 0;
  char* const begin = to.room(line.size() + padding);
  char* const end = put(std::string_view(line).substr(0, line.size() - tail), begin);
  std::memset(end, 'x', padding);
  to.end_at(put(std::string_view(line).substr(line.size() - tail), end + padding));
}

// Repeats the nearest clean line before it: a repeated line counts only where it is accepted, and a
// repetition of a flawed line would have that flaw too.
bool FlawedLines::write_repeated(Dataset dataset, std::uint64_t number, LineBuffer& to) const {
  constexpr std::uint64_t furthest = 256;
  for (std::uint64_t back = 1; back <= furthest && back <= number; ++back) {
    if (plan_.of_line(dataset, number - back)) continue;
    write_clean(dataset, number - back, to);
    return true;
  }
  write_clean(dataset, number, to);
  return false;
}

bool FlawedLines::make_odd(Draft& draft, Oddity oddity, Dataset dataset, std::uint64_t number, Random& random) const {
  constexpr std::string_view missing[] = {"", "null", "\"\""};
  constexpr std::string_view blank_types[] = {"", " "};
  constexpr std::string_view blank_models[] = {"", "null", "\"\"", "\" \""};
  constexpr std::string_view out_of_range[] = {"1.5", "-0.25", "93", "1.0000000000000002"};
  constexpr std::string_view no_behaviour[] = {"", "null", "{}", R"({"ios":{}})", R"({"web":{"swipes":[]}})"};
  constexpr std::string_view no_prediction[] = {"", "null", "{}"};
  constexpr std::string_view app_versions[] = {"\"5.0.1\"", "\"5.1.0\"", "\"5.2.0-beta\""};
  constexpr std::string_view null_words[] = {"\"None\"", "\"null\"", "\"undefined\"", "\"N/A\"", "\"NaN\"", "\"-\""};
  constexpr std::string_view smaller_units[] = {"000", "000000"};  // microseconds, nanoseconds
  constexpr std::string_view parts_of_milliseconds[] = {"", ".5", ".30000000004657"};
  constexpr std::uint64_t year_1990 = 631'152'000'000;  // in milliseconds
  constexpr std::uint64_t year_2150 = 5'680'281'600'000;
  constexpr std::uint64_t hour = 3'600'000;
  switch (oddity) {
    case Oddity::missing_profile: draft.profile() = one_of(random, missing); break;
    case Oddity::missing_session: draft.session() = one_of(random, missing); break;
    case Oddity::missing_collection: draft.collection() = one_of(random, missing); break;
    case Oddity::missing_type:
      if (dataset == Dataset::predictions) {
        draft.model_name() = one_of(random, blank_models);
      } else {
        std::string entry = draft.take_first_entry(draft.filled_list().second);
        draft.lists.emplace_back(one_of(random, blank_types), std::move(entry));
      }
      break;
    case Oddity::score_out_of_range: draft.score() = one_of(random, out_of_range); break;
    case Oddity::confidence_out_of_range: draft.confidence() = one_of(random, out_of_range); break;
    case Oddity::impossible_time:
      if (random.below(2) == 0) {
        draft.timestamp() = std::to_string(year_1990 + number % hour);
      } else if (dataset == Dataset::predictions) {
        draft.timestamp() = std::to_string(year_2150 + number % hour);
      } else {
        std::string& entries = draft.filled_list().second;
        put_13_digits(draft.identity.timestamp - hour, entries.data() + entries.find('1'));
      }
      break;
    case Oddity::empty_behaviour: draft.payload = one_of(random, no_behaviour); break;
    case Oddity::empty_prediction: draft.payload = one_of(random, no_prediction); break;
    case Oddity::fields_not_carried: draft.more.emplace_back("app_version", one_of(random, app_versions)); break;
    case Oddity::unmatched_session: {
      constexpr std::uint64_t of_no_profile = std::uint64_t{1} << 63;
      const std::uint64_t session = of_no_profile + 2 * number + static_cast<std::uint64_t>(dataset);
      draft.session() = json_string(text_of(lines_.session_id(session)));
      break;
    }
    case Oddity::null_words_as_ids: draft.collection() = one_of(random, null_words); break;
    case Oddity::ids_beside_metadata:
      draft.more.emplace_back("collection_id", draft.collection());
      draft.collection().clear();
      break;
    case Oddity::dotted_keys: draft.more.emplace_back("metadata.app_version", one_of(random, app_versions)); break;
    case Oddity::entry_time_unit: {
      std::string& entries = draft.filled_list().second;
      constexpr std::size_t digits = 13;
      entries.insert(entries.find('1') + digits, one_of(random, smaller_units));
      break;
    }
    case Oddity::page_clock:
      draft.timestamp() = std::to_string(1 + random.below(hour)) + one_of(random, parts_of_milliseconds);
      break;
    case Oddity::shared_session: {
      const std::uint64_t other = lines_.session_far_from(draft.identity.session_number);
      if (lines_.profile_id_of(other) == draft.identity.profile) return false;
      draft.session() = json_string(text_of(lines_.session_id(other)));
      break;
    }
    case Oddity::nul_gap:
    case Oddity::glued_lines: break;  // of whole lines
    case Oddity::repeated_line:
    case Oddity::blank_line: return false;  // no draft is made for them
  }
  return true;
}

std::string FlawedLines::rejected_line(Draft& draft, Dataset dataset, Reason reason, Random& random) const {
  constexpr std::string_view bad_bytes[] = {"\xFF", "\xC3", "\xE2\x82", "\xED\xA0\x80"};
  constexpr std::string_view no_objects[] = {"17", "true", "\"none\"", "[]"};
  constexpr std::string_view no_predictions[] = {"0.93", "true", "\"none\""};
  constexpr std::string_view no_ids[] = {R"({"id":1})", "[1]", "12.5", "true"};
  constexpr std::string_view no_times[] = {"\"yesterday\"", "true", "{}", "\"2025-02-30T00:00:00Z\""};
  constexpr std::string_view no_numbers[] = {"\"high\"", "true", "1e999", "[0.5]"};
  constexpr std::string_view no_names[] = {"7", "false", R"(["swipe_model"])"};
  constexpr std::size_t deep = 1000;  // deeper than the usual limit of 128
  const std::uint64_t usual_rows_limit = Recipe{}.rows_limit;
  switch (reason) {
    case Reason::invalid_json: {
      std::string line = draft.line();
      if (random.below(2) == 0) return line.append(",");
      line.resize(1 + random.below(line.size() - 1));
      return line;
    }
    case Reason::invalid_utf8: draft.collection().insert(1 + random.below(36), one_of(random, bad_bytes)); break;
    case Reason::not_an_object: {
      const std::string line = draft.line();
      return random.below(2) == 0 ? "[" + line + "]" : json_string(line);
    }
    case Reason::metadata_not_object: draft.metadata = one_of(random, no_objects); break;
    case Reason::behaviour_not_object: draft.payload = one_of(random, no_objects); break;
    case Reason::prediction_not_object: draft.payload = one_of(random, no_predictions); break;
    case Reason::id_not_scalar: draft.ids[random.below(3)].second = one_of(random, no_ids); break;
    case Reason::timestamp_invalid: draft.timestamp() = one_of(random, no_times); break;
    case Reason::score_not_number: draft.score() = one_of(random, no_numbers); break;
    case Reason::confidence_not_number: draft.confidence() = one_of(random, no_numbers); break;
    case Reason::model_name_not_string: draft.model_name() = one_of(random, no_names); break;
    case Reason::duplicate_key:
      if (random.below(2) == 0) {
        draft.ids.emplace_back("profileId", draft.profile());
      } else {
        draft.more.emplace_back("metadata", "null");
      }
      break;
    case Reason::not_wrapped:           // of no line here: see Anomaly::applies_to
    case Reason::line_too_long: break;  // written by itself: it is too long to be put together from strings
    case Reason::too_deep: draft.more.emplace_back("detail", std::string(deep, '[') + std::string(deep, ']')); break;
    case Reason::id_too_long: draft.session() = quoted(std::string(id_limit + 1, 's')); break;
    case Reason::rows_too_large: {
      // Each row has the text, and the rows come to little more than the usual limit.
      constexpr std::size_t text = 1U << 17;
      const std::uint64_t rows = usual_rows_limit / text;
      draft.ids.emplace_back("note", quoted(std::string(text, 'x')));
      const bool labels = dataset == Dataset::collections;
      std::string list = labels ? R"({"web":{"swipes":[)" : "[";
      for (std::uint64_t i = 0; i < rows; ++i) list.append(i > 0 ? "," : "").append(labels ? "0" : "null");
      draft.payload = list.append(labels ? "]}}" : "]");
      break;
    }
    case Reason::partition_name_too_long: {
      std::string longer;
      for (int i = 0; i < 8; ++i) longer.append(text_of(draft.identity.profile));
      draft.profile() = quoted(longer);
      break;
    }
    case Reason::first_repair: break;  // repairs are reasons only where a recipe is strict
  }
  return draft.line();
}

}  // namespace gristmill::generate
