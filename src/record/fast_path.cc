// The usual shape, compact or spaced as Python's json.dumps writes:
//
//   {"metadata":{"profile_id":"..","session_id":"..","collection_id":"..","timestamp":NNN},"behaviour":
//     {"platform":{"type":[{..},..],..},..}}        or  "prediction":{"model_name":..,"score":..,"confidence":..}}
//
// One walk over the bytes checks everything that the complete parser would (structure, strings,
// numbers, UTF-8) and notes where each entry lies; nothing is converted that is only copied. Whatever
// is not this shape, needs a repair or is at fault makes it return false, and the complete parser
// starts over. A structural index (simdjson's stage one, then a walk over it) was estimated
// against this: the tokens are so short that finding each with one 16-byte compare costs less than
// building the index. Tested against the complete parser by fast_path_test.cc and fuzzing.
#include "record/fast_path.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "json/json_text.h"
#include "json/number.h"
#include "record/column_names.h"
#include "record/hive_name.h"
#include "record/row_sizes.h"
#include "record/white_space.h"

namespace gristmill::record {
namespace {

constexpr std::size_t longest_fast_line = 1U << 20;
constexpr std::uint32_t entry_depth = 5;  // brackets open inside an entry

template <std::size_t n>
inline const char* expect(const char* p, const char (&literal)[n]) {
  return std::memcmp(p, literal, n - 1) == 0 ? p + n - 1 : nullptr;
}

// Behind ':' or ',' and the one space that Python's writer puts there.
inline const char* after_separator(const char* p) { return p + (p[1] == ' ' ? 2 : 1); }

// From an opening quote to the string's closing one; nullptr where an escape or a fault is met.
inline const char* plain_string(const char* p, unsigned& high) {
  if (*p != '"') return nullptr;
  p = json::scan_string(p + 1, high);
  return *p == '"' ? p : nullptr;
}

bool has_space(const char* begin, const char* end) {
  for (; begin != end; ++begin) {
    if (static_cast<unsigned char>(*begin) <= ' ') return true;
  }
  return false;
}

inline std::uint64_t big_endian(const char* p) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, p, sizeof bytes);
  return std::endian::native == std::endian::little ? __builtin_bswap64(bytes) : bytes;
}

// Is an entry's timestamp below the record's, which is 12 to 15 digits? Whole numbers of as many digits are compared as
// text, and are in the same unit.
inline bool is_below(std::string_view value, Record& record) {
  const std::string_view of = record.timestamp;
  const std::size_t size = of.size();
  if (value.size() == size && json::are_8_digits(value.data()) && json::are_8_digits(value.data() + size - 8)) {
    const std::uint64_t a = big_endian(value.data());
    const std::uint64_t b = big_endian(of.data());
    if (a != b) return a < b;
    return big_endian(value.data() + size - 8) < big_endian(of.data() + size - 8);
  }
  const double time = json::to_double(value);
  record.entry_units.add(time, *record.time);
  return time < *record.time;
}

}  // namespace

// `name`: as it is written, with quotes and ':'.
template <std::size_t n>
inline const char* FastPath::read_identifier(const char* p, const char (&name)[n], Identifier& id, unsigned& high) {
  p = expect(p, name);
  if (p == nullptr) return nullptr;
  if (*p == ' ') ++p;
  const char* const end = plain_string(p, high);
  if (end == nullptr) return nullptr;
  if (p[1] == ' ' || end[-1] == ' ') return nullptr;
  id.spelling = id.text = {p + 1, static_cast<std::size_t>(end - p - 1)};
  id.null = false;
  return end + 1;
}

