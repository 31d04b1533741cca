// Field by field, the place of each value depends on the end of the one before, some 15 cycles a value; a
// pattern breaks that chain, and made a walk over entries of fixed widths three times as fast. Entries whose
// widths vary match by chance only: two of one length in a row are needed to learn, and each time that a
// pattern fails it takes longer until the next. A measuring of numbers by one vector compare was tried for
// those and lost to the branches: these are predicted, and what follows does not wait for them.
// Tested in entry_pattern_test.cc, and by comparing the fast path with the complete parser.
#include "record/entry_pattern.h"

#include <algorithm>

#include "json/json_text.h"

namespace gristmill::record {
namespace {

constexpr char set = '\xFF';
constexpr int cost_of_a_miss = 4;
constexpr std::uint32_t most_patience = 4096;

}  // namespace

void EntryPattern::fail_or_learn(std::string_view entry, const EntryTraits& traits) {
  if (length_ != 0) {
    credit_ -= cost_of_a_miss;
    if (credit_ > 0) return;
    length_ = 0;
    wait_ = patience_;
    patience_ = std::min(patience_ * 2, most_patience);
  } else if (entry.size() == previous_length_ && entry.size() <= longest) {
    learn(entry, traits);
  }
  previous_length_ = static_cast<std::uint32_t>(entry.size());
}

// REQUIRES: an object, checked; strings without escapes at its top level, or they are fixed.
void EntryPattern::learn(std::string_view entry, const EntryTraits& traits) {
  for (char* table : {text_, fixed_, digit_, not_zero_, character_}) std::memset(table, 0, longest);
  std::memcpy(text_, entry.data(), entry.size());
  std::memset(fixed_, set, entry.size());
  length_ = static_cast<std::uint32_t>(entry.size());
  traits_ = traits;
  credit_ = most_credit;

  const auto vary = [&](char* table, std::size_t begin, std::size_t end) {
    std::memset(fixed_ + begin, 0, end - begin);
    std::memset(table + begin, set, end - begin);
  };
  for (json::ObjectWalk walk(entry.data()); walk.next();) {
    const auto begin = static_cast<std::size_t>(walk.value - entry.data());
    const std::string_view value = walk.value_text();
    if (value.front() == '"') {
      if (value.find('\\') == std::string_view::npos) vary(character_, begin + 1, begin + value.size() - 1);
    } else if (value.front() == '-' || json::is_digit(value.front())) {
      // Of several digits before the point the first is not 0.
      const std::size_t first = value.front() == '-' ? 1 : 0;
      for (std::size_t i = first; i < value.size(); ++i) {
        if (json::is_digit(value[i])) vary(digit_, begin + i, begin + i + 1);
      }
      if (first + 1 < value.size() && json::is_digit(value[first + 1])) not_zero_[begin + first] = set;
    }
  }
  high_ = 0;
  for (std::size_t i = 0; i < entry.size(); ++i) {
    if (fixed_[i] != 0 && (entry[i] & 0x80) != 0) high_ = 1;
  }
}

}  // namespace gristmill::record
