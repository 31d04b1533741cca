// `_manifest.json`: what an output consists of. It is JSON for anyone, and also a format of lines, so
// that a manifest of any number of files is written and read in bounded memory:
//
//   {"manifest":1,"run_id":"20250515T085159Z-4f1c",
//   <further fields of the writer's, any number of lines>,
//   "files":[
//   {"path":"labels/profile-id=p1/collections.jsonl","size":512,"xxh3_128":"<32 hexadecimal digits>"},
//   {"path":"validation/report.json","size":90,"xxh3_128":"...","sha256":"<64 digits>"}
//   ],
//   "file_count":2,"byte_count":602}
//
// `files` has every file of the output except `_manifest.json` and `_SUCCESS`, one a line, in bytewise
// order of their paths, each once. Paths are relative to the output root, with '/' between names; in
// JSON only '"', '\' and bytes below 0x20 are escaped. The last line is what tells a whole manifest
// from a truncated one.
//
// A manifest decides what may be deleted, and its bytes may come from anywhere: the reader takes this
// form and nothing else, and no path that could lead out of the root.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/checksum.h"
#include "storage/hash.h"

namespace gristmill::publish {

inline constexpr std::string_view manifest_name = "_manifest.json";
inline constexpr std::string_view success_name = "_SUCCESS";

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

// Writes a manifest front to back. Not thread-safe.
class ManifestWriter {
 public:
  // Makes the file, which must not be there. `header_fields` are further fields as JSON text without
  // the braces (`"version":"1.0","recipe":{...}`), or empty; line breaks in it are fine.
  static Result<ManifestWriter> create(Storage& storage, const std::string& path, std::string_view run_id,
                                       std::string_view header_fields);
  // REQUIRES: a path bytewise after the one before, checksums as described; else an internal error.
  Status add(const ManifestFile& file);
  // The file is complete afterwards. Without it, what is there is no manifest.
  Status finish(bool durable);

 private:
  explicit ManifestWriter(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}
  Status flush();

  std::unique_ptr<WritableFile> file_;
  std::string pending_;
  std::string last_path_;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

// Reads a manifest front to back. Not thread-safe.
class ManifestReader {
 public:
  // Opens the manifest and reads as far as its list of files. A missing or broken one is an output
  // error that says what is wrong in which line.
  static Result<ManifestReader> open(Storage& storage, const std::string& path);

  const std::string& run_id() const { return run_id_; }
  // An error if the file does not end as manifests do. Reads the end alone, whatever lies before it.
  Status check_end();
  // An error if lines, accepted, rejected and blank ones of a data set do not add up, where the writer's fields tell
  // of them: {"lines":3,"accepted":1,"rejected":1,"blank":1,
  Status check_accounting() const;
  // The accepted lines of a data set, where the writer's fields tell of them.
  std::optional<std::uint64_t> accepted_lines(std::string_view dataset) const;
  // The next file; nullopt once the end was reached and found whole.
  Result<std::optional<ManifestFile>> next();
  // REQUIRES: next() has returned nullopt. Of the manifest's own bytes.
  std::string checksum() const { return checksum_.digest().hex(); }
  std::uint64_t file_count() const { return files_; }
  std::uint64_t byte_count() const { return bytes_; }

 private:
  ManifestReader(std::unique_ptr<ReadableFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  // The next line without its end; nullopt at the end of the file. With `any_length` an overlong line
  // comes back cut, and the rest of it is skipped.
  Result<std::optional<std::string_view>> next_line(bool any_length);
  Status read_header();
  Status read_tail();
  Error broken(std::string_view why) const;

  std::unique_ptr<ReadableFile> file_;
  std::string path_;
  std::string run_id_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what is not consumed in `buffer_`
  std::uint64_t offset_ = 0;
  std::uint64_t line_ = 0;
  std::string last_path_;
  std::string accounting_;  // the line of the header; empty if there is none
  bool first_ = true;
  bool finished_ = false;
  bool comma_seen_ = false;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  storage::StreamHash checksum_;
};

// One file's line, without comma and line end.
std::string manifest_line(const ManifestFile& file);
// The reverse; nullopt for anything that `manifest_line` would not write.
std::optional<ManifestFile> parse_manifest_line(std::string_view line);

// `"` + escaped text + `"`, as manifest_line writes strings.
std::string manifest_string(std::string_view text);
// Reads such a string at the front of `text` and removes it from there; nullopt if there is none.
std::optional<std::string> take_manifest_string(std::string_view& text);

}  // namespace gristmill::publish