bool FastPath::parse(Dataset dataset, std::string_view line) {
  line_ = line;
  if (line.size() > longest_fast_line || !rules_.carry.empty() || rules_.depth_limit < entry_depth) return false;
  const char* p = line.data();
  unsigned high = 0;
  if ((p = expect(p, "{\"metadata\":")) == nullptr) return false;
  if (*p == ' ') ++p;
  if (*p != '{') return false;
  p = read_identifier(p + 1, "\"profile_id\":", record_.profile, high);
  if (p == nullptr || *p != ',') return false;
  p = read_identifier(after_separator(p), "\"session_id\":", record_.session, high);
  if (p == nullptr || *p != ',') return false;
  p = read_identifier(after_separator(p), "\"collection_id\":", record_.collection, high);
  if (p == nullptr || *p != ',') return false;
  if ((p = expect(after_separator(p), "\"timestamp\":")) == nullptr) return false;
  if (*p == ' ') ++p;
  // 12 to 15 digits: milliseconds, and exact in a double.
  const char* const digits = p;
  std::uint64_t time = 0;
  while (static_cast<unsigned char>(*p - '0') < 10) time = time * 10 + static_cast<std::uint64_t>(*p++ - '0');
  if (p - digits < 12 || p - digits > 15 || *digits == '0' || *p != '}' || p[1] != ',') return false;
  record_.timestamp = {digits, static_cast<std::size_t>(p - digits)};
  record_.time = static_cast<double>(time);
  p = after_separator(p + 1);

  if (dataset == Dataset::collections) {
    if ((p = expect(p, "\"behaviour\":")) == nullptr) return false;
    if (*p == ' ') ++p;
    p = read_behaviour(p, high);
  } else {
    if ((p = expect(p, "\"prediction\":")) == nullptr) return false;
    if (*p == ' ') ++p;
    p = read_prediction(p, high);
  }
  if (p == nullptr || *p != '}' || p + 1 != line.data() + line.size()) return false;
  if (high != 0 && !json::is_utf8(line)) return false;
  if (record_.session.text.size() > id_limit || record_.collection.text.size() > id_limit) return false;
  if (!rows_surely_fit(dataset, record_, line.size(), rules_.rows_limit) && !found_rows_surely_fit(dataset))
    return false;
  constexpr std::size_t surely_short = (partition_name_limit - partition_prefix.size()) / 3;  // each byte as %XX
  return record_.profile.text.size() <= surely_short ||
         partition_name_length(record_.profile.text) <= partition_name_limit;
}

// By what was found, where the line's length leaves it open.
bool FastPath::found_rows_surely_fit(Dataset dataset) const {
  const std::uint64_t shared = shared_row_size(dataset, record_) + most_beside_row;
  std::uint64_t size = most_growth_of_text * line_.size();
  if (dataset == Dataset::predictions || spans_.empty()) {
    size += shared;
  } else {
    std::size_t begin = 0;
    for (const EntryGroup& group : groups_) {
      size += (group.end - begin) * (shared + group.platform.size() + group.type.size());
      begin = group.end;
    }
  }
  return size <= rules_.rows_limit;
}

// Does a column of this record, or of one before it, have the name that an entry's field has? Such a field may
// have to be renamed, which is not done here.
bool FastPath::is_taken(std::string_view name) const {
  return is_column(label_columns, name) ||
         std::find(known_columns_.begin(), known_columns_.end(), name) != known_columns_.end();
}

// Makes is_taken() know the record's columns. What was learned of fields before did not mind new ones.
bool FastPath::learn_columns() {
  if (record_.column_names == nullptr) return true;
  if (!record_.column_names->are_listed()) return false;
  const std::vector<std::string_view>& names = record_.column_names->list();
  if (std::all_of(names.begin(), names.end(), [this](std::string_view name) { return is_taken(name); })) return true;
  if (known_columns_.size() + names.size() > ColumnNames::most_listed) known_columns_.clear();
  known_columns_.insert(known_columns_.end(), names.begin(), names.end());
  std::fill(std::begin(shapes_), std::end(shapes_), FieldShape{});
  std::fill(std::begin(patterns_), std::end(patterns_), EntryPattern{});
  return true;
}

// The entries of a line that the complete parser accepted, where these at least are of the usual shape.
bool FastPath::find_entries(std::string_view line, const char* behaviour) {
  line_ = line;
  const std::string_view time = record_.timestamp;
  const bool usual_time =
      time.size() >= 12 && time.size() <= 15 && std::all_of(time.begin(), time.end(), json::is_digit);
  const char* const begin = line.data();
  const bool in_line = behaviour >= begin && behaviour < begin + line.size();
  unsigned high = 0;
  return usual_time && in_line && line.size() <= longest_fast_line && learn_columns() &&
         read_behaviour(behaviour, high) != nullptr;
}

