// Open addressing with linear probing, made once and not grown: an object of n bytes has at most n / 8 distinct names
// beside those of up to two bytes, since a field takes two quotes, a colon, a value and a comma. The hash is keyed
// anew in each process, so that no input is made of names that collide. Sorting the names instead took three times
// as long. Tested in name_table_test.cc and by tests/programs/test_costly_lines.py.
#include "record/name_table.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "json/json_text.h"

namespace gristmill::record {
namespace {

constexpr unsigned position_bits = 40;
constexpr std::uint64_t position_mask = (std::uint64_t{1} << position_bits) - 1;
constexpr std::uint64_t escaped_bit = std::uint64_t{1} << position_bits;
constexpr unsigned tag_shift = position_bits + 1;
constexpr std::uint64_t tag_mask = ~std::uint64_t{0} << tag_shift;
constexpr std::size_t most_short_names = 1U << 14;
constexpr std::size_t least_of_a_field = 8;  // bytes, where its name has three

__extension__ using Wide = unsigned __int128;

std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

struct HashKeys {
  std::uint64_t words[3] = {0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB};
  HashKeys() {
    std::uint64_t random[3];
    if (getentropy(random, sizeof random) == 0) std::memcpy(words, random, sizeof words);
  }
};

// Multiplies and folds 16 bytes at a time with keys that nobody outside knows.
std::uint64_t hash_of(std::string_view name) {
  static const HashKeys keys;
  std::uint64_t hash = keys.words[0];
  const char* p = name.data();
  std::size_t left = name.size();
  const auto mix = [&](const char* from) {
    std::uint64_t pair[2];
    std::memcpy(pair, from, sizeof pair);
    hash = folded(pair[0] ^ keys.words[1], pair[1] ^ hash);
  };
  for (; left > 16; left -= 16, p += 16) mix(p);
  char rest[16] = {};
  if (left > 0) std::memcpy(rest, p, left);
  mix(rest);
  return folded(hash ^ keys.words[2], name.size() ^ keys.words[1]);
}

}  // namespace

void NameTable::clear() {
  slots_.clear();
  numbers_.clear();
}

void NameTable::free_memory() {
  slots_ = {};
  numbers_ = {};
}

const char* NameTable::read(const char* object, json::StopCheck& stop) {
  clear();
  text_ = object;
  std::size_t fields = 0;
  json::ObjectWalk count(object);
  while (count.next()) {
    ++fields;
    if (stop.after(json::work_of_a_step)) return object;
  }
  size_ = static_cast<std::size_t>(count.after() - object);
  const std::size_t distinct = std::min(fields, most_short_names + size_ / least_of_a_field);
  slots_.assign(distinct + distinct / 2 + 1, 0);
  std::string scratch;
  for (json::ObjectWalk walk(object); walk.next();) {
    const std::string_view name = json::unescaped(walk.key, scratch);
    const std::uint64_t hash = hash_of(name);
    std::uint64_t& slot = slots_[place_of(name, hash)];
    if (slot == 0) {
      slot = hash << tag_shift | (name.data() == scratch.data() ? escaped_bit : 0) |
             static_cast<std::uint64_t>(walk.key.data() + 1 - object);
    }
    if (stop.after(json::work_of_a_step)) break;
  }
  return count.after();
}

std::size_t NameTable::place_of(std::string_view name, std::uint64_t hash) const {
  auto place = static_cast<std::size_t>(static_cast<Wide>(hash) * slots_.size() >> 64);
  const std::uint64_t tag = hash << tag_shift;  // the bits that the place does not go by
  for (;; place = place + 1 == slots_.size() ? 0 : place + 1) {
    const std::uint64_t slot = slots_[place];
    if (slot == 0) return place;
    if ((slot & tag_mask) != tag) continue;
    const std::uint64_t position = slot & position_mask;
    const char* const spelled = text_ + position;
    if ((slot & escaped_bit) != 0) {
      std::string scratch;
      const char* const end = json::skip_value(spelled - 1);
      if (json::unescaped({spelled - 1, static_cast<std::size_t>(end - spelled + 1)}, scratch) == name) return place;
    } else if (name.find('"') == std::string_view::npos && position + name.size() < size_ &&
               std::memcmp(spelled, name.data(), name.size()) == 0 && spelled[name.size()] == '"') {
      return place;
    }
  }
}

std::size_t NameTable::find(std::string_view name) const {
  if (slots_.empty()) return none;
  const std::size_t place = place_of(name, hash_of(name));
  return slots_[place] == 0 ? none : place;
}

void NameTable::set_number(std::size_t place, std::uint32_t number) {
  if (numbers_.empty()) numbers_.assign(slots_.size(), 0);
  numbers_[place] = number;
}

}  // namespace gristmill::record
