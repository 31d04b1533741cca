// The folder name of a profile's partition, escaped as Hive does.
//
// Source: org.apache.hadoop.hive.common.FileUtils.escapePathName: %XX, upper case, for the bytes
// 0x01-0x1F, 0x7F and " # % ' * / : = ? \ { [ ] ^; beyond it NUL is %00, and a profile that is really
// called __HIVE_DEFAULT_PARTITION__ or any spelling of "null" gets its first byte escaped, so that no
// reader takes it for a missing one.
#pragma once

#include <string>
#include <string_view>

namespace gristmill::record {

inline constexpr std::size_t partition_name_limit = 255;  // bytes of a folder name
inline constexpr std::string_view partition_prefix = "profile-id=";

// "profile-id=<escaped>"; an empty profile is a missing one: "profile-id=__HIVE_DEFAULT_PARTITION__".
std::string partition_name(std::string_view profile);

// The length of partition_name(profile), without making it.
std::size_t partition_name_length(std::string_view profile);

}  // namespace gristmill::record
