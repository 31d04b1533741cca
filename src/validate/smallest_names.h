// Counts names, keeping the 1,000 bytewise smallest apart and summing the rest: bounded, and exact.
//
// A name of more than 1 KiB goes by its beginning and its hash, so that a thousand names of megabytes
// are bounded too; it sorts by those.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "record/json_text.h"
#include "storage/hash.h"

namespace gristmill {

class SmallestNames {
 public:
  static constexpr std::size_t limit = 1000;

  static constexpr std::size_t longest_name = 1024;  // bytes

  SmallestNames() = default;
  // As counts() and other() of another one.
  SmallestNames(std::map<std::string, std::uint64_t, std::less<>> counts, std::uint64_t other)
      : counts_(std::move(counts)), other_(other) {}

  void add(std::string_view name, std::uint64_t count = 1) {
    if (name.size() <= longest_name) {
      add_short(name, count);
    } else {
      add_short(beginning_of(name, longest_name) + "... " + hash128(name).hex(), count);
    }
  }

 private:
  void add_short(std::string_view name, std::uint64_t count) {
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

 public:
  void merge(const SmallestNames& names) {
    for (const auto& [name, count] : names.counts_) add_short(name, count);
    other_ += names.other_;
  }

  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }
  std::uint64_t other() const { return other_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t other_ = 0;
};

}  // namespace gristmill
