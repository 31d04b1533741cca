// The number of any line of the run, once every chunk has been read: the lines of the chunks before it,
// and those before it in its own.
#pragma once

#include <cstdint>
#include <vector>

#include "shuffle/line_record.h"
#include "source/line_source.h"

namespace gristmill {

class LineNumbers {
 public:
  explicit LineNumbers(const std::vector<FileTally>& tallies) {
    before_.reserve(tallies.size());
    for (const FileTally& tally : tallies) {
      std::vector<std::uint64_t>& before = before_.emplace_back();
      before.reserve(tally.lines_of_chunk.size());
      std::uint64_t sum = 0;
      for (const std::uint32_t lines : tally.lines_of_chunk) {
        before.push_back(sum);
        sum += lines;
      }
    }
  }

  // From 1.
  std::uint64_t number_of(const LineHeader& header) const {
    return before_[header.file][static_cast<std::size_t>(header.offset / chunk_size)] + header.line_in_chunk + 1;
  }

 private:
  std::vector<std::vector<std::uint64_t>> before_;  // by file and chunk
};

}  // namespace gristmill
