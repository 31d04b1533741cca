// Lists of an output's files outside of its manifest: what an update changed, so that its manifest need not list
// every file. One line a file, as in a manifest, or {"path":"...","gone":true}, in bytewise order of their paths.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/line_file.h"
#include "publish/manifest_file.h"
#include "storage/output_file.h"

namespace gristmill::publish {

// In a staged output that adds to a published one: its changes, all of which are staged or go.
inline constexpr std::string_view changes_name = "_changes";

struct ListedFile {
  ManifestFile file;
  bool is_gone = false;  // only its path is set
};

class FileListReader {
 public:
  static Result<FileListReader> open(Storage& storage, const std::string& path);
  // The next file; nullopt at the end. An output error where a line is none or not in order.
  Result<std::optional<ListedFile>> next();
  std::string checksum() const { return lines_.checksum(); }
  Error broken(std::string_view why) const { return lines_.broken(why); }

 private:
  explicit FileListReader(LineFile lines) : lines_(std::move(lines)) {}
  LineFile lines_;
  std::string last_path_;
};

// Several lists as one: of those that have a path, the one that was added last counts.
class MergedLists {
 public:
  // `checksum`: the list's XXH3-128; an output error at its end where it is another.
  [[nodiscard]] Status add(Storage& storage, const std::string& path, std::string checksum);
  // What next() will give; nullptr at the end. Valid until then.
  const ListedFile* front() const;
  Result<std::optional<ListedFile>> next();

 private:
  struct List {
    FileListReader reader;
    std::string checksum;
    ListedFile front;  // of a list in the heap
  };
  // Whether the list's file comes after the other one's: its path does, or is the same and the list older.
  bool is_behind(std::size_t list, std::size_t other) const;
  // Reads on in the list, and puts it where it belongs.
  Status read_next(std::size_t list);
  // Takes the list whose file is the next one out of the heap.
  std::size_t take_first();

  std::vector<List> lists_;
  std::vector<std::size_t> heap_;  // of lists that have not ended, by is_behind()
};

class FileListWriter {
 public:
  // `name` below the root of `output`, whose file must not be there.
  FileListWriter(Storage& storage, const storage::OutputOptions& output) : file_(storage, output) {}
  [[nodiscard]] Status open(const std::string& name) { return file_.open(name); }
  // REQUIRES: a path bytewise after the one before; else an internal error.
  [[nodiscard]] Status add(const ListedFile& listed);
  // The list itself, as it stands in a manifest.
  [[nodiscard]] Result<ManifestFile> finish();

 private:
  storage::OutputFile file_;
  std::string last_path_;
};

}  // namespace gristmill::publish
