// The names that were met so far, of an object that may have a name more than once.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace gristmill::record {

class NamesSeen {
 public:
  void clear() {
    count_ = 0;
    if (!more_.empty()) more_ = {};
  }
  void free_memory() {
    few_ = {};
    more_ = {};
    count_ = 0;
  }
  // False: it was met before.
  bool add(std::string_view name) {
    const auto end = few_.begin() + static_cast<std::ptrdiff_t>(count_);
    if (std::find(few_.begin(), end, name) != end) return false;
    if (count_ == most_few) return more_.emplace(name).second;
    if (count_ == few_.size()) few_.emplace_back();
    few_[count_++].assign(name);
    return true;
  }

 private:
  static constexpr std::size_t most_few = 16;  // that are looked through one by one
  std::vector<std::string> few_;               // count_ of them; their memory stays
  std::size_t count_ = 0;
  std::unordered_set<std::string> more_;
};

}  // namespace gristmill::record
