// The door of this room: what is in files that nobody has looked at yet. Their shapes, their fields, what a run would
// repair and reject, and a recipe to start from.
//
// A file is taken as a whole for collections or for predictions, as a run takes it: because it was said, or by which
// of the two most of its first lines are. In a file of which it was not said, a line that plainly is of the other
// data set counts there; a line that cannot be told goes with its file. Files without any such line form a group of
// their own, `neither`.
//
// All of an Inspection but `seconds` is a function of the bytes, the names and the recipe: neither threads nor memory
// change it. Nothing is written but scratch files.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/run.h"
#include "inspect/field_statistics.h"
#include "inspect/shape_counts.h"
#include "marks/marks.h"
#include "report/tables.h"
#include "run/hooks.h"
#include "source/contents.h"

namespace gristmill::inspect {

enum class LineGroup : std::uint8_t { collections, predictions, neither };
inline constexpr std::array<std::string_view, line_groups> line_group_names = {"collections", "predictions", "neither"};
inline std::string_view name_of(LineGroup group) { return line_group_names[static_cast<std::size_t>(group)]; }

inline constexpr std::size_t most_fields_kept = 10'000;
inline constexpr std::size_t most_shapes_kept = 10'000;

struct InspectOptions {
  std::vector<std::string> paths;  // files, folders, globs; empty: those of the recipe, each for its data set
  std::size_t shapes = 20;         // of each group, at most most_shapes_kept
  std::size_t fields = 100;        // of each group, at most most_fields_kept
};

// A line of the input.
struct LinePlace {
  std::string file;          // its name, as a report has it
  std::uint64_t line = 0;    // from 1
  std::uint64_t offset = 0;  // bytes, in the decompressed file
};

struct InspectedFile {
  std::string path;
  std::string name;
  LineGroup group = LineGroup::neither;
  bool said = false;              // the group was told, not found out
  std::uint64_t bytes = 0;        // stored
  std::uint64_t lines = 0;        // = the five below and the blank ones
  std::uint64_t collections = 0;  // lines with a behaviour and no prediction
  std::uint64_t predictions = 0;  // the other way round
  std::uint64_t both = 0;
  std::uint64_t neither = 0;
  std::uint64_t unreadable = 0;  // no JSON, no UTF-8, too long, too deep
  std::uint64_t blank = 0;
  std::uint64_t accepted = 0;  // lines that a run would accept
  source::Contents contents;
};

struct InspectedShape {
  std::string text;
  std::uint64_t lines = 0;
  LinePlace first;
  std::string example;  // the beginning of its first line
};

// Statistics of one path, over the readable lines of the group.
struct InspectedField {
  std::string path;
  std::vector<std::string> names;  // its steps; a list's element is "[]", the rest of something "…"
  bool plain = true;               // all of its steps are field names
  FieldStatistics values;          // without `distinct`, which stands here:
  std::uint64_t distinct = 0;      // different values, exact or an estimate
  bool distinct_exact = true;
};

// A repair or a rejection that a run would make.
struct InspectedIssue {
  std::string name;
  std::uint64_t lines = 0;
  std::vector<std::pair<LinePlace, std::string>> examples;       // the first, with the beginnings of the lines
  std::vector<std::pair<marks::Likeness, std::uint64_t>> looks;  // of rejections: what lines look like, and how many
};

struct InspectedGroup {
  std::uint64_t lines = 0;  // but blank ones; = accepted + rejected
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t repaired = 0;                // accepted lines with a repair
  std::uint64_t readable = 0;                // lines that have a shape
  std::uint64_t shapes = 0;                  // how many different ones
  std::vector<InspectedShape> first_shapes;  // those of most lines
  std::uint64_t lines_of_other_shapes = 0;
  std::uint64_t fields = 0;                  // how many different paths
  std::vector<InspectedField> first_fields;  // those in most lines, in the order of their paths
  std::vector<InspectedIssue> repairs;       // in the order of the contract
  std::vector<InspectedIssue> rejections;
  std::uint64_t missing_ids[3] = {};                          // accepted lines without profile, session, collection id
  std::vector<std::pair<std::string, std::uint64_t>> models;  // the most frequent names with their predictions
};

struct Inspection {
  std::vector<InspectedFile> files;
  std::array<InspectedGroup, line_groups> groups;
  std::vector<std::string> remarks;  // sentences: what should be known before a run
  std::string recipe;                // YAML to start from
  std::uint64_t stored_bytes = 0;
  std::uint64_t spilled_bytes = 0;
  double seconds = 0;
};

// REQUIRES: the recipe holds together (check_recipe).
Result<Inspection> inspect(const Recipe& recipe, const InspectOptions& options, const RunContext& context,
                           const scheduling::RunHooks& hooks = {});

// For people, fitted to the style, but for the recipe; and for programs, with it (docs/guide/inspect.md).
std::string inspection_tables(const Inspection& inspection, const text::TableStyle& style);
std::string inspection_json(const Inspection& inspection);

}  // namespace gristmill::inspect
