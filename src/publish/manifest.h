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
// An output that grows and has very many files has a head instead, whose files stand in lists (file_list.h): a base and
// the changes of later updates, the latest of which counts:
//
//   {"manifest":2,"run_id":"...",
//   <further fields>,
//   "lists":[
//   {"path":"_state/files-000001-000016","size":123456,"xxh3_128":"..."},
//   {"path":"_state/files-000017","size":789,"xxh3_128":"..."}
//   ],
//   "file_count":2000,"byte_count":6020000}
//
// The lists are files of the output too.
//
// A manifest decides what may be deleted, and its bytes may come from anywhere: the reader takes this
// form and nothing else, and no path that could lead out of the root.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/checksum.h"
#include "publish/file_list.h"
#include "publish/line_file.h"
#include "publish/manifest_file.h"

namespace gristmill::publish {

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

// Writes the head of a manifest whose files stand in lists, oldest first; `files` and `bytes`: of the output, with the
// lists. The file must not be there.
Status write_manifest_head(Storage& storage, const std::string& path, std::string_view run_id,
                           std::string_view header_fields, const std::vector<ManifestFile>& lists, std::uint64_t files,
                           std::uint64_t bytes, bool durable);

// Reads a manifest front to back, of either form. Not thread-safe.
class ManifestReader {
 public:
  // Opens the manifest and reads as far as its files. A missing or broken one is an output error that says what is
  // wrong in which line. Lists are opened with the first file that is asked for; those of a staged manifest lie beside
  // it, or in the output that it adds to.
  static Result<ManifestReader> open(Storage& storage, const std::string& path);

  const std::string& run_id() const { return run_id_; }
  // Further fields, as they were given to the writer.
  const std::string& header_fields() const { return fields_; }
  // Of a head: its lists, oldest first.
  const std::vector<ManifestFile>& lists() const { return lists_; }
  // An error if the file does not end as manifests do. Reads the end alone, whatever lies before it.
  Status check_end();
  // The number of files by its end. REQUIRES: check_end() found it whole.
  std::uint64_t files_by_its_end() const { return files_by_its_end_; }
  // An error if lines, accepted, rejected and blank ones of a data set do not add up, where the writer's fields tell
  // of them: {"lines":3,"accepted":1,"rejected":1,"blank":1,
  Status check_accounting() const;
  // The accepted lines of a data set, where the writer's fields tell of them.
  std::optional<std::uint64_t> accepted_lines(std::string_view dataset) const;
  // The next file; nullopt once the end was reached and found whole.
  Result<std::optional<ManifestFile>> next();
  // REQUIRES: next() has returned nullopt. Of the manifest's own bytes.
  std::string checksum() const { return lines_.checksum(); }
  std::uint64_t file_count() const { return files_; }
  std::uint64_t byte_count() const { return bytes_; }

 private:
  ManifestReader(Storage& storage, LineFile lines) : storage_(&storage), lines_(std::move(lines)) {}
  Status read_header();
  Status read_lists();
  Status open_lists();
  Result<std::optional<ManifestFile>> next_line();
  Result<std::optional<ManifestFile>> next_listed();
  Status read_tail();

  Storage* storage_;
  LineFile lines_;
  std::string run_id_;
  std::string fields_;
  std::string last_path_;
  bool is_head_ = false;
  bool lists_are_open_ = false;
  bool first_ = true;
  bool finished_ = false;
  bool comma_seen_ = false;
  std::vector<ManifestFile> lists_;
  MergedLists merged_;
  std::vector<ManifestFile> lists_by_path_;  // the next one to come is the last
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t files_by_its_end_ = 0;
};

// The files of a manifest, or those of a list of changes (changes_name) that do not go.
class ListedFiles {
 public:
  static Result<ListedFiles> open(Storage& storage, const std::string& path);
  Result<std::optional<ManifestFile>> next();
  const ManifestReader* manifest() const { return manifest_ ? &*manifest_ : nullptr; }

 private:
  std::optional<ManifestReader> manifest_;
  std::optional<FileListReader> changes_;
};

}  // namespace gristmill::publish
