// In report.json every hint stands, found or not, so that silence is never mistaken for one that was not looked for; on
// a terminal those that were found. Tested in hint_list_test.cc.
#include "report/hint_list.h"

#include "report/findings.h"
#include "text/figures.h"
#include "text/nearest.h"
#include "text/visible_text.h"
#include "text/wrapped_text.h"

namespace gristmill::report {
namespace {

constexpr std::size_t file_columns = 32;

// The names of fields that the setting might have meant.
std::string carry_in_words(const RunReport& report, Dataset dataset, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [field, count] : report.accounting.of(dataset).fields_not_carried.counts()) known.push_back(field);
  std::string words = "no line has the field \"" + name + "\"";
  if (const auto nearest = text::nearest_match(name, known)) words += ": did you mean \"" + *nearest + "\"?";
  return words;
}

}  // namespace

std::uint64_t count_of(const RunReport& report, Hint hint, Dataset dataset) {
  const auto i = static_cast<std::size_t>(dataset);
  return hint == Hint::carry_not_found ? report.carry_not_found[i].size() : report.accounting.of(hint).counts[i];
}

std::vector<HintPlace> places_of(const RunReport& report, Hint hint) {
  std::vector<HintPlace> places;
  if (hint == Hint::carry_not_found) {
    for (const Dataset dataset : all_datasets) {
      for (const std::string& name : report.carry_not_found[static_cast<std::size_t>(dataset)]) {
        if (places.size() < most_hint_places) places.push_back({dataset, {}, 0, carry_in_words(report, dataset, name)});
      }
    }
    return places;
  }
  for (const Culprit& culprit : report.accounting.of(hint).first.sorted()) {
    places.push_back(
        {dataset_of(report, culprit.place), file_name_of(report, culprit.place), culprit.line, culprit.what});
  }
  return places;
}

void write_hints(const RunReport& report, json::JsonWriter& json) {
  json.open_array("hints");
  for (std::size_t i = 0; i < hint_count; ++i) {
    const auto hint = static_cast<Hint>(i);
    json.open_object();
    json.text("name", hint_table[i].name);
    json.text("meaning", hint_table[i].meaning);
    json.text("advice", hint_table[i].advice);
    json.open_object("counts", json::JsonLayout::one_line);
    for (const Dataset dataset : all_datasets) json.number(name_of(dataset), count_of(report, hint, dataset));
    json.close();
    json.open_array("first");
    for (const HintPlace& place : places_of(report, hint)) {
      json.open_object(json::JsonLayout::one_line);
      json.text("dataset", name_of(place.dataset));
      if (!place.file.empty()) {
        json.text("file", place.file);
        json.number("line", place.line);
      }
      json.text("what", place.what);
      json.close();
    }
    json.close();
    json.close();
  }
  json.close();
}

std::string hint_table_of(const RunReport& report, const text::TableStyle& style) {
  text::TextTable table(style);
  table.add_column("hint", text::Align::left);
  table.add_column("collections", text::Align::right);
  table.add_column("predictions", text::Align::right);
  table.add_column("first", text::Align::left, 400);
  std::string sentences;
  for (std::size_t i = 0; i < hint_count; ++i) {
    const auto hint = static_cast<Hint>(i);
    const std::vector<HintPlace> places = places_of(report, hint);
    if (places.empty()) continue;
    std::string first = places.front().what;
    if (!places.front().file.empty()) {
      // The name is cut before the line number, which must be seen.
      first.insert(0, text::visible_text(places.front().file, file_columns, style.unicode) + ":" +
                          std::to_string(places.front().line) + ": ");
    }
    table.add_row({std::string(hint_table[i].title), text::grouped(count_of(report, hint, Dataset::collections)),
                   text::grouped(count_of(report, hint, Dataset::predictions)), std::move(first)});
    sentences += text::wrapped_sentence(
        "hint: " + std::string(hint_table[i].meaning) + " " + std::string(hint_table[i].advice), style);
  }
  if (sentences.empty()) return {};
  return "\n" + text::toned("Hints: legal, but odd", text::Tone::bold, style) + "\n" + table.str() + sentences;
}

}  // namespace gristmill::report
