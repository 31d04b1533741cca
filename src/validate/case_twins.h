// Finds ids that differ only in ASCII case (the hint ids_differ_in_case), among all profiles and among all session ids
// of a run, whatever their number: by an external sort of their case-folded 128-bit hashes.
//
// Only ids of a kind in which both cases occur at all can have a twin, which tells most data apart at no cost: ask
// CaseUse first. Facts: key = kind, hash, id; value = IdPlaces.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "gristmill/accounting.h"
#include "shuffle/sorter.h"

namespace gristmill::validation {

enum class IdKind : std::uint8_t { profile, session };

// Which cases of ASCII letters occur.
struct CaseUse {
  bool upper = false;
  bool lower = false;
  void add(std::string_view id);
  bool both() const { return upper && lower; }
};

// Where an id first occurs, by data set; line 0: it doesn't.
struct IdPlaces {
  std::array<Place, dataset_count> first;
  std::array<std::uint64_t, dataset_count> line{};  // from 1
};

class CaseTwins {
 public:
  CaseTwins(Storage& storage, const std::string& spill_folder, std::uint64_t memory_limit)
      : facts_(storage, spill_folder, memory_limit) {}

  // An id that is not empty, once or in parts: those of one id are put together, at the least cost where they come one
  // after the other.
  [[nodiscard]] Status add(IdKind kind, std::string_view id, const IdPlaces& places);
  // Counts the ids that have a twin. REQUIRES: nothing is added any more.
  [[nodiscard]] Status find(Accounting& accounting);

 private:
  [[nodiscard]] Status hand_on();

  shuffle::Sorter facts_;
  // The last id, which is not handed on to the sorter yet. Empty: none.
  IdKind kind_ = IdKind::profile;
  std::string id_;
  IdPlaces places_;
  std::string folded_;
  std::string key_;
};

}  // namespace gristmill::validation
