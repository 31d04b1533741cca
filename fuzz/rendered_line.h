// One line taken the whole way, as grind does: parsed, then written as rows or as a line of quarantine; and
// what the data contract promises of either.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/recipe.h"
#include "record/line_parser.h"

namespace gristmill::fuzz {

// Recipes by a byte of the input, so that a few bits reach every setting that parsing knows.
Recipe recipe_of(std::uint8_t choice);

struct RenderedEntry {
  std::string platform;
  std::string type;
  std::string value;  // compact; empty where there is none
  bool type_blank = false;
  bool none = false;
  bool early = false;
  bool operator==(const RenderedEntry&) const = default;
};

struct RenderedLine {
  bool accepted = false;
  // Rejected:
  Reason reason = Reason::invalid_json;
  std::string message;
  // Accepted:
  record::RepairSet repairs;
  std::string record;                                   // all of the record, spelled out for comparison
  std::string profile, session, collection, timestamp;  // JSON
  std::string columns;
  std::vector<RenderedEntry> entries;
  std::vector<std::string> predictions;  // spelled out for comparison
  std::vector<std::string> payloads;     // of predictions: the object that would give them again
  std::string rows;
  std::vector<std::string> fields_not_carried;
};

// Parses `line`, writes what comes of it through a buffer of `buffer_size` bytes and checks every promise
// that holds for one line by itself:
// - a rejected line has a message, and its line of quarantine is one JSON object;
// - an accepted line's rows are one compact JSON object each, as many as it has entries or predictions, each
//   with the columns of its data set once and in their order;
// - its folder name gives its profile again and leads nowhere;
// - its numbers are worth what strtod says, and are finite where they are summed.
RenderedLine render(record::LineParser& parser, const record::ParseRules& rules, Dataset dataset, std::string_view line,
                    std::size_t buffer_size = 4096);

// The same line under the same recipe, strict and not: one names the first repair of the other, or they agree.
void check_strictness(Recipe recipe, Dataset dataset, std::string_view line);

// The line that an accepted line's record would have been had nothing been wrong with it, is accepted under
// `strict` and gives the same rows. Says nothing about lines that have no such form (a platform that is
// missing, a repaired time before 1973, carried columns).
void check_canonical_form(const Recipe& recipe, Dataset dataset, const RenderedLine& rendered);

// `text` is exactly one JSON value, without insignificant white space; by other code than the engine's.
void check_compact_json(std::string_view text);

// One text, with the readable bytes behind it that parsing wants.
RenderedLine render_once(const Recipe& recipe, Dataset dataset, std::string_view line, bool fast_path = true,
                         std::size_t buffer_size = 4096);

}  // namespace gristmill::fuzz
