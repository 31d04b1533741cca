// What one worker sees of its lines: to which data set each belongs, what a run would make of it, its shape and its
// fields.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gristmill/accounting.h"
#include "gristmill/recipe.h"
#include "gristmill/smallest_names.h"
#include "inspect/inspect.h"
#include "inspect/path_tree.h"
#include "inspect/shape_counts.h"
#include "marks/marks.h"
#include "record/line_parser.h"
#include "shuffle/sorter.h"
#include "source/input_files.h"
#include "source/line_source.h"
#include "source/long_line_gate.h"

namespace gristmill::inspect {

// The kinds of lines in a file.
struct LineKinds {
  std::uint64_t collections = 0;
  std::uint64_t predictions = 0;
  std::uint64_t both = 0;
  std::uint64_t neither = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t blank = 0;
  std::uint64_t accepted = 0;
  void add(const LineKinds& other);
};

struct FileToInspect {
  LineGroup group = LineGroup::neither;
  bool said = false;
};

struct InspectorLimits {
  std::uint64_t shapes = 1U << 20;  // bytes of the table of shapes
  std::uint64_t paths = 1U << 20;   // bytes of the trees, about
  std::uint64_t sorter = 1U << 20;  // bytes of each sorter
};

// The counts of a group; `line` of its culprits is the number of the line in its chunk, until that is known.
struct GroupAccount {
  DatasetAccount account;
  std::uint64_t missing_ids[3] = {};  // accepted lines without profile, session, collection id
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t readable = 0;
  SmallestNames models;
  std::map<std::pair<Reason, const marks::Likeness*>, std::uint64_t>
      looks;  // what rejected lines look like, and how many
};

// False: the JSON of a line with that reason was not proved.
bool is_readable(Reason reason);

class LineInspector {
 public:
  // All references must outlive this. `gate` is held while a long line is looked at.
  LineInspector(Storage& storage, const std::string& spill_folder, const record::ParseRules& rules,
                const std::vector<FileToInspect>& files, const InspectorLimits& limits, source::LongLineGate& gate);

  // Asked now and then, within long lines too; true ends inspect() as interrupted.
  void stop_when(std::function<bool()> should_stop) { parser_.stop_when(std::move(should_stop)); }
  // REQUIRES: places rise from call to call.
  [[nodiscard]] Status inspect(std::uint32_t file, const source::SourceLine& line);
  // To be called at the end.
  [[nodiscard]] Status finish();

  const std::vector<LineKinds>& kinds() const { return kinds_; }  // by file, as far as there were any
  const std::array<GroupAccount, line_groups>& groups() const { return groups_; }
  shuffle::Sorter& shape_facts() { return shape_facts_; }
  shuffle::Sorter& field_facts() {
    return field_facts_;
  }  // key: group and path (PathTree::for_each); value: FieldStatistics

 private:
  LineGroup group_of(const FileToInspect& file, std::string_view text) const;
  void reject(LineGroup group, Place place, const source::SourceLine& line, Reason reason);
  void accept(LineGroup group, Place place, const source::SourceLine& line);
  [[nodiscard]] Status add_shape(LineGroup group, std::uint32_t file, const source::SourceLine& line);
  [[nodiscard]] Status flush_trees();
  LineKinds& kinds_of(std::uint32_t file);

  const record::ParseRules& rules_;
  const std::vector<FileToInspect>& files_;
  InspectorLimits limits_;
  source::LongLineGate& gate_;
  record::LineParser parser_;
  shuffle::Sorter shape_facts_;
  shuffle::Sorter field_facts_;
  ShapeCounts shapes_;
  std::array<PathTree, line_groups> trees_;
  std::array<GroupAccount, line_groups> groups_;
  std::vector<LineKinds> kinds_;
};

}  // namespace gristmill::inspect
