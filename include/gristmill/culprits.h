// The first findings of a check, by (data set, file, offset): at most 100 are kept, whatever the order
// in which they are offered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/data.h"

namespace gristmill {

inline constexpr std::size_t most_culprits = 100;  // that a check keeps

struct Culprit {
  Place place;             // orders the culprits
  std::uint64_t line = 0;  // from 1
  std::string what;        // for people: "profile_id is missing"
};

class Culprits {
 public:
  explicit Culprits(std::size_t limit = most_culprits) : limit_(limit) {}

  // Would a culprit at `place` be kept? Ask before making its text.
  bool wants(Place place) const { return heap_.size() < limit_ || place <= heap_.front().place; }

  void add(Place place, std::uint64_t line, std::string what) {
    Culprit culprit{place, line, std::move(what)};
    if (heap_.size() == limit_) {
      if (!earlier(culprit, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), earlier);
      heap_.pop_back();
    }
    heap_.push_back(std::move(culprit));
    std::push_heap(heap_.begin(), heap_.end(), earlier);
  }

  void merge(const Culprits& other) {
    for (const Culprit& culprit : other.heap_) add(culprit.place, culprit.line, culprit.what);
  }

  // In order.
  std::vector<Culprit> sorted() const {
    std::vector<Culprit> result = heap_;
    std::sort(result.begin(), result.end(), earlier);
    return result;
  }

 private:
  // A total order, so that which are kept does not depend on the order of offering.
  static bool earlier(const Culprit& a, const Culprit& b) {
    return a.place != b.place ? a.place < b.place : a.what < b.what;
  }
  std::size_t limit_;
  std::vector<Culprit> heap_;  // the last one in front
};

// A finding about a session id, with the place where the session first occurs in its data set.
struct SessionCulprit {
  std::string session;  // unescaped
  Dataset dataset = Dataset::collections;
  std::uint64_t profiles = 0;  // distinct profile ids
  std::uint64_t rows = 0;
  Place first;
  std::uint64_t first_line = 0;
};

}  // namespace gristmill
