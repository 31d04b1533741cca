// The number of any line of the run, once all input has been read: the lines of the units before it, and those
// before it in its own. A unit is the part of a file that lines are counted by: a chunk (source/line_source.h), or
// what one task on a cluster reads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gristmill/data.h"
#include "source/line_source.h"

namespace gristmill::source {

class LineNumbers {
 public:
  explicit LineNumbers(const std::vector<FileTally>& tallies) {
    before_.reserve(tallies.size());
    for (const FileTally& tally : tallies) add_file(tally.lines_of_chunk);
  }
  // By file, the lines of each unit of `unit` bytes; a file that is counted whole has one unit.
  LineNumbers(const std::vector<std::vector<std::uint32_t>>& lines_of_units, std::uint64_t unit) : unit_(unit) {
    before_.reserve(lines_of_units.size());
    for (const auto& lines : lines_of_units) add_file(lines);
  }

  // From 1. `line_in_unit`: how many lines begin before it in its unit.
  std::uint64_t number_of(Place place, std::uint32_t line_in_unit) const {
    const std::vector<std::uint64_t>& before = before_[place.file];
    const auto unit = static_cast<std::size_t>(place.offset / unit_);
    return before[std::min(unit, before.size() - 1)] + line_in_unit + 1;
  }

 private:
  void add_file(const auto& lines_of_units) {
    std::vector<std::uint64_t>& before = before_.emplace_back();
    before.reserve(lines_of_units.size());
    std::uint64_t sum = 0;
    for (const std::uint32_t lines : lines_of_units) {
      before.push_back(sum);
      sum += lines;
    }
  }

  std::uint64_t unit_ = chunk_size;                 // bytes
  std::vector<std::vector<std::uint64_t>> before_;  // by file and unit
};

}  // namespace gristmill::source
