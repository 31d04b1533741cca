// How many different values there were, from their hashes: exactly up to a few hundred, then by HyperLogLog.
//
// A function of the set of hashes alone: neither their order nor how they were shared out among counters that are
// merged changes a bit. HyperLogLog: Flajolet et al. 2007, with the estimator of Ertl 2017 (arXiv:1702.01284,
// algorithm 6), which needs no tables of biases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill::inspect {

class DistinctCounter {
 public:
  static constexpr std::size_t most_exact = 256;  // hashes that are kept as they are
  static constexpr unsigned register_bits = 12;   // 4,096 registers: a standard error of 1.6 %

  // True if the hash is a new one for certain; false if it is known, or once counting is no longer exact.
  bool add(std::uint64_t hash) {
    if (!registers_.empty()) {
      raise(hash);
      return false;
    }
    return add_exactly(hash);
  }
  void merge(const DistinctCounter& other);

  bool exact() const { return registers_.empty(); }
  std::uint64_t estimate() const;
  std::size_t bytes() const { return few_.capacity() * sizeof(std::uint64_t) + registers_.capacity(); }

  // As bytes, and back. read_from takes what it reads off the front of `bytes`.
  void append_to(std::string& bytes) const;
  void read_from(std::string_view& bytes);

 private:
  void raise(std::uint64_t hash) {
    constexpr unsigned rest = 64 - register_bits;
    const std::uint64_t tail = hash << register_bits;
    const auto rank =
        static_cast<std::uint8_t>(tail == 0 ? rest + 1 : static_cast<unsigned>(__builtin_clzll(tail)) + 1);
    std::uint8_t& value = registers_[hash >> rest];
    if (rank > value) value = rank;
  }
  bool add_exactly(std::uint64_t hash);
  void grow();
  void use_registers();

  std::vector<std::uint64_t> few_;       // an open table of hashes, 0: free (the hash 0 is stored as 1)
  std::size_t size_ = 0;                 // of them
  std::vector<std::uint8_t> registers_;  // empty as long as counting is exact
};

}  // namespace gristmill::inspect