const char* FastPath::read_behaviour(const char* p, unsigned& high) {
  spans_.clear();
  groups_.clear();
  record_.entry_units = {};
  if (*p != '{') return nullptr;
  ++p;
  if (*p == '}') return p + 1;
  for (;;) {  // platforms
    const char* end = plain_string(p, high);
    if (end == nullptr || end[1] != ':') return nullptr;
    const std::string_view platform(p, static_cast<std::size_t>(end + 1 - p));
    p = after_separator(end + 1);
    if (*p != '{') return nullptr;
    ++p;
    if (*p == '}') {
      ++p;
    } else {
      for (;;) {  // types
        end = plain_string(p, high);
        if (end == nullptr || end[1] != ':' || end == p + 1 || p[1] == ' ') return nullptr;
        const std::string_view type(p, static_cast<std::size_t>(end + 1 - p));
        p = read_entries(after_separator(end + 1), high);
        if (p == nullptr) return nullptr;
        groups_.push_back({platform, type, spans_.size()});
        if (*p == '}') break;
        if (*p != ',') return nullptr;
        p = after_separator(p);
      }
      ++p;
    }
    if (*p == '}') return p + 1;
    if (*p != ',') return nullptr;
    p = after_separator(p);
  }
}

// From the opening quote of an entry's `index`-th field name to its value; nullptr where the name is
// not plain or is a column's. A name that is as expected was checked when it was first seen.
__attribute__((always_inline)) inline const char* FastPath::read_key(const char* p, unsigned& high, std::size_t index,
                                                                     bool& spaced, bool& timestamp) {
#ifdef __SSE2__
  if (index < most_shapes) {
    const FieldShape& shape = shapes_[index];
    const __m128i same = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)),
                                        _mm_loadu_si128(reinterpret_cast<const __m128i*>(shape.text)));
    // The byte after it tells whether there is a space.
    if (shape.mask != 0 && (static_cast<unsigned>(_mm_movemask_epi8(same)) & shape.mask) == shape.mask &&
        (shape.spaced || p[shape.length] != ' ')) {
      spaced = shape.spaced;
      timestamp = shape.timestamp;
      return p + shape.length;
    }
  }
#endif
  const char* const begin = p;
  unsigned key_high = 0;
  p = plain_string(p, key_high);
  if (p == nullptr || p[1] != ':') return nullptr;
  high |= key_high;
  const auto length = static_cast<std::size_t>(p - begin - 1);
  if (is_taken({begin + 1, length})) return nullptr;
  timestamp = length == 9 && std::memcmp(begin + 1, "timestamp", 9) == 0;
  const char* const value = after_separator(p + 1);
  spaced = value - p == 3;
  if (index < most_shapes) {
    FieldShape& shape = shapes_[index];
    const auto size = static_cast<std::size_t>(value - begin);
    shape.mask = 0;
    if (size <= sizeof shape.text && key_high == 0) {
      std::memcpy(shape.text, begin, size);
      shape.mask = (1U << size) - 1;
      shape.length = static_cast<std::uint8_t>(size);
      shape.spaced = spaced;
      shape.timestamp = timestamp;
    }
  }
  return value;
}

inline void FastPath::add_span(const char* begin, const char* end, bool plain, bool early) {
  spans_.push_back({static_cast<std::uint32_t>(begin - line_.data()),
                    static_cast<std::uint32_t>(end - begin) & 0x3FFFFFFFU, plain, early});
}

