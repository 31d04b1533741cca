// The rejected lines that the lines of a replay stand for: an object for each of them, one a line, and how many they
// are at the end (docs/internals/private-formats.md). They lie beside the lines of the replay.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "shuffle/sorter.h"
#include "source/input_files.h"
#include "storage/output_file.h"

namespace gristmill::growth {

struct ReplacedLine {
  std::string file;         // name of its input in the ledger beside it
  std::string path;         // of its input when this was written
  std::uint64_t bytes = 0;  // size of its input as stored
  std::uint64_t offset = 0;
  std::string raw_hash;  // 32 hexadecimal digits, XXH3-128 of what the quarantine had of the line
};

std::string places_path(const std::string& path_of_lines);

class PlacesWriter {
 public:
  PlacesWriter(Storage& storage, const storage::OutputOptions& output) : file_(storage, output) {}
  [[nodiscard]] Status open(const std::string& path_of_lines) { return file_.open(places_path(path_of_lines)); }
  [[nodiscard]] Status add(const ReplacedLine& line);
  // `hash_of_lines`: XXH3-128 of the file of lines, in hexadecimal digits.
  [[nodiscard]] Result<storage::WrittenFile> close(const std::string& hash_of_lines);

 private:
  storage::OutputFile file_;
  std::uint64_t places_ = 0;
};

// Adds the rejected lines of these files that the replays among them stand for (tasks::ResolvedPlace). Of replays that
// an earlier run read, those of new files: these came back. One whose file is not among them is left out: its lines are
// gone. True: there are some.
[[nodiscard]] Result<bool> add_resolved_places(Storage& storage, const std::vector<source::InputFile>& files,
                                               const std::function<bool()>& should_stop, shuffle::Sorter& resolved);

// Writes the replays that this run reads into its own output, with what they stand for by the names that the files have
// now.
[[nodiscard]] Result<std::vector<storage::WrittenFile>> copy_new_replays(Storage& storage,
                                                                         const storage::OutputOptions& output,
                                                                         const std::vector<source::InputFile>& files,
                                                                         const std::function<bool()>& should_stop);

// What a replay stands for, beside lines that are others now, of the hash that PlacesWriter::close has.
[[nodiscard]] Result<storage::WrittenFile> copy_places_as_they_are(Storage& storage,
                                                                   const storage::OutputOptions& output,
                                                                   const source::InputFile& replay,
                                                                   const std::string& hash_of_lines,
                                                                   const std::function<bool()>& should_stop);

}  // namespace gristmill::growth
