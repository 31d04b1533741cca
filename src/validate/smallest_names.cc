// A name that was pushed out can never come back, since those that pushed it out stay: so counts are whole, and do not
// depend on the order of lines or workers. Tested in smallest_names_test.cc.
#include "gristmill/smallest_names.h"

#include "json/json_text.h"
#include "storage/hash.h"

namespace gristmill {

void SmallestNames::add(std::string_view name, std::uint64_t count) {
  if (name.size() <= longest_name) {
    add_short(name, count);
  } else {
    add_short(json::beginning_of(name, longest_name) + "... " + storage::hash128(name).hex(), count);
  }
}

void SmallestNames::add_short(std::string_view name, std::uint64_t count) {
  const auto found = counts_.find(name);
  if (found != counts_.end()) {
    found->second += count;
    return;
  }
  if (counts_.size() == limit) {
    const auto largest = std::prev(counts_.end());
    if (std::string_view(largest->first) < name) {
      other_ += count;
      return;
    }
    // It can never come back: the names that pushed it out stay smaller.
    other_ += largest->second;
    counts_.erase(largest);
  }
  counts_.emplace(name, count);
}

void SmallestNames::merge(const SmallestNames& names) {
  for (const auto& [name, count] : names.counts_) add_short(name, count);
  other_ += names.other_;
}

}  // namespace gristmill
