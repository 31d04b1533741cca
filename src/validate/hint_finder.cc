// A line in which nothing is odd costs a few comparisons: nearly all are such. Tested in hint_finder_test.cc, and
// against an independent program by tests/programs/test_differential.py.
#include "validate/hint_finder.h"

#include <algorithm>
#include <array>
#include <string>

#include "json/json_text.h"
#include "record/field_names.h"
#include "text/figures.h"

namespace gristmill::validation {
namespace {

constexpr std::string_view nil_uuid = "00000000-0000-0000-0000-000000000000";
constexpr std::size_t longest_word = 9;
constexpr std::array<std::string_view, 18> null_words = {"null", "(null)", "<null>", "none",      "(none)", "<none>",
                                                         "nil",  "<nil>",  "nan",    "undefined", "na",     "<na>",
                                                         "n/a",  "#n/a",   "-",      "--",        "\\n",    "(nil)"};

constexpr std::size_t shown_of_name = 100;  // bytes

std::string_view id_name(std::size_t i) { return field_names[static_cast<std::size_t>(Field::profile_id) + i]; }

void append(std::string_view part, std::string& list) { list.append(list.empty() ? "" : ", ").append(part); }

struct LineHints {
  const LineOrigin& origin;
  const record::Record& record;
  Accounting& accounting;

  void add(Hint hint, std::string what) const {
    accounting.of(hint).add(origin.dataset, origin.place, origin.line, std::move(what));
  }
};

void find_null_words(const LineHints& hints) {
  const record::Record& record = hints.record;
  std::string what;
  const record::Identifier* const ids[] = {&record.profile, &record.session, &record.collection};
  for (std::size_t i = 0; i < std::size(ids); ++i) {
    if (is_null_word(ids[i]->text)) append(std::string(id_name(i)) + " \"" + std::string(ids[i]->text) + "\"", what);
  }
  if (!what.empty()) hints.add(Hint::null_words_as_ids, std::move(what));
}

void find_ids_beside_metadata(const LineHints& hints) {
  const record::Record& record = hints.record;
  const bool missing[] = {record.profile.missing(), record.session.missing(), record.collection.missing()};
  std::string what;
  for (std::size_t i = 0; i < std::size(missing); ++i) {
    if (missing[i] && (record.ids_beside >> i & 1U) != 0) append(id_name(i), what);
  }
  if (!what.empty()) hints.add(Hint::ids_beside_metadata, what + " beside metadata");
}

void find_entry_units(const LineHints& hints) {
  const record::EntryUnits& units = hints.record.entry_units;
  std::string what;
  const auto tell = [&](std::uint64_t count, std::string_view unit) {
    if (count == 0) return;
    append(text::grouped(count).append(text::noun_for(count, " entry in ", " entries in ")).append(unit), what);
  };
  tell(units.seconds, "seconds");
  tell(units.microseconds, "microseconds");
  tell(units.nanoseconds, "nanoseconds");
  hints.add(Hint::entry_time_unit, std::move(what));
}

}  // namespace

bool is_null_word(std::string_view id) {
  if (id.size() > longest_word) return id.size() == nil_uuid.size() && id.front() == '0' && id == nil_uuid;
  constexpr std::string_view first_bytes = "nNuU(<#-\\";
  if (id.empty() || first_bytes.find(id.front()) == std::string_view::npos) return false;
  std::array<char, longest_word> folded{};
  std::transform(id.begin(), id.end(), folded.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(null_words.begin(), null_words.end(), std::string_view(folded.data(), id.size())) !=
         null_words.end();
}

// As milliseconds it is less than eleven days of a page, as seconds a time before 2000, when there were no such data.
bool is_page_clock(const record::Record& record) {
  constexpr double year_2000 = 946684800000.0;
  return record.repairs.has(Repair::timestamp_from_seconds) && record.time && *record.time > 0 &&
         *record.time < year_2000;
}

void find_hints(const LineOrigin& origin, const record::Record& record, Accounting& accounting) {
  const LineHints hints{origin, record, accounting};
  find_null_words(hints);
  if (record.ids_beside != 0) find_ids_beside_metadata(hints);
  if (!record.dotted_key.empty()) hints.add(Hint::dotted_keys, json::beginning_of(record.dotted_key, shown_of_name));
  if (!record.entry_units.none() && is_possible_time(*record.time)) find_entry_units(hints);
  if (is_page_clock(record)) {
    hints.add(Hint::page_clock, "taken as seconds it is " + std::string(record.timestamp) + " ms after 1970-01-01");
  }
}

}  // namespace gristmill::validation
