// The texts that a record's views point to beside the line: unescaped, decoded, or made by a repair.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace gristmill::record {

class KeptTexts {
 public:
  // The view is good until clear(), free_memory(), or a cut_back() to what was before it.
  std::string_view keep(std::string text) {
    texts_.push_back(std::move(text));
    return texts_.back();
  }
  std::size_t size() const { return texts_.size(); }
  // Forgets what was kept last, down to so many. REQUIRES: count <= size()
  void cut_back(std::size_t count) { texts_.resize(count); }
  void clear() { texts_.clear(); }
  void free_memory() { texts_ = {}; }

 private:
  std::deque<std::string> texts_;  // which does not move them
};

}  // namespace gristmill::record
