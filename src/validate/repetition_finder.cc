// The set is open addressing over the hashes themselves, which need no hashing. Tested in
// repetition_finder_test.cc.
#include "validate/repetition_finder.h"

#include <algorithm>
#include <cstring>

namespace gristmill::validation {
namespace {

constexpr std::size_t first_slots = 64;
constexpr std::size_t owner_size = 16;                          // the hash of a profile id
constexpr std::size_t identity_size = owner_size + 8 + 1 + 16;  // then session, data set and hash

}  // namespace

bool RepetitionFinder::HashSet::insert(storage::Hash128 hash) {
  if (hash == storage::Hash128{}) hash.low = 1;  // 0 marks a free slot
  if (slots.empty() || count * 2 >= slots.size()) grow();
  const std::size_t mask = slots.size() - 1;
  for (std::size_t i = hash.low & mask;; i = (i + 1) & mask) {
    if (slots[i] == hash) return false;
    if (slots[i] == storage::Hash128{}) {
      slots[i] = hash;
      ++count;
      return true;
    }
  }
}

void RepetitionFinder::HashSet::grow() {
  std::vector<storage::Hash128> old = std::move(slots);
  slots.assign(std::max(first_slots, old.size() * 2), storage::Hash128{});
  count = 0;
  for (const storage::Hash128& hash : old) {
    if (!(hash == storage::Hash128{})) insert(hash);
  }
}

void RepetitionFinder::HashSet::clear() {
  if (slots.size() > 4096) {
    slots = {};
  } else if (count > 0) {
    std::fill(slots.begin(), slots.end(), storage::Hash128{});
  }
  count = 0;
}

RepetitionFinder::RepetitionFinder(shuffle::Sorter& facts, std::uint64_t memory_limit, bool accumulates)
    : facts_(facts),
      most_hashes_(std::max<std::size_t>(first_slots, memory_limit / (4 * sizeof(storage::Hash128)))),
      accumulates_(accumulates) {}

void RepetitionFinder::begin_profile(storage::Hash128 profile) {
  profile_ = profile;
  for (std::size_t i = 0; i < dataset_count; ++i) {
    sets_[i].clear();
    handed_on_[i] = accumulates_;
  }
}

Status RepetitionFinder::hand_on(const LineFingerprint& fingerprint, Place place, std::uint64_t line) {
  key_.clear();
  shuffle::append_key_number(profile_.high, key_);
  shuffle::append_key_number(profile_.low, key_);
  shuffle::append_key_number(fingerprint.session, key_);
  key_.push_back(static_cast<char>(fingerprint.dataset));
  shuffle::append_key_number(fingerprint.hash.high, key_);
  shuffle::append_key_number(fingerprint.hash.low, key_);
  shuffle::append_key_number(place.file, key_);
  shuffle::append_key_number(place.offset, key_);
  return facts_.add(key_, {reinterpret_cast<const char*>(&line), sizeof line});
}

Result<bool> RepetitionFinder::add(const LineFingerprint& fingerprint, Place place, std::uint64_t line) {
  const auto i = static_cast<std::size_t>(fingerprint.dataset);
  if (handed_on_[i]) {
    GM_RETURN_IF_ERROR(hand_on(fingerprint, place, line));
    return false;
  }
  if (!sets_[i].insert(fingerprint.hash)) return true;
  if (sets_[i].count < most_hashes_) return false;
  for (const storage::Hash128& seen : sets_[i].slots) {
    if (!(seen == storage::Hash128{})) GM_RETURN_IF_ERROR(hand_on({0, fingerprint.dataset, seen}, Place{}, 0));
  }
  sets_[i].clear();
  handed_on_[i] = true;
  return false;
}

std::string_view identity_of_line(std::string_view key) { return key.substr(0, identity_size); }

Dataset dataset_of_line(std::string_view key) {
  for (int number = 0; number < 3; ++number) shuffle::take_key_number(key);
  return static_cast<Dataset>(key.front());
}

Status settle_repeated_lines(shuffle::SortedFacts& facts, shuffle::FactLookup& earlier, CheckSet& checks) {
  std::string last;
  for (;;) {
    GM_ASSIGN(const bool more, facts.next());
    if (!more) return {};
    std::string_view key = facts.key();
    if (identity_of_line(key) != last) {
      last.assign(identity_of_line(key));
      GM_ASSIGN(const bool is_old, earlier.has(last));
      if (!is_old) continue;
    }
    Owner owner;
    owner.high = shuffle::take_key_number(key);
    owner.low = shuffle::take_key_number(key);
    shuffle::take_key_number(key);
    const auto dataset = static_cast<Dataset>(key[0]);
    key.remove_prefix(1 + 16);
    Place place;
    place.file = static_cast<std::uint32_t>(shuffle::take_key_number(key));
    place.offset = shuffle::take_key_number(key);
    std::uint64_t line = 0;
    std::memcpy(&line, facts.value().data(), sizeof line);
    checks.see(RepeatedLine{{dataset, place, line}, owner});
  }
}

}  // namespace gristmill::validation
