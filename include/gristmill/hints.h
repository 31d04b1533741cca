// Hints: where data is legal but odd. They are counted and shown beside the checks, and never fail a run.
//
// Every hint is a row of one table: its name in reports, what it counts, what it means and what to do about it. Which
// data it is about stands in docs/guide/data-contract.md; the rules are in src/validate/hint_finder.cc, but for ids
// that differ in case (src/validate/case_twins.h) and names that are not found (src/run/coordinator.cc).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gristmill/culprits.h"
#include "gristmill/data.h"

namespace gristmill {

// HINT(name, title, one that is counted, several, what it means, what to do)
// clang-format off: a row that is added leaves the others as they are
#define GRISTMILL_HINTS(HINT) \
  HINT(ids_differ_in_case, "Ids that differ only in case", "id", "ids", \
       "Profile or session ids are the same but for upper and lower case, and are taken as different ones.", \
       "Where one thing is meant, write its id in one case everywhere, such as in lower case.") \
  HINT(null_words_as_ids, "Ids that are words for null", "line", "lines", \
       "An id is a word such as None, null or N/A, and is taken as a real id: unrelated lines share a partition.", \
       "Write null, or leave the id out: such lines are then counted as lines without an id.") \
  HINT(ids_beside_metadata, "Ids beside metadata", "line", "lines", \
       "An id stands at the top level beside a metadata object that lacks it, and is not taken.", \
       "Put the ids into metadata, or write no metadata object.") \
  HINT(dotted_keys, "Dotted keys", "line", "lines", \
       "A field at the top level is named by a path, such as metadata.profile_id, and is not taken apart.", \
       "Write nested objects: whatever flattened the records put dots between the names.") \
  HINT(entry_time_unit, "Entries in another unit of time", "line", "lines", \
       "Entries count time in another unit than their collection, and are passed on as they are.", \
       "Write milliseconds since 1970 in entries too, or convert labels before you compare the times.") \
  HINT(page_clock, "Times of a page's clock", "line", "lines", \
       "A metadata timestamp is a small number, as performance.now() gives it, and was taken as seconds since 1970.", \
       "Write Date.now(), or performance.timeOrigin + performance.now(), rounded.") \
  HINT(carry_not_found, "Names in carry that did not occur", "name", "names", \
       "The setting carry names a field that no accepted line has, so that its column is null everywhere.", \
       "Correct the name: it must be that of a field at the top level, letter by letter.")
// clang-format on

#define GRISTMILL_NAME_OF_HINT(name, title, one, several, meaning, advice) name,
enum class Hint : std::uint8_t { GRISTMILL_HINTS(GRISTMILL_NAME_OF_HINT) };
#undef GRISTMILL_NAME_OF_HINT

struct HintEntry {
  std::string_view name;
  std::string_view title;
  std::string_view one;      // of what is counted: "line"
  std::string_view several;  // "lines"
  std::string_view meaning;  // a sentence for people, as the next
  std::string_view advice;
};

#define GRISTMILL_ENTRY_OF_HINT(name, title, one, several, meaning, advice) \
  HintEntry{#name, title, one, several, meaning, advice},
inline constexpr std::array hint_table = {GRISTMILL_HINTS(GRISTMILL_ENTRY_OF_HINT)};
#undef GRISTMILL_ENTRY_OF_HINT

inline constexpr std::size_t hint_count = hint_table.size();
constexpr const HintEntry& entry_of(Hint hint) { return hint_table[static_cast<std::size_t>(hint)]; }

inline constexpr std::size_t most_hint_places = 10;

// What was found of one hint. Of names in `carry` there are no places: see RunReport.
struct HintFindings {
  std::array<std::uint64_t, dataset_count> counts{};  // by data set
  Culprits first = Culprits(most_hint_places);

  void add(Dataset dataset, Place place, std::uint64_t line, std::string what) {
    ++counts[static_cast<std::size_t>(dataset)];
    first.add(place, line, std::move(what));
  }
  void merge(const HintFindings& other) {
    for (std::size_t i = 0; i < dataset_count; ++i) counts[i] += other.counts[i];
    first.merge(other.first);
  }
};

}  // namespace gristmill
