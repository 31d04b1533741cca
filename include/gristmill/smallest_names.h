// Counts names, keeping the 1,000 bytewise smallest apart and summing the rest: bounded, and exact.
//
// A name of more than 1 KiB goes by its beginning and its hash, so that a thousand names of megabytes
// are bounded too; it sorts by those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gristmill {

class SmallestNames {
 public:
  static constexpr std::size_t limit = 1000;
  static constexpr std::size_t longest_name = 1024;  // bytes

  SmallestNames() = default;
  // As counts() and other() of another one.
  SmallestNames(std::map<std::string, std::uint64_t, std::less<>> counts, std::uint64_t other)
      : counts_(std::move(counts)), other_(other) {}

  void add(std::string_view name, std::uint64_t count = 1);
  void merge(const SmallestNames& names);

  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }
  std::uint64_t other() const { return other_; }

 private:
  void add_short(std::string_view name, std::uint64_t count);
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t other_ = 0;
};

}  // namespace gristmill
