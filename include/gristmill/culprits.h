// The first findings of a check, by (data set, file, offset): at most 100 are shown, whatever the order
// in which they are offered. An output that grows keeps ten times as many, each with its owner, so that a profile can
// be taken out later and others are there to be shown.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/data.h"

namespace gristmill {

inline constexpr std::size_t most_culprits = 100;  // that a check shows

// Whose profile a finding is about: the XXH3-128 of its id. Zeros: nobody's that is known.
struct Owner {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Owner&) const = default;
};

struct Culprit {
  Place place;             // orders the culprits
  std::uint64_t line = 0;  // from 1
  std::string what;        // for people: "profile_id is missing"
  Owner owner = {};
};

class Culprits {
 public:
  static constexpr std::size_t spare_factor = 10;

  explicit Culprits(std::size_t limit = most_culprits) : limit_(limit), most_(limit) {}

  // Keeps ten times as many as are shown.
  void keep_spare() { most_ = limit_ * spare_factor; }
  bool keeps_spare() const { return most_ > limit_; }

  // Would a culprit at `place` be kept? Ask before making its text.
  bool wants(Place place) const { return heap_.size() < most_ || place <= heap_.front().place; }

  void add(Place place, std::uint64_t line, std::string what) { add({place, line, std::move(what)}); }
  void add(Culprit culprit) {
    if (heap_.size() == most_) {
      if (!earlier(culprit, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), earlier);
      heap_.pop_back();
    }
    heap_.push_back(std::move(culprit));
    std::push_heap(heap_.begin(), heap_.end(), earlier);
  }

  // Keeps as many as either of them does.
  void merge(const Culprits& other) {
    most_ = std::max(most_, other.most_);
    for (const Culprit& culprit : other.heap_) add(culprit);
  }

  void own(Owner owner) {
    for (Culprit& culprit : heap_) culprit.owner = owner;
  }
  // Whether others may have been left out; whether there are fewer than are shown.
  bool is_full() const { return heap_.size() == most_; }
  bool is_short() const { return heap_.size() < limit_; }
  void drop_if(const auto& goes) {
    std::erase_if(heap_, goes);
    std::make_heap(heap_.begin(), heap_.end(), earlier);
  }
  // Applies `use` to every place.
  void map_places(const auto& use) {
    for (Culprit& culprit : heap_) culprit.place = use(culprit.place);
    std::make_heap(heap_.begin(), heap_.end(), earlier);
  }

  // In order: those that are shown, all that are kept.
  std::vector<Culprit> sorted() const {
    std::vector<Culprit> result = kept();
    if (result.size() > limit_) result.resize(limit_);
    return result;
  }
  std::vector<Culprit> kept() const {
    std::vector<Culprit> result = heap_;
    std::sort(result.begin(), result.end(), earlier);
    return result;
  }

 private:
  // A total order, so that which are kept does not depend on the order of offering.
  static bool earlier(const Culprit& a, const Culprit& b) {
    return a.place != b.place ? a.place < b.place : a.what < b.what;
  }
  std::size_t limit_;          // that are shown
  std::size_t most_;           // that are kept
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
