// One table of 256 flags; everything else is the special names. Tested in hive_name_test.cc and, read
// back by DuckDB and PyArrow, in tests/programs.
#include "record/hive_name.h"

#include <array>

namespace gristmill::record {
namespace {

constexpr std::string_view default_partition = "__HIVE_DEFAULT_PARTITION__";

constexpr std::array<bool, 256> escaped_bytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table[0x7F] = true;
  for (const char c : std::string_view("\"#%'*/:=?\\{[]^")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_null_word(std::string_view text) {
  return text.size() == 4 && (text[0] | 0x20) == 'n' && (text[1] | 0x20) == 'u' && (text[2] | 0x20) == 'l' &&
         (text[3] | 0x20) == 'l';
}

bool first_byte_escaped(std::string_view profile) { return profile == default_partition || is_null_word(profile); }

}  // namespace

std::string partition_name(std::string_view profile) {
  std::string name(partition_prefix);
  if (profile.empty()) return name.append(default_partition);
  static constexpr char hex[] = "0123456789ABCDEF";
  const bool escape_first = first_byte_escaped(profile);
  for (std::size_t i = 0; i < profile.size(); ++i) {
    const auto c = static_cast<unsigned char>(profile[i]);
    if (escaped_bytes[c] || (i == 0 && escape_first)) {
      name.push_back('%');
      name.push_back(hex[c >> 4]);
      name.push_back(hex[c & 15]);
    } else {
      name.push_back(profile[i]);
    }
  }
  return name;
}

std::size_t partition_name_length(std::string_view profile) {
  if (profile.empty()) return partition_prefix.size() + default_partition.size();
  std::size_t length = partition_prefix.size() + profile.size() + (first_byte_escaped(profile) ? 2 : 0);
  for (const char c : profile) length += escaped_bytes[static_cast<unsigned char>(c)] ? 2 : 0;
  return length;
}

}  // namespace gristmill::record
