// Of ids that are the same but for case there may be any number: only the first of them and the one at hand are held.
// Each is shown beside the bytewise smallest of the others. Tested in case_twins_test.cc.
#include "validate/case_twins.h"

#include <algorithm>
#include <cstring>

#include "json/json_text.h"
#include "storage/hash.h"

namespace gristmill::validation {
namespace {

constexpr std::size_t size_of_group = 1 + sizeof(storage::Hash128);  // of a key: kind and hash
constexpr std::size_t shown_of_id = 200;                             // bytes

// The top bit of each of eight bytes that lies between two of ASCII, both included.
constexpr std::uint64_t bytes_between(unsigned char first, unsigned char last, std::uint64_t bytes) {
  constexpr std::uint64_t each = 0x0101010101010101;
  const std::uint64_t low = bytes & 0x7F * each;
  return (low + (0x80U - first) * each) & ~(low + (0x7FU - last) * each) & ~bytes & 0x80 * each;
}

// `folded`: the id in ASCII lower case.
void fold(std::string_view id, std::string& folded) {
  folded.assign(id);
  for (std::size_t i = 0; i < folded.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    const std::size_t size = std::min(sizeof bytes, folded.size() - i);
    std::memcpy(&bytes, folded.data() + i, size);
    bytes |= bytes_between('A', 'Z', bytes) >> 2;  // 0x20 where it is a capital
    std::memcpy(folded.data() + i, &bytes, size);
  }
}

struct Id {
  std::string text;
  IdPlaces places;
};

void tell(IdKind kind, const Id& id, std::string_view twin, HintFindings& found) {
  const Field field = kind == IdKind::profile ? Field::profile_id : Field::session_id;
  for (const Dataset dataset : all_datasets) {
    const auto i = static_cast<std::size_t>(dataset);
    if (id.places.line[i] == 0) continue;
    ++found.counts[i];
    if (!found.first.wants(id.places.first[i])) continue;
    std::string what(field_names[static_cast<std::size_t>(field)]);
    what.append(" \"").append(json::beginning_of(id.text, shown_of_id));
    what.append("\" beside \"").append(json::beginning_of(twin, shown_of_id)).append("\"");
    found.first.add(id.places.first[i], id.places.line[i], std::move(what));
  }
}

void merge(const IdPlaces& other, IdPlaces& places) {
  for (std::size_t i = 0; i < dataset_count; ++i) {
    if (other.line[i] == 0 || (places.line[i] != 0 && places.first[i] < other.first[i])) continue;
    places.first[i] = other.first[i];
    places.line[i] = other.line[i];
  }
}

// The ids of one hash, which come in bytewise order.
class Group {
 public:
  explicit Group(HintFindings& found) : found_(found) {}

  void add(std::string_view group, std::string_view id, const IdPlaces& places) {
    if (group != group_) {
      finish();
      group_.assign(group);
    }
    if (ids_ > 0 && id == at_hand_.text) {
      merge(places, at_hand_.places);
      return;
    }
    finish_id();
    ++ids_;
    at_hand_.text.assign(id);
    at_hand_.places = places;
  }

  void finish() {
    if (ids_ > 1) finish_id();
    ids_ = 0;
  }

 private:
  void finish_id() {
    if (ids_ == 1) first_ = at_hand_;
    if (ids_ < 2) return;
    const auto kind = static_cast<IdKind>(group_[0]);
    if (ids_ == 2) tell(kind, first_, at_hand_.text, found_);
    tell(kind, at_hand_, first_.text, found_);
  }

  HintFindings& found_;
  std::string group_;
  std::uint64_t ids_ = 0;  // so far
  Id first_;
  Id at_hand_;  // the last one
};

}  // namespace

void CaseUse::add(std::string_view id) {
  if (both()) return;
  std::uint64_t upper_bits = 0;
  std::uint64_t lower_bits = 0;
  for (std::size_t i = 0; i < id.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, id.data() + i, std::min(sizeof bytes, id.size() - i));
    upper_bits |= bytes_between('A', 'Z', bytes);
    lower_bits |= bytes_between('a', 'z', bytes);
  }
  upper |= upper_bits != 0;
  lower |= lower_bits != 0;
}

Status CaseTwins::add(IdKind kind, std::string_view id, const IdPlaces& places) {
  if (kind == kind_ && id == id_) {
    merge(places, places_);
    return {};
  }
  GM_RETURN_IF_ERROR(hand_on());
  kind_ = kind;
  id_.assign(id);
  places_ = places;
  return {};
}

Status CaseTwins::hand_on() {
  if (id_.empty()) return {};
  fold(id_, folded_);
  const storage::Hash128 hash = storage::hash128(folded_);
  key_.assign(1, static_cast<char>(kind_));
  shuffle::append_key_number(hash.high, key_);
  shuffle::append_key_number(hash.low, key_);
  key_.append(id_);
  return facts_.add(key_, {reinterpret_cast<const char*>(&places_), sizeof places_});
}

Status CaseTwins::find(Accounting& accounting) {
  GM_RETURN_IF_ERROR(hand_on());
  Group group(accounting.of(Hint::ids_differ_in_case));
  shuffle::SortedFacts sorted({&facts_});
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) break;
    IdPlaces places;
    std::memcpy(&places, sorted.value().data(), sizeof places);
    const std::string_view key = sorted.key();
    group.add(key.substr(0, size_of_group), key.substr(size_of_group), places);
  }
  group.finish();
  accounting.spilled_bytes += facts_.spilled_bytes();
  return {};
}

}  // namespace gristmill::validation
