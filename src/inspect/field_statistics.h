// What is known of the values of one field: mergeable, of bounded size, and the same in whatever order and by how
// many workers the values were seen.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/recipe.h"
#include "inspect/distinct_counter.h"
#include "shuffle/routed_line.h"

namespace gristmill::inspect {

// What a value is. Numbers: int has neither '.' nor exponent. Texts that are exactly a JSON number, or a time as
// docs/guide/data-contract.md has it, are told apart, since a repair may read them.
enum class ValueKind : std::uint8_t {
  null,
  nan,
  boolean,
  integer,
  decimal,
  text,
  numeric_text,
  time_text,
  object,
  list
};
inline constexpr std::size_t value_kind_count = 10;
inline constexpr std::array<std::string_view, value_kind_count> value_kind_names = {
    "null", "NaN", "bool", "int", "float", "string", "string (number)", "string (time)", "object", "list"};

// A value as it is shown: of a string its unescaped text, of anything else its spelling; cut at `shown_value`.
inline constexpr std::size_t shown_value = 64;  // bytes
inline constexpr std::size_t most_samples = 5;

// The first bytes of a text, not cut inside a character of UTF-8.
inline std::string_view cut_value(std::string_view text) {
  if (text.size() <= shown_value) return text;
  std::size_t size = shown_value;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size);
}

struct SampleValue {
  Place place;  // of the value itself
  std::uint64_t hash = 0;
  std::string text;
};

class FieldStatistics {
 public:
  std::uint64_t lines = 0;  // that have the field
  std::array<std::uint64_t, value_kind_count> values{};
  // Of a field whose name is no canonical one: the lines where the object around it lacks that canonical field.
  std::array<std::uint64_t, field_count> lines_without{};
  DistinctCounter distinct;  // of scalars but null and NaN, by text or spelling
  bool has_number = false;
  double least_number = 0;
  double greatest_number = 0;
  std::string least_number_text;
  std::string greatest_number_text;
  bool has_text = false;
  std::string least_text;  // bytewise, of the cut values
  std::string greatest_text;
  std::vector<SampleValue> samples;  // the first different values by place, in that order

  // REQUIRES: `spelling` is that of a JSON number, `value` its double.
  void note_number(double value, std::string_view spelling) {
    if (has_number && value > least_number && value < greatest_number) return;
    widen_numbers(value, spelling);
  }
  void note_text(std::string_view text) {
    const std::string_view cut = cut_value(text);
    if (has_text && cut >= std::string_view(least_text) && cut <= std::string_view(greatest_text)) return;
    widen_texts(cut);
  }
  // REQUIRES: the place is after that of every sample; the hash is a new one.
  void add_sample(Place place, std::uint64_t hash, std::string_view text) {
    if (samples.size() < most_samples) samples.push_back({place, hash, std::string(cut_value(text))});
  }

  void merge(const FieldStatistics& other);
  void append_to(std::string& bytes) const;
  static FieldStatistics from(std::string_view bytes);

 private:
  void widen_numbers(double value, std::string_view spelling);
  void widen_texts(std::string_view cut);
};

}  // namespace gristmill::inspect
