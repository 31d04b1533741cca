// One file of an output as manifests and lists of files spell it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gristmill::publish {

inline constexpr std::string_view manifest_name = "_manifest.json";
inline constexpr std::string_view success_name = "_SUCCESS";
inline constexpr std::string_view lists_start = "_state/files-";  // of the paths of lists of files

struct ManifestFile {
  std::string path;
  std::uint64_t size = 0;  // bytes
  std::string xxh3_128;    // 32 lower-case hexadecimal digits
  std::string sha256;      // 64, or empty
};

// Whether `path` may stand in a manifest: relative, without empty, "." or ".." names, control bytes
// only where a file name may have them, and none of gristmill's own names (`_manifest.json`, `_SUCCESS`,
// `_staging/...`).
bool is_manifest_path(std::string_view path);

// One file's line, without comma and line end.
std::string manifest_line(const ManifestFile& file);
// The reverse, into `file`, whose memory is used again; false for anything that `manifest_line` would not write.
bool parse_manifest_line(std::string_view line, ManifestFile& file);

// `"` + escaped text + `"`, as manifest_line writes strings.
std::string manifest_string(std::string_view text);
// Reads such a string at the front of `text` and removes it from there; nullopt if there is none.
std::optional<std::string> take_manifest_string(std::string_view& text);

}  // namespace gristmill::publish