// A list of objects, from its '[' to behind its ']'.
const char* FastPath::read_entries(const char* p, unsigned& high) {
  if (*p != '[') return nullptr;
  ++p;
  if (*p == ']') return p + 1;
  EntryPattern& pattern = patterns_[groups_.size() % std::size(patterns_)];
  const char* const line_end = line_.data() + line_.size();
  const auto is_early = [&](const char* entry, const EntryTraits& traits) {
    return traits.timestamp_at != 0 && is_below({entry + traits.timestamp_at, traits.timestamp_size}, record_);
  };
  for (;;) {  // entries
    const char* const begin = p;
    if (pattern.matches(p, line_end, high)) {
      p += pattern.length();
      pattern.matched();
      add_span(begin, p, pattern.traits().plain, is_early(begin, pattern.traits()));
      if (*p == ']') return p + 1;
      if (*p != ',') return nullptr;
      p = after_separator(p);
      continue;
    }
    if (*p != '{') return nullptr;
    ++p;
    EntryTraits traits;
    traits.plain = true;
    bool timed = false;
    if (*p != '}') {
      for (std::size_t index = 0;; ++index) {  // fields
        bool spaced = false;
        bool timestamp = false;
        const char* const value = read_key(p, high, index, spaced, timestamp);
        if (value == nullptr) return nullptr;
        traits.plain &= !spaced;
        p = value;
        const char c = *p;
        const bool number = c == '-' || json::is_digit(c);
        if (c == '"') {
          p = json::scan_string(p + 1, high);
          if (*p == '"') {
            ++p;
          } else {
            bool nan = false;
            p = json::check_value(value, entry_depth, rules_.depth_limit, nan);
            if (p == nullptr) return nullptr;
            high = 1;  // what follows the escape was not looked at
          }
        } else if (number) {
          // The usual number is a timestamp of 13 digits.
          if (json::are_8_digits(p) && json::are_8_digits(p + 5) && c != '0' && (p[13] == ',' || p[13] == '}')) {
            p += 13;
          } else if ((p = json::scan_number(p)) == nullptr) {
            return nullptr;
          }
        } else {
          bool nan = false;
          p = json::check_value(p, entry_depth, rules_.depth_limit, nan);
          if (p == nullptr || nan) return nullptr;
          if (c == '{' || c == '[') {
            traits.plain = traits.plain && !has_space(value, p);
            high = 1;
          }
        }
        if (timestamp && !timed) {
          timed = true;
          if (number) {
            traits.timestamp_at = static_cast<std::uint32_t>(value - begin);
            traits.timestamp_size = static_cast<std::uint32_t>(p - value);
          }
        }
        if (*p == '}') break;
        if (*p != ',') return nullptr;
        traits.plain &= p[1] != ' ';
        p = after_separator(p);
      }
    }
    ++p;
    add_span(begin, p, traits.plain, is_early(begin, traits));
    pattern.missed({begin, static_cast<std::size_t>(p - begin)}, traits);
    if (*p == ']') return p + 1;
    if (*p != ',') return nullptr;
    p = after_separator(p);
  }
}

const char* FastPath::read_prediction(const char* p, unsigned& high) {
  if (*p != '{') return nullptr;
  ++p;
  prediction_ = {};
  unsigned seen = 0;
  for (;;) {
    const char* const key = p + 1;
    p = plain_string(p, high);
    if (p == nullptr || p[1] != ':') return nullptr;
    const std::string_view name(key, static_cast<std::size_t>(p - key));
    p = after_separator(p + 1);
    unsigned bit = 0;
    if (name == "model_name") {
      bit = 1;
      const char* const end = plain_string(p, high);
      if (end == nullptr) return nullptr;
      prediction_.model_name = {p, static_cast<std::size_t>(end + 1 - p)};
      prediction_.model = prediction_.model_name.substr(1, prediction_.model_name.size() - 2);
      prediction_.model_blank = trimmed(prediction_.model).empty();
      p = end + 1;
    } else if (name == "score" || name == "confidence") {
      const bool score = name == "score";
      bit = score ? 2 : 4;
      if (*p == 'n') {
        if ((p = expect(p, "null")) == nullptr) return nullptr;
      } else {
        const char* const end = json::scan_number(p);
        if (end == nullptr) return nullptr;
        const std::string_view number(p, static_cast<std::size_t>(end - p));
        const double value = json::to_double(number);
        if (!std::isfinite(value)) return nullptr;
        (score ? prediction_.score : prediction_.confidence) = number;
        (score ? prediction_.score_value : prediction_.confidence_value) = value;
        p = end;
      }
    } else {
      return nullptr;
    }
    if ((seen & bit) != 0) return nullptr;
    seen |= bit;
    if (*p == '}') return p + 1;
    if (*p != ',') return nullptr;
    p = after_separator(p);
  }
}

}  // namespace gristmill::record
